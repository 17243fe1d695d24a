// What stands around the pages: which node this is, whether it answers, and where one can go.

import { setAside } from "./attention.js";
import { el, show } from "./dom.js";
import { node } from "./node.js";
import { button, pill } from "./parts.js";
import { currentToken } from "./token.js";

const PAGES = [
  { name: "", title: "Overview" },
  { name: "sessions", title: "Sessions" },
  { name: "dead-letters", title: "Dead letters", count: setAside },
  { name: "kinds", title: "Kinds" },
  {
    name: "transactions", title: "Transactions",
    count: (status) => status.transactions.inDoubt + status.transactions.heuristic,
  },
  { name: "partitions", title: "Partitions" },
];

export function drawFrame(route, { onForget }) {
  drawNode();
  drawConnection(onForget);
  show(document.getElementById("nav"), node.isLocked ? [] : PAGES.filter(isOffered).map((page) => link(page, route)));
}

function isOffered(page) {
  return ["", "sessions"].includes(page.name) || node.lists.has(page.name);
}

function link(page, route) {
  const found = node.status ? page.count?.(node.status) ?? 0 : 0;
  return el("a", { href: `#/${page.name}`, "data-key": page.name, "aria-current": route.name === page.name ? "page" : null },
    page.title,
    found > 0 ? el("span", { class: "count bad" }, found > 9_999 ? "9999+" : found) : null);
}

function drawNode() {
  const status = node.status;
  const target = document.getElementById("node");
  if (!status) return show(target);
  show(target, [status.node, status.role, status.version && `version ${status.version}`].filter(Boolean).join(" · "));
}

function drawConnection(onForget) {
  const parts = [];
  if (node.isLocked) parts.push(pill("locked", "warn"));
  else if (node.error) parts.push(pill("no answer", "bad"));
  else if (node.status) parts.push(node.status.isReady ? pill("ready", "good") : pill("not ready", "bad"));
  else parts.push(pill("asking…", ""));
  if (currentToken()) parts.push(button("Forget token", onForget, "quiet"));
  show(document.getElementById("connection"), parts);
}
