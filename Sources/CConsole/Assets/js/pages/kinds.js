// Kinds of sessions: what is done with them, paused and given free again.

import { ask, pathOf } from "../api.js";
import { confirmAction, field } from "../ask.js";
import { el } from "../dom.js";
import { count, duration } from "../format.js";
import { livePage } from "../page.js";
import { button, empty, facts, PHASES, pill, timeWithDate } from "../parts.js";
import { href } from "../route.js";

export function kindsPage(view) {
  const page = livePage(view, {
    title: "Kinds",
    load: (signal) => ask("v1/kinds", { signal }),
    draw: ({ kinds }) => (kinds.length === 0
      ? el("section", { class: "card" }, empty("No kinds are configured", "A kind has a handler and a policy: see the settings under kinds."))
      : el("div", { class: "grid" }, kinds.map((kind) => card(kind, () => page.refresh())))),
  });
  return page;
}

function card(kind, refresh) {
  const { policy, sessions } = kind;
  return el("section", { class: "card stack", "aria-label": `Kind ${kind.kind}`, "data-key": kind.kind },
    el("div", { class: "head" },
      el("h2", {}, kind.kind), state(kind),
      el("div", { class: "actions" }, kind.paused ? resume(kind.kind, refresh) : pause(kind.kind, refresh))),
    kind.pause ? el("p", {}, `Paused by ${kind.pause.by}: ${kind.pause.reason} `, timeWithDate(kind.pause.sinceMs)) : null,
    breakerText(kind),
    facts([
      ...PHASES.map((phase) => [
        phase[0].toUpperCase() + phase.slice(1), el("a", { href: href("sessions", null, { kind: kind.kind, phase }) }, count(sessions[phase]))]),
      ["Due", count(kind.ready)],
      ["Places", kind.hasHandler ? `${count(kind.runs)} of ${count(policy.concurrency)} taken` : null],
      ["Rate", policy.ratePerSecond > 0 ? `${count(policy.ratePerSecond)} a second` : "no limit"],
      ["Attempts", policy.retry.maxAttempts > 0 ? `at most ${count(policy.retry.maxAttempts)}` : "no limit"],
      ["Lease", duration(policy.leaseMs)],
    ]));
}

function state(kind) {
  if (kind.paused) return pill("paused", "warn");
  if (!kind.hasHandler) return pill("no handler here", "");
  if (kind.breaker && kind.breaker.state !== "closed") return pill(`breaker ${kind.breaker.state}`, "bad");
  return pill("handed out", "good");
}

function breakerText(kind) {
  if (!kind.breaker || kind.paused) return null;
  if (kind.breaker.state === "open") {
    return el("p", {}, "Its handler kept failing. One run is tried ", timeWithDate(kind.breaker.untilMs), ".");
  }
  if (kind.breaker.state === "probing") return el("p", {}, "A few runs try whether its handler is well again.");
  return kind.breaker.failures > 0
    ? el("p", { class: "muted" }, `Failures in a row: ${count(kind.breaker.failures)}. The breaker opens at ${count(kind.policy.breaker.failures)}.`)
    : null;
}

function pause(name, refresh) {
  return button("Pause…", async () => {
    const done = await confirmAction({
      title: `Pause ${name}?`, verb: "Pause", done: `${name} is paused.`,
      text: "This process hands its sessions out no more until somebody resumes it. What is running goes on, and new sessions can be opened.",
      fields: [field({ name: "reason", label: "Reason", required: true, maxlength: 200, hint: "For whoever looks next. No secrets." })],
      run: (values, token) => ask(pathOf("kinds", name, "pause"), { body: { reason: values.reason.trim() }, token }),
    });
    if (done) refresh();
  });
}

function resume(name, refresh) {
  return button("Resume…", async () => {
    const done = await confirmAction({
      title: `Resume ${name}?`, verb: "Resume", done: `${name} is resumed.`,
      text: "What has become due meanwhile is handed out, the oldest first, as places and rate allow.",
      run: (values, token) => ask(pathOf("kinds", name, "resume"), { body: {}, token }),
    });
    if (done) refresh();
  }, "primary");
}
