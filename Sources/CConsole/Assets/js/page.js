// A page that keeps itself up to date: loading, shown, out of date, refused.

import { nowMs } from "./format.js";
import { el, show } from "./dom.js";
import { Live } from "./live.js";
import { lock } from "./node.js";
import { empty, loading, notice, refusal, time } from "./parts.js";

/// Builds the page in `view`. `load(signal)` asks, `draw(data)` returns the body, `head(data)` what
/// stands beside the title. `fixed` are elements that are made once, as forms are.
export function livePage(view, { title, crumb, fixed = [], load, draw, head = () => null, interval }) {
  const trouble = el("div", { class: "notices" });
  const beside = el("div", { class: "actions" });
  const heading = el("h1", { tabindex: "-1" }, title);
  const body = el("div", { class: "page" }, loading());
  view.append(
    el("div", {}, crumb ? el("p", { class: "crumb" }, crumb) : "", el("div", { class: "head" }, heading, beside)),
    ...fixed, trouble, body);
  let data = null;
  let shownMs = 0;
  const redraw = () => {
    if (data === null) return;
    show(beside, head(data));
    show(body, draw(data));
  };
  const live = new Live({
    load, interval,
    show: (found) => {
      data = found;
      shownMs = nowMs();
      show(trouble);
      redraw();
    },
    fail: (error) => {
      if (error.isUnauthorized) return lock(error);
      if (data !== null && !error.isMissing) {
        return show(trouble, notice("warn", "What is shown is from ", time(shownMs), ". ", error.message, " Asking again."));
      }
      data = null;
      show(beside);
      show(trouble);
      show(body, error.isMissing && !crumb
        ? empty("Not offered here", "This process has no such list.") : refusal(error));
    },
  });
  live.start();
  return { redraw, refresh: () => live.refresh(), close: () => live.stop(), setTitle: (text) => show(heading, text) };
}
