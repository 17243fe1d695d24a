// Sessions that are not finished, searched and paged.

import { announce } from "../announce.js";
import { ask } from "../api.js";
import { field } from "../ask.js";
import { el } from "../dom.js";
import { bytes, count, nowMs, plural } from "../format.js";
import { node } from "../node.js";
import { livePage } from "../page.js";
import { empty, PHASES, pager, pill, table, time } from "../parts.js";
import { go, href } from "../route.js";

const LIMIT = 50;
const AGES = [
  ["", "Any age"], ["60000", "Older than a minute"], ["600000", "Older than 10 minutes"],
  ["3600000", "Older than an hour"], ["86400000", "Older than a day"], ["604800000", "Older than a week"],
];

export function sessionsPage(view, route) {
  const query = route.query;
  const page = livePage(view, {
    title: "Sessions",
    fixed: [filters(query)],
    load: (signal) => ask("v1/sessions", { query: { ...query, limit: LIMIT }, signal }),
    draw: ({ sessions, next }) => {
      announce(plural(sessions.length, "session found.", "sessions found."));
      return [phases(query), el("section", { class: "card list", "aria-label": "Sessions", "data-key": "list" },
        sessions.length === 0 ? nothing(query) : [rows(sessions), pager("sessions", query, sessions.length, next, "sessions")])];
    },
  });
  return page;
}

function phases(query) {
  const counts = node.status?.sessions ?? {};
  return el("nav", { class: "tabs", "aria-label": "States", "data-key": "states" }, ["", ...PHASES].map((phase) =>
    el("a", {
      class: "tab", href: href("sessions", null, { ...query, phase, after: "" }),
      "aria-current": (query.phase ?? "") === phase ? "true" : null,
    }, phase === "" ? "All" : phase, phase && counts[phase] !== undefined ? el("span", { class: "count" }, count(counts[phase])) : null)));
}

function filters(query) {
  const fields = [
    field({ name: "id", label: "Id", value: query.id ?? "", placeholder: "whole, or how it begins", autocomplete: "off", spellcheck: "false" }),
    field({ name: "kind", label: "Kind", value: query.kind ?? "", autocomplete: "off", spellcheck: "false" }),
    field({ name: "olderThanMs", label: "Age", type: "select", value: query.olderThanMs ?? "", options: AGES }),
    field({ name: "dueFromMs", label: "Due from", type: "datetime-local", step: "1", value: local(query.dueFromMs) }),
    field({ name: "dueToMs", label: "Due until", type: "datetime-local", step: "1", value: local(query.dueToMs) }),
  ];
  fields[0].element.classList.add("wide");
  return el("form", {
    class: "card", role: "search", "aria-label": "Search sessions",
    onsubmit: (event) => {
      event.preventDefault();
      const found = Object.fromEntries(fields.map((each) => [each.name, each.read().trim()]));
      go("sessions", null, { ...found, phase: query.phase, dueFromMs: millis(found.dueFromMs), dueToMs: millis(found.dueToMs) });
    },
  },
  el("div", { class: "filters" }, fields.map((each) => each.element),
    el("div", { class: "actions" },
      el("button", { type: "submit", class: "button primary" }, "Search"),
      el("a", { class: "button", href: href("sessions") }, "Clear"))));
}

function rows(sessions) {
  return table("Sessions", [
    { name: "Id", class: "id", cell: (session) => el("a", { href: href("sessions", session.id) }, session.id) },
    { name: "Kind", cell: (session) => session.kind },
    { name: "State", cell: (session) => state(session) },
    { name: "Due", cell: (session) => dueOf(session) },
    { name: "Age", cell: (session) => time(session.createdMs) },
    { name: "Attempts", class: "right number", cell: (session) => count(session.attempts) },
    { name: "Records", class: "right number", cell: (session) => `${count(session.recordCount)} · ${bytes(session.bytes)}` },
  ], sessions, (session) => session.id);
}

function state(session) {
  return [pill(session.phase), session.parked ? el("div", { class: "muted small" }, session.parked.reason) : null];
}

function dueOf(session) {
  if (!Number.isFinite(session.dueMs)) return el("span", { class: "muted" }, "–");
  const isLate = session.phase === "waiting" && session.dueMs < nowMs() - 10_000;
  return isLate ? [time(session.dueMs), el("div", { class: "bad-text small" }, "late")] : time(session.dueMs);
}

function nothing(query) {
  const isSearched = Object.entries(query).some(([, value]) => value !== "");
  return isSearched
    ? empty("No session is like that", "A session that is finished is listed nowhere any more.")
    : empty("No unfinished sessions", "Everything that was opened has ended.");
}

/// Milliseconds as a local date and time of a field, and back.
export function local(ms) {
  const value = Number(ms);
  if (!ms || !Number.isFinite(value)) return "";
  const date = new Date(value - new Date(value).getTimezoneOffset() * 60_000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19);
}

export function millis(text) {
  if (!text) return "";
  const ms = new Date(text).getTime();
  return Number.isNaN(ms) ? "" : String(ms);
}
