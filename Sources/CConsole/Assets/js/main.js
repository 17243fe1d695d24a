// The console: shows the page that the address names, and keeps what stands around it true.

import { announce } from "./announce.js";
import { el } from "./dom.js";
import { drawFrame } from "./frame.js";
import { lockPage } from "./lock.js";
import { lock, node, onChange, startWatching } from "./node.js";
import { deadLetterPage } from "./pages/dead-letter.js";
import { deadLettersPage } from "./pages/dead-letters.js";
import { kindsPage } from "./pages/kinds.js";
import { overviewPage } from "./pages/overview.js";
import { partitionsPage } from "./pages/partitions.js";
import { sessionPage } from "./pages/session.js";
import { sessionsPage } from "./pages/sessions.js";
import { transactionPage } from "./pages/transaction.js";
import { transactionsPage } from "./pages/transactions.js";
import { empty, renewTimes } from "./parts.js";
import { currentRoute } from "./route.js";
import { forgetToken } from "./token.js";

const PAGES = {
  "": ["Overview", overviewPage],
  sessions: ["Sessions", sessionsPage, "Session", sessionPage],
  "dead-letters": ["Dead letters", deadLettersPage, "Dead letter", deadLetterPage],
  kinds: ["Kinds", kindsPage],
  transactions: ["Transactions", transactionsPage, "Transaction", transactionPage],
  partitions: ["Partitions", partitionsPage],
};

const main = document.getElementById("main");
let page = null;
let shown = "";

/// Shows the page of the address, if it is not shown already.
function navigate(isUsers) {
  const route = currentRoute();
  const [listTitle, list, oneTitle, one] = PAGES[route.name] ?? [];
  const open = route.id === null ? list : one;
  const wanted = node.isLocked ? "locked" : location.hash;
  if (wanted === shown && page) return;
  shown = wanted;
  page?.close?.();
  const view = el("div", { class: "page" });
  main.replaceChildren(view);
  const title = node.isLocked ? "Token" : (route.id === null ? listTitle : oneTitle) ?? "Not found";
  document.title = `${title} · Reprise`;
  if (node.isLocked) page = lockPage(view, node.error) ?? {};
  else if (open) page = open(view, route);
  else page = notFound(view);
  frame();
  if (!isUsers || node.isLocked) return;
  scrollTo(0, 0);
  // A search that changes only what is listed leaves the focus where it is.
  if (!main.dataset.at || main.dataset.at !== `${route.name}/${route.id ?? ""}`) {
    view.querySelector("h1")?.focus({ preventScroll: true });
    announce(title);
  }
  main.dataset.at = `${route.name}/${route.id ?? ""}`;
}

function notFound(view) {
  view.append(el("h1", { tabindex: "-1" }, "There is no such page"), empty("", el("a", { href: "#/" }, "To the overview")));
  return {};
}

function frame() {
  drawFrame(currentRoute(), {
    onForget: () => {
      forgetToken();
      lock(null);
    },
  });
}

onChange(() => {
  navigate(false);
  frame();
});
addEventListener("hashchange", () => navigate(true));
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
setInterval(() => renewTimes(), 1_000);
frame();
navigate(false);
startWatching();
