// One session: what is in it, why it is where it is, and what happens next.

import { ask, pathOf } from "../api.js";
import { confirmAction, field } from "../ask.js";
import { el } from "../dom.js";
import { bytes, count, plural } from "../format.js";
import { livePage } from "../page.js";
import { button, facts, pill, timeWithDate } from "../parts.js";
import { recordList } from "../records.js";
import { href } from "../route.js";
import { explanation, headerList, historyList } from "../story.js";

export function sessionPage(view, route) {
  const id = route.id;
  const choices = new Map();
  const page = livePage(view, {
    title: "Session",
    crumb: el("a", { href: href("sessions") }, "Sessions"),
    load: (signal) => ask(pathOf("sessions", id), { signal }),
    head: (session) => actions(session, () => page.refresh()),
    draw: (session) => [
      el("section", { class: "card stack", "aria-label": "State", "data-key": "state" },
        el("div", { class: "head" }, pill(session.phase), el("code", {}, session.id)),
        explanation(session.explanation),
        facts([
          ["Kind", session.kind],
          session.phase === "parked" ? null : [{ open: "Lease until", running: "Deadline" }[session.phase] ?? "Due", timeWithDate(session.dueMs)],
          ["Opened", timeWithDate(session.createdMs)],
          ["Attempts", count(session.attempts)],
          ["Size", `${plural(session.recordCount, "record", "records")}, ${bytes(session.bytes)}`],
          ["Partition", session.partition],
          session.run ? ["Token of the run", el("code", {}, session.run.token)] : null,
        ])),
      el("section", { class: "card stack", "aria-label": "Records", "data-key": "records" },
        el("h2", {}, "Records"), recordList(session.records ?? [], choices, () => page.redraw())),
      el("div", { class: "grid story", "data-key": "story" },
        historyList(session), headerList(session.headers ?? [])),
    ],
  });
  return page;
}

function actions(session, refresh) {
  const act = (action, options) => async () => {
    const done = await confirmAction({
      ...options,
      run: (values, token) => ask(pathOf("sessions", session.id, action), { body: options.body?.(values) ?? {}, token }),
    });
    if (done) refresh();
  };
  const isRunning = session.phase === "running";
  const later = isRunning ? " It is running: this takes effect when the run ends." : "";
  return [
    button("Requeue…", act("requeue", {
      title: "Requeue this session?", verb: "Requeue", done: "The session is requeued.",
      text: `Its handler gets it again.${session.phase === "parked" ? " All its attempts are given back." : ""}${later}`,
      fields: [afterField()], body: (values) => ({ afterMs: Math.round(Number(values.after) * 1_000) }),
    })),
    session.phase === "parked" ? null : button("Park…", act("park", {
      title: "Park this session?", verb: "Park", done: "The session is parked.",
      text: `It is tried no more until somebody requeues or cancels it.${later}`,
      fields: [field({ name: "reason", label: "Reason", maxlength: 200, hint: "Kept with the session, for people. No secrets." })],
      body: (values) => (values.reason.trim() ? { reason: values.reason.trim() } : {}),
    })),
    button("Cancel…", act("cancel", {
      title: "Cancel this session?", verb: "Cancel the session", isDangerous: true, done: "The session is cancelled.",
      text: `It is dropped, with its records. Nobody finishes or undoes its work.${later}`,
    }), "danger"),
  ];
}

export function afterField() {
  return field({ name: "after", label: "Due after (seconds)", type: "number", value: "0", min: 0, max: 31_536_000, step: "any", required: true, hint: "0 is now." });
}
