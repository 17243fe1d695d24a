// A batch of requeues on its way.

import { announce } from "./announce.js";
import { ask, pathOf } from "./api.js";
import { el, show } from "./dom.js";
import { count } from "./format.js";
import { Live } from "./live.js";
import { bar, button, notice } from "./parts.js";

/// Shows a batch from when it was started until it is done. `onProgress` is called when it moves.
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
    const { done, failed, total, isOver } = progressOf(batch);
    const text = isOver ? `${count(done)} requeued, ${count(failed)} refused.` : `${count(done + failed)} of ${count(total)} requeued…`;
    if (isOver) announce(text);
    show(element, notice(failed > 0 ? "warn" : "good",
      el("div", { class: "stack" },
        el("div", { class: "head" }, text, isOver ? el("div", { class: "actions" }, button("Close", dismiss, "quiet")) : null),
        bar(total > 0 ? (done + failed) / total : 1, "Share of the batch that is done"))));
    return isOver;
  };
  const follow = (started) => {
    close();
    if (draw(started)) return onProgress();
    live = new Live({
      interval: 1_000,
      load: (signal) => ask(pathOf("batches", started.id), { signal }),
      show: (batch) => {
        onProgress();
        if (draw(batch)) close();
      },
      fail: (error) => {
        if (!error.isMissing) return;
        show(element, notice("warn", "The batch is not known any more. ", button("Close", dismiss, "quiet")));
        close();
      },
    });
    live.start();
  };
  return { element, follow, close };
}

function progressOf(batch) {
  const done = batch.requeued ?? batch.done ?? 0;
  const failed = batch.failed ?? 0;
  const total = batch.total ?? done + failed;
  return { done, failed, total, isOver: batch.isDone ?? (batch.state ? batch.state !== "running" : done + failed >= total) };
}
