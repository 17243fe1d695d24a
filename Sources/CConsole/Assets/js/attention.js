// What in a status needs somebody, the worst first.

import { count, duration, plural } from "./format.js";
import { href } from "./route.js";

const SLOW_MS = 10_000;

/// Sessions that wait for somebody. With Kafka they leave the log for the topic of dead letters.
export function setAside(status) {
  return Math.max(status.sessions.parked, status.totals.deadLettered);
}

export function attentionOf(status, kinds = []) {
  const items = [];
  const add = (tone, text, link, target) => items.push({ tone, text, link, href: target });
  for (const part of status.parts) {
    if (!part.ready) add("bad", `${part.name}: ${part.detail}`);
  }
  if (status.conservationDifference !== 0) {
    add("bad", `${count(Math.abs(status.conservationDifference))} sessions are unaccounted for. This must not happen: keep the log and report it.`);
  }
  const { heuristic, inDoubt } = status.transactions;
  if (heuristic > 0) {
    add("bad", `${plural(heuristic, "transaction", "transactions")} ended otherwise than decided.`, "Look", href("transactions"));
  }
  if (inDoubt > 0) {
    add("bad", `${plural(inDoubt, "transaction is", "transactions are")} in doubt.`, "Look", href("transactions"));
  }
  if (status.mirror?.error) add("bad", `The mirror to Kafka: ${status.mirror.error.code}. ${status.mirror.error.message}`);
  for (const kind of kinds) {
    if (kind.paused) add("warn", `The kind ${kind.kind} is paused.`, "Kinds", href("kinds"));
    else if (kind.breaker && kind.breaker.state !== "closed") {
      add("warn", `The breaker of the kind ${kind.kind} is ${kind.breaker.state}.`, "Kinds", href("kinds"));
    }
  }
  const parked = setAside(status);
  if (parked > 0) {
    add("warn", `${plural(parked, "session is parked and waits", "sessions are parked and wait")} for somebody.`, "Look",
      status.sessions.parked > 0 ? href("sessions", null, { phase: "parked" }) : href("dead-letters"));
  }
  if (status.dueLagMs > SLOW_MS) add("warn", `Work that is due has waited for ${duration(status.dueLagMs)}.`);
  return items;
}
