// A batch of requeues on its way.

import { announce } from "./announce.js";
import { ask, pathOf } from "./api.js";
import { confirmAction } from "./ask.js";
import { el, show } from "./dom.js";
import { count } from "./format.js";
import { Live } from "./live.js";
import { bar, button, notice, refusal } from "./parts.js";

/// Shows a batch until it is over: one that is `follow`ed, or the last that runs already. `onProgress`
/// is called when it moves.
export function batchView(onProgress) {
  const element = el("div", { class: "notices" });
  let live = null;
  const close = () => {
    live?.stop();
    live = null;
  };
  const dismiss = () => {
    close();
    show(element);
  };
  const draw = (batch) => {
    const isOver = batch.state !== "running";
    const text = textOf(batch);
    if (isOver) announce(text);
    show(element, notice(batch.state === "done" && batch.failed === 0 ? "good" : "warn",
      el("div", { class: "stack" },
        el("div", { class: "head" }, text, el("div", { class: "actions" },
          isOver ? button("Close", dismiss, "quiet") : button("Stop…", () => stop(batch, draw), "quiet"))),
        batch.total > 0 ? bar(ended(batch) / batch.total, "Share of the batch that is done") : null,
        batch.error ? refusal(batch.error) : null)));
    return isOver;
  };
  const follow = (id) => {
    close();
    live = new Live({
      interval: 1_000,
      load: (signal) => ask(pathOf("batches", id), { signal }),
      show: (batch) => {
        onProgress();
        if (draw(batch)) close();
      },
      fail: (error) => {
        if (!error.isMissing) return;
        show(element, notice("warn", error.message, " ", button("Close", dismiss, "quiet")));
        close();
      },
    });
    live.start();
  };
  const begin = async () => {
    try {
      const { batches } = await ask("v1/batches");
      const running = batches.filter((batch) => batch.state === "running").at(-1);
      if (running && !live) follow(running.id);
    } catch {
      // The page itself says why nothing can be asked.
    }
  };
  begin();
  return { element, follow, close };
}

function ended(batch) {
  return batch.requeued + batch.missing + batch.failed;
}

function textOf(batch) {
  const { state, total } = batch;
  if (state === "running") {
    return total === undefined ? "Looking for the dead letters…" : `${count(ended(batch))} of ${count(total)} requeued, ${count(batch.perSecond)} a second…`;
  }
  const others = [
    batch.missing > 0 ? `${count(batch.missing)} gone meanwhile` : null, batch.failed > 0 ? `${count(batch.failed)} refused` : null,
  ].filter(Boolean);
  const begin = { cancelled: "Stopped: ", failed: "The dead letters could not be read: " }[state] ?? "";
  return `${begin}${[`${count(batch.requeued)} requeued`, ...others].join(", ")}.`;
}

async function stop(batch, draw) {
  const done = await confirmAction({
    title: "Stop the batch?", verb: "Stop", done: "The batch is stopped.",
    text: "Nothing more is requeued. What was requeued stays so.",
    run: (values, token) => ask(pathOf("batches", batch.id, "cancel"), { body: {}, token }),
  });
  if (done) draw(done);
}
