// One dead letter: why it was given up; edited if need be, and given back or dropped.

import { ask, pathOf } from "../api.js";
import { confirmAction } from "../ask.js";
import { el } from "../dom.js";
import { bytes, count, plural } from "../format.js";
import { livePage } from "../page.js";
import { button, facts, pill, timeWithDate } from "../parts.js";
import { recordEditor } from "../editor.js";
import { recordList } from "../records.js";
import { go, href } from "../route.js";
import { explanation, headerList, historyList } from "../story.js";
import { afterField } from "./session.js";

export function deadLetterPage(view, route) {
  const id = route.id;
  const choices = new Map();
  let editor = null;
  const page = livePage(view, {
    title: "Dead letter", interval: 5_000,
    crumb: el("a", { href: href("dead-letters") }, "Dead letters"),
    load: (signal) => ask(pathOf("dead-letters", id), { signal }),
    head: (letter) => [
      editor ? null : button("Edit records…", () => { editor = recordEditor(letter.records); page.redraw(); editor.focus(); }),
      button(editor ? "Requeue as edited…" : "Requeue…", () => requeue(id, editor), "primary"),
      button("Cancel…", () => cancel(id), "danger"),
    ],
    draw: (letter) => [
      el("section", { class: "card stack", "aria-label": "State", "data-key": "state" },
        el("div", { class: "head" }, pill(letter.parked?.reason ?? "parked", "parked"), el("code", {}, letter.id)),
        letter.parked?.detail ? el("p", {}, letter.parked.detail) : null,
        explanation(letter.explanation),
        facts([
          ["Kind", letter.kind],
          ["Parked", timeWithDate(letter.parked?.timeMs)],
          ["Opened", timeWithDate(letter.createdMs)],
          ["Attempts", count(letter.attempts)],
          ["Size", `${plural(letter.recordCount, "record", "records")}, ${bytes(letter.bytes)}`],
          ["Partition", letter.partition],
        ])),
      el("section", { class: "card stack", "aria-label": "Records", "data-key": editor ? "editor" : "records" },
        el("div", { class: "head" }, el("h2", {}, editor ? "Edit records" : "Records"),
          editor ? el("div", { class: "actions" }, button("Leave them as they are", () => { editor = null; page.redraw(); }, "quiet")) : null),
        editor ? editor.element : recordList(letter.records, choices, () => page.redraw())),
      el("div", { class: "grid story", "data-key": "story" }, historyList(letter), headerList(letter.headers ?? [])),
    ],
  });
  return page;
}

async function requeue(id, editor) {
  const done = await confirmAction({
    title: editor ? "Requeue with the edited records?" : "Requeue this dead letter?",
    text: `Its handler gets it again${editor ? ", with the records as they stand in the editor" : ""}. All its attempts are given back.`,
    fields: [afterField()], verb: "Requeue", done: "The dead letter is requeued.",
    run: async (values, token) => ask(pathOf("dead-letters", id, "requeue"), {
      body: { afterMs: Math.round(Number(values.after) * 1_000), ...(editor ? { records: editor.read() } : {}) }, token,
    }),
  });
  if (done) go("sessions", id);
}

async function cancel(id) {
  const done = await confirmAction({
    title: "Cancel this dead letter?", verb: "Cancel the dead letter", isDangerous: true,
    text: "It is dropped, with its records. Nobody finishes or undoes its work.", done: "The dead letter is cancelled.",
    run: (values, token) => ask(pathOf("dead-letters", id, "cancel"), { body: {}, token }),
  });
  if (done) go("dead-letters");
}
