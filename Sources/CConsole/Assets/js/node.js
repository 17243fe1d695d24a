// What is known of the node: its status, asked again and again, and which lists it has.

import { announce } from "./announce.js";
import { ask } from "./api.js";
import { setNow } from "./format.js";
import { Live } from "./live.js";

export const node = { status: null, error: null, isLocked: false, lists: new Set() };

const listeners = new Set();
const LISTS = ["dead-letters", "kinds", "transactions", "partitions", "history"];

/// Calls `listener` after every change; returns what ends that.
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  for (const listener of [...listeners]) listener();
}

const live = new Live({
  load: async (signal) => {
    const status = await ask("v1/status", { signal });
    const isNew = node.status?.startedMs !== status.startedMs || node.lists.size === 0;
    return { status, lists: isNew ? await listsOf(signal) : node.lists };
  },
  show: ({ status, lists }) => {
    if (node.error?.code === "unreachable") announce("The node answers again.");
    setNow(status.nowMs);
    Object.assign(node, { status, lists, error: null, isLocked: false });
    changed();
  },
  fail: (error) => {
    if (error.isUnauthorized) lock(error);
    else {
      if (!node.error) announce("The node does not answer.");
      node.error = error;
      changed();
    }
  },
});

export function startWatching() {
  live.start();
}

export function lookAgain() {
  return live.refresh();
}

/// The node asks for a token, or for another one: nothing is shown until it is given.
export function lock(error) {
  live.stop();
  Object.assign(node, { isLocked: true, error });
  changed();
}

export function unlock() {
  Object.assign(node, { isLocked: false, error: null });
  live.start();
}

/// The lists that are there: a worker has others than a node.
async function listsOf(signal) {
  const answers = await Promise.all(LISTS.map(async (list) => {
    try {
      await ask(`v1/${list}`, { query: ["dead-letters", "transactions"].includes(list) ? { limit: 1 } : {}, signal });
      return list;
    } catch (error) {
      return error.isMissing ? null : list;
    }
  }));
  return new Set(answers.filter(Boolean));
}
