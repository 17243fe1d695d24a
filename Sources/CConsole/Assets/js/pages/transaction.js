// One transaction: its branches, and what somebody can decide about it.

import { ask, pathOf } from "../api.js";
import { confirmAction, field } from "../ask.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { livePage } from "../page.js";
import { button, empty, facts, pill, table, timeWithDate } from "../parts.js";
import { go, href } from "../route.js";
import { canBeResolved, explanationOf, standingPill } from "../standing.js";
import { explanation } from "../story.js";

export function transactionPage(view, route) {
  const id = route.id;
  const page = livePage(view, {
    title: "Transaction",
    crumb: el("a", { href: href("transactions") }, "Transactions"),
    load: (signal) => ask(pathOf("transactions", id), { signal }),
    head: (transaction) => [
      canBeResolved(transaction) ? button("Resolve…", () => resolve(transaction, () => page.refresh()), "danger") : null,
      transaction.standing === "heuristic" ? button("Forget…", () => forget(id), "danger") : null,
    ],
    draw: (transaction) => [
      el("section", { class: "card stack", "aria-label": "State", "data-key": "state" },
        el("div", { class: "head" }, standingPill(transaction), el("code", {}, transaction.id)),
        explanation(explanationOf(transaction)),
        facts([
          ["Decision", transaction.status],
          ["Since", timeWithDate(transaction.timeMs)],
          ["Reason", transaction.reason],
        ])),
      el("section", { class: "card list", "aria-label": "Branches", "data-key": "branches" }, branches(transaction.branches)),
    ],
  });
  return page;
}

function branches(list) {
  if (list.length === 0) return empty("No branches", "No resource takes part yet.");
  return table("Branches", [
    { name: "Branch", class: "number", cell: (branch) => branch.number },
    { name: "Resource", cell: (branch) => branch.resource },
    { name: "State", cell: (branch) => pill(branch.state, branch.state === "heuristic" ? "bad" : branch.trouble ? "warn" : "") },
    { name: "Ended", cell: (branch) => branch.heuristic ?? "" },
    { name: "Tries", class: "right number", cell: (branch) => count(branch.attempts) },
    { name: "Trouble", cell: (branch) => (branch.trouble ? [el("code", {}, branch.trouble.code), ` · ${branch.trouble.message}`] : "") },
  ], list, (branch) => `branch-${branch.number}`);
}

async function resolve(transaction, refresh) {
  const isDecided = transaction.standing === "pending";
  const done = await confirmAction({
    title: "Resolve this transaction?", verb: "Resolve", isDangerous: true, done: "The transaction is resolved.",
    text: isDecided
      ? "Its branches that were not told are recorded with this outcome. Bring it about in the resource by hand."
      : "Nobody knows how it ended. What you choose becomes the decision.",
    fields: [
      field({ name: "outcome", label: "Outcome", type: "select", value: "rolledBack", options: [["rolledBack", "Rolled back"], ["committed", "Committed"]] }),
      field({ name: "reason", label: "Reason", required: true, maxlength: 200, hint: "It stays on record." }),
    ],
    run: (values, token) => ask(pathOf("transactions", transaction.id, "resolve"), { body: { outcome: values.outcome, reason: values.reason.trim() }, token }),
  });
  if (done) refresh();
}

async function forget(id) {
  const done = await confirmAction({
    title: "Forget this transaction?", verb: "Forget", isDangerous: true, done: "The transaction is forgotten.",
    text: "Do so once what it left behind is mended by hand. It is listed no more.",
    fields: [field({ name: "unchecked", label: "Do not ask the resources", type: "checkbox", hint: "Only for a resource that is gone for good." })],
    run: (values, token) => ask(pathOf("transactions", id, "forget"), { body: values.unchecked ? { unchecked: true } : {}, token }),
  });
  if (done) go("transactions");
}
