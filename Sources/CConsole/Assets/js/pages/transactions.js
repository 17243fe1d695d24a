// Transactions that are not finished, those that need somebody first.

import { ask } from "../api.js";
import { el } from "../dom.js";
import { livePage } from "../page.js";
import { empty, pager, table, time } from "../parts.js";
import { href } from "../route.js";
import { standingPill, standingText } from "../standing.js";

const LIMIT = 50;

export function transactionsPage(view, route) {
  return livePage(view, {
    title: "Transactions",
    load: (signal) => ask("v1/transactions", { query: { ...route.query, limit: LIMIT }, signal }),
    draw: ({ transactions, next }) => el("section", { class: "card list", "aria-label": "Transactions" },
      transactions.length === 0
        ? empty("No unfinished transactions", "None is in doubt, and none ended otherwise than decided.")
        : [rows(transactions), pager("transactions", route.query, transactions.length, next, "transactions")]),
  });
}

function rows(transactions) {
  return table("Transactions", [
    { name: "Id", class: "id", cell: (each) => el("a", { href: href("transactions", each.id) }, each.id) },
    { name: "State", cell: (each) => [standingPill(each), el("div", { class: "muted small" }, standingText(each))] },
    { name: "Decision", cell: (each) => each.status },
    { name: "Since", cell: (each) => time(each.timeMs) },
    { name: "Resources", cell: (each) => each.branches.map((branch) => branch.resource).join(", ") },
  ], transactions, (each) => each.id);
}
