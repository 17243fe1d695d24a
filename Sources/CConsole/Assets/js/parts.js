// What pages are made of.

import { el, svg } from "./dom.js";
import { absolute, count, relative } from "./format.js";
import { href } from "./route.js";

export const PHASES = ["open", "waiting", "running", "parked"];

export function pill(text, tone = text) {
  return el("span", { class: `pill ${tone}` }, el("span", { class: `dot ${tone}`, "aria-hidden": "true" }), text);
}

/// A time relative to now that stays true, with the absolute one to be read as well.
export function time(ms) {
  if (!Number.isFinite(ms)) return el("span", { class: "muted" }, "–");
  return el("time", { class: "number", title: absolute(ms), "data-ms": ms }, relative(ms));
}

/// Makes every relative time on the page true again.
export function renewTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-ms]")) {
    const text = relative(Number(element.dataset.ms));
    if (element.textContent !== text) element.textContent = text;
  }
}

export function timeWithDate(ms) {
  return Number.isFinite(ms)
    ? [time(ms), el("span", { class: "date muted small" }, el("span", { class: "between" }, " · "), absolute(ms))]
    : el("span", { class: "muted" }, "–");
}

export function facts(pairs) {
  return el("dl", { class: "facts" },
    pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

export function empty(title, text) {
  return el("div", { class: "empty" }, el("strong", {}, title), text);
}

export function loading(what = "Loading…") {
  return el("p", { class: "loading" }, what);
}

export function notice(tone, ...content) {
  return el("div", { class: `notice ${tone}` }, ...content);
}

/// A refusal of the API: its code and its message.
export function refusal(error) {
  return notice("bad", el("p", {}, el("span", { class: "code" }, error.code ?? "error"), " · ", error.message));
}

/// A list of rows. A column is `{name, cell(row), class}`; on narrow screens each row becomes a card
/// in which the names stand beside the values.
export function table(label, columns, rows, keyOf) {
  return el("table", { role: "table", "aria-label": label },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((column) =>
      el("th", { role: "columnheader", scope: "col", class: column.class }, column.head ?? column.name)))),
    el("tbody", { role: "rowgroup" }, rows.map((row) =>
      el("tr", { role: "row", "data-key": keyOf(row) }, columns.map((column) =>
        el("td", { role: "cell", class: column.class, "data-label": column.name }, el("div", { class: "cell" }, column.cell(row))))))));
}

/// Where a long list goes on. `next` is what to ask for as `after`.
export function pager(name, query, shown, next, noun) {
  const isFirst = !query.after;
  return el("div", { class: "pager" },
    el("span", { class: "muted small" }, `${count(shown)} ${noun} on this page`),
    isFirst && !next ? null : el("div", { class: "actions" },
      isFirst ? null : el("a", { class: "button", href: href(name, null, { ...query, after: "" }) }, "First page"),
      next ? el("a", { class: "button", href: href(name, null, { ...query, after: next }) }, "Next page") : null));
}

/// How much of something is used, 0 to 1.
export function bar(share, label) {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return svg("svg", {
    class: share > 0.9 ? "bar bad" : "bar", viewBox: "0 0 100 1", preserveAspectRatio: "none",
    role: "img", "aria-label": label,
  }, svg("rect", { x: 0, y: 0, width, height: 1 }));
}

export function button(text, onclick, tone = "") {
  return el("button", { type: "button", class: `button ${tone}`, onclick }, text);
}
