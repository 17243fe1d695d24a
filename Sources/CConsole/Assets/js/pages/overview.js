// How it goes: what needs somebody, what there is, and how it went in the last minutes.

import { announce } from "../announce.js";
import { ask } from "../api.js";
import { attentionOf } from "../attention.js";
import { chart } from "../chart.js";
import { el } from "../dom.js";
import { bytes, count, duration, rate } from "../format.js";
import { chartsOf } from "../history.js";
import { node, onChange } from "../node.js";
import { livePage } from "../page.js";
import { bar, facts, loading, notice, PHASES, pill, timeWithDate } from "../parts.js";
import { href } from "../route.js";

export function overviewPage(view) {
  const cursors = new Map();
  const page = livePage(view, {
    title: "Overview",
    load: async (signal) => {
      const [history, kinds] = await Promise.all([
        node.lists.has("history") ? ask("v1/history", { signal }) : null,
        node.lists.has("kinds") ? ask("v1/kinds", { signal }) : null,
      ]);
      return { history, kinds: kinds?.kinds ?? [] };
    },
    draw: ({ history, kinds }) => {
      if (!node.status) return loading();
      return [attention(kinds), tiles(node.status), charts(history, Boolean(node.status.mirror), cursors, () => page.redraw()), process(node.status)];
    },
  });
  let known = node.lists.size;
  const end = onChange(() => {
    if (known !== node.lists.size) page.refresh();
    known = node.lists.size;
    page.redraw();
  });
  return { close: () => { end(); page.close(); } };
}

function attention(kinds) {
  const items = attentionOf(node.status, kinds);
  announce(items.length === 0 ? "Nothing needs attention." : items.map((item) => item.text).join(" "));
  return el("section", { class: "notices", "aria-label": "What needs attention", "data-key": "attention" },
    items.length === 0
      ? notice("good", "Nothing needs attention.")
      : items.map((item) => notice(item.tone, item.text, item.href ? [" ", el("a", { href: item.href }, item.link)] : null)));
}

function tiles(status) {
  const { sessions } = status;
  const tile = (name, value, note, link, dot) => {
    const content = [
      el("div", { class: "name" }, dot ? el("span", { class: `dot ${dot}`, "aria-hidden": "true" }) : null, name),
      el("div", { class: "value" }, value), el("div", { class: "note" }, note),
    ];
    return link ? el("a", { class: "tile card", href: link }, content) : el("div", { class: "tile card" }, content);
  };
  const notes = {
    open: "owned by a client", waiting: "for their due time", running: "with a handler", parked: "for somebody",
  };
  const label = (phase) => phase[0].toUpperCase() + phase.slice(1);
  return el("section", { class: "tiles", "aria-label": "Sessions now", "data-key": "tiles" },
    PHASES.map((phase) => tile(label(phase), count(sessions[phase]), notes[phase], href("sessions", null, { phase }), phase)),
    tile("Due", count(status.ready), "not handed out yet"), tile("Lag", duration(status.dueLagMs), "of the oldest due"));
}

function charts(history, hasMirror, cursors, redraw) {
  const found = chartsOf(history, hasMirror);
  if (found.length === 0) return null;
  return el("section", { class: "charts", "aria-label": "The last minutes", "data-key": "charts" },
    found.map((each) => {
      if (!cursors.has(each.title)) cursors.set(each.title, { index: null });
      return chart({
        ...each, format: { rate, count, duration }[each.unit], cursor: cursors.get(each.title), redraw,
      });
    }));
}

function process(status) {
  const { journal, mirror, totals } = status;
  return el("div", { class: "grid", "data-key": "process" },
    el("section", { class: "card stack", "aria-label": "Process" },
      el("h2", {}, "Process"),
      el("ul", { class: "stack" }, status.parts.map((part) => el("li", {},
        pill(part.name, part.ready ? "good" : "bad"), " ", el("span", { class: "muted" }, part.detail)))),
      facts([
        ["Started", timeWithDate(status.startedMs)],
        journal ? ["Journal", [`${bytes(journal.bytes)} of ${bytes(journal.maxBytes)}`,
          bar(journal.bytes / journal.maxBytes, "Share of the journal's space in use")]] : null,
        mirror ? ["Mirror", mirror.lagMessages > 0 ? `${count(mirror.lagMessages)} frames, for ${duration(mirror.lagMs)}` : "nothing waits"] : null,
      ])),
    el("section", { class: "card stack", "aria-label": "Since the log began" },
      el("h2", {}, "Since the log began"),
      facts([
        ...["opened", "completed", "cancelled", "deadLettered", "handedOver"].map((name) => [words(name), count(totals[name])]),
        ["Difference", [count(status.conservationDifference), el("span", { class: "muted small" }, " · must be 0")]],
      ]),
      ignored(status.ignored)));
}

function ignored(reasons) {
  const found = Object.entries(reasons).filter(([, value]) => value > 0);
  if (found.length === 0) return null;
  return el("p", { class: "small muted" }, "Events ignored, by reason: ",
    found.map(([name, value]) => `${words(name).toLowerCase()} ${count(value)}`).join(", "));
}

/// "deadLettered" is "Dead lettered".
function words(name) {
  const text = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return text[0].toUpperCase() + text.slice(1);
}
