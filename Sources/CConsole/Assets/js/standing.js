// How a transaction stands, in words.

import { pill } from "./parts.js";

const NAMES = { heuristic: ["heuristic", "bad"], inDoubt: ["in doubt", "bad"], pending: ["pending", "warn"], working: ["working", "running"] };

const TEXTS = {
  heuristic: "Finished, and not every branch did as decided.",
  inDoubt: "The branch that decides cannot be asked.",
  pending: "Decided; a branch cannot be told.",
  working: "Somebody is at it.",
};

const NEXT = {
  heuristic: "Nothing, until somebody has brought the resource in line by hand and forgets the transaction.",
  inDoubt: "The branch is asked again and again. If its resource is gone for good, resolve the transaction.",
  pending: "The branch is told again and again. If its resource is gone for good, resolve the transaction.",
  working: "It ends by itself.",
};

export function standingPill(transaction) {
  const [text, tone] = NAMES[transaction.standing] ?? [transaction.standing, ""];
  return pill(text, tone);
}

export function standingText(transaction) {
  return TEXTS[transaction.standing] ?? "";
}

export function explanationOf(transaction) {
  const next = NEXT[transaction.standing];
  return next ? { why: standingText(transaction), next } : null;
}

export function canBeResolved(transaction) {
  return ["inDoubt", "pending"].includes(transaction.standing);
}
