// What was given up, and how it is given back: one by one, or many at a rate.

import { announce } from "../announce.js";
import { ask } from "../api.js";
import { batchView } from "../batch.js";
import { confirmAction, field } from "../ask.js";
import { el } from "../dom.js";
import { bytes, count, plural } from "../format.js";
import { livePage } from "../page.js";
import { button, empty, pager, pill, table, time } from "../parts.js";
import { go, href } from "../route.js";

const LIMIT = 50;
// In one batch; the API takes no more.
const MOST = 10_000;
// Longer than elsewhere: with Kafka a topic is read.
const INTERVAL_MS = 5_000;

export function deadLettersPage(view, route) {
  const query = route.query;
  const chosen = new Set();
  const batch = batchView(() => page.refresh());
  const page = livePage(view, {
    title: "Dead letters", interval: INTERVAL_MS,
    fixed: [filters(query), batch.element],
    load: (signal) => ask("v1/dead-letters", { query: { ...query, limit: LIMIT }, signal }),
    head: (found) => {
      const ids = found.deadLetters.map((letter) => letter.id).filter((id) => chosen.has(id));
      return found.deadLetters.length === 0 ? null : [
        ids.length > 0 ? button(`Requeue ${plural(ids.length, "chosen", "chosen")}…`, () => requeue({ ids }, ids.length)) : null,
        button(query.kind || query.reason ? "Requeue all of these…" : "Requeue all…", () => requeue({ kind: query.kind, reason: query.reason })),
      ];
    },
    draw: (found) => {
      const letters = found.deadLetters;
      announce(plural(letters.length, "dead letter found.", "dead letters found."));
      return el("section", { class: "card list", "aria-label": "Dead letters", "data-key": "list" },
        letters.length === 0
          ? empty("Nothing is parked", query.kind || query.reason ? "Not of this kind and for this reason." : "Every session is on its way or has ended.")
          : [rows(letters, chosen, () => page.redraw()), pager("dead-letters", query, letters.length, found.next, "dead letters")]);
    },
  });
  const requeue = async (selection, size) => {
    const started = await confirmMany(selection, size);
    if (!started) return;
    chosen.clear();
    batch.follow(started.id);
    page.refresh();
  };
  return { close: () => { batch.close(); page.close(); } };
}

function confirmMany(selection, size) {
  return confirmAction({
    title: size ? `Requeue ${plural(size, "dead letter", "dead letters")}?` : "Requeue all that are listed?",
    text: size ? "Their handlers get them again, with all their attempts."
      : `Every dead letter${selection.kind ? ` of kind ${selection.kind}` : ""}${selection.reason ? ` parked for ${selection.reason}` : ""}, on all pages, ${count(MOST)} at most. Their handlers get them again, with all their attempts.`,
    fields: [
      field({ name: "rate", label: "At most so many a second", type: "number", value: "10", min: 1, max: 1_000, step: 1, required: true, hint: "Spares what they depend on." }),
      field({ name: "spread", label: "Spread each over (seconds)", type: "number", value: "0", min: 0, max: 86_400, step: "any", required: true, hint: "Each falls due at a random moment within so long. 0 is at once." }),
    ],
    verb: "Requeue", done: "The requeue has begun.",
    run: (values, token) => ask("v1/dead-letters/requeue", {
      body: { ...given(selection), perSecond: Number(values.rate), limit: MOST, spreadMs: Math.round(Number(values.spread) * 1_000) }, token,
    }),
  });
}

function given(selection) {
  return Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined && value !== ""));
}

function filters(query) {
  const fields = [
    field({ name: "kind", label: "Kind", value: query.kind ?? "", autocomplete: "off", spellcheck: "false" }),
    field({ name: "reason", label: "Reason", value: query.reason ?? "", placeholder: "attemptsExhausted", autocomplete: "off", spellcheck: "false" }),
  ];
  return el("form", {
    class: "card", role: "search", "aria-label": "Search dead letters",
    onsubmit: (event) => {
      event.preventDefault();
      go("dead-letters", null, Object.fromEntries(fields.map((each) => [each.name, each.read().trim()])));
    },
  },
  el("div", { class: "filters" }, fields.map((each) => each.element),
    el("div", { class: "actions" },
      el("button", { type: "submit", class: "button primary" }, "Search"),
      el("a", { class: "button", href: href("dead-letters") }, "Clear"))));
}

function rows(letters, chosen, redraw) {
  const choose = (these, isChosen) => {
    for (const { id } of these) {
      if (isChosen) chosen.add(id);
      else chosen.delete(id);
    }
    redraw();
  };
  const isAll = letters.every((letter) => chosen.has(letter.id));
  const all = el("input", {
    type: "checkbox", "aria-label": "Choose all on this page", checked: isAll,
    onchange: (event) => choose(letters, event.target.checked),
  });
  return table("Dead letters", [
    {
      name: "Choose", head: all, cell: (letter) => el("input", {
        type: "checkbox", "aria-label": `Choose ${letter.id}`, checked: chosen.has(letter.id),
        onchange: (event) => choose([letter], event.target.checked),
      }),
    },
    { name: "Id", class: "id", cell: (letter) => el("a", { href: href("dead-letters", letter.id) }, letter.id) },
    { name: "Kind", cell: (letter) => letter.kind },
    { name: "Reason", cell: (letter) => [pill(letter.parked?.reason ?? "parked", "parked"), detail(letter)] },
    { name: "Parked", cell: (letter) => time(letter.parked?.timeMs) },
    { name: "Attempts", class: "right number", cell: (letter) => count(letter.attempts) },
    { name: "Size", class: "right number", cell: (letter) => bytes(letter.bytes) },
  ], letters, (letter) => letter.id);
}

function detail(letter) {
  const text = letter.parked?.detail;
  return text ? el("div", { class: "muted small" }, text) : null;
}
