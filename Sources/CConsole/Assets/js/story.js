// What became of a session: why it is here, earlier runs, headers.

import { el } from "./dom.js";
import { plural } from "./format.js";
import { pill, time, timeWithDate } from "./parts.js";

/// The API's own words for why it is where it is and what happens next.
export function explanation(found) {
  if (!found) return null;
  return el("div", { class: "explain" },
    el("div", {}, el("h2", {}, "Why it is here"), el("p", {}, found.why)),
    el("div", {}, el("h2", {}, "What happens next"), el("p", {}, found.next)));
}

export function historyList(session) {
  const earlier = session.history ?? [];
  const now = [];
  if (session.run) {
    now.push(el("li", { class: "running", "data-key": "run" },
      el("strong", {}, `Attempt ${session.run.attempt}`), " ", pill("running"),
      el("div", { class: "muted small" }, "with its handler until ", time(session.run.deadlineMs))));
  }
  if (session.parked) {
    now.push(el("li", { class: "bad", "data-key": "parked" },
      el("strong", {}, "Parked"), " ", pill(session.parked.reason, "parked"),
      session.parked.detail ? el("p", {}, session.parked.detail) : null,
      el("div", { class: "muted small" }, timeWithDate(session.parked.timeMs))));
  }
  return el("section", { class: "card stack", "aria-label": "History", "data-key": "history" },
    el("h2", {}, "History"),
    el("ol", { class: "timeline" },
      el("li", { "data-key": "opened" }, el("strong", {}, "Opened"), el("div", { class: "muted small" }, timeWithDate(session.createdMs))),
      earlier.map((attempt, index) => el("li", { class: "bad", "data-key": `attempt-${index}` },
        el("strong", {}, `Attempt ${attempt.attempt}`), attempt.counted ? null : [" ", pill("not counted", "")],
        attempt.reason ? el("p", {}, attempt.reason) : null,
        el("div", { class: "muted small" }, timeWithDate(attempt.timeMs)))),
      now),
    session.attempts > earlier.length + now.length
      ? el("p", { class: "muted small" }, `${plural(session.attempts, "attempt was", "attempts were")} counted; the latest are kept.`) : null);
}

export function headerList(headers) {
  return el("section", { class: "card stack", "aria-label": "Headers", "data-key": "headers" },
    el("h2", {}, "Headers"),
    headers.length === 0
      ? el("p", { class: "muted" }, "No headers.")
      : el("dl", { class: "facts names" }, headers.map((header) => el("div", {},
        el("dt", {}, header.name), el("dd", {}, el("code", {}, header.value))))));
}
