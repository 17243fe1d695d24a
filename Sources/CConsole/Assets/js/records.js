// Records of a session: as JSON, text or bytes.

import { asText, fromBase64, hexDump, prettyJSON } from "./bytes.js";
import { el } from "./dom.js";
import { bytes, count } from "./format.js";
import { button } from "./parts.js";

const FIRST_BYTES = 16 << 10;

/// The ways in which bytes can be shown, the best first.
export function waysOf(content) {
  const text = asText(content);
  const json = text === null ? null : prettyJSON(text);
  return [json !== null && "JSON", text !== null && "Text", "Hex"].filter(Boolean);
}

/// The records, as base64. `choices` keeps what the user chose for each, and `redraw` draws anew.
export function recordList(records, choices, redraw) {
  if (records.length === 0) return el("p", { class: "muted" }, "No records.");
  return el("ol", { class: "stack" }, records.map((record, index) => {
    const key = `record-${index}`;
    const choice = choices.get(key) ?? {};
    const choose = (change) => {
      choices.set(key, { ...choice, ...change });
      redraw();
    };
    return el("li", { "data-key": key }, recordView(record, index, choice, choose));
  }));
}

function recordView(base64, index, choice, choose) {
  const content = fromBase64(base64);
  if (content === null) return el("p", { class: "muted" }, `Record ${index + 1} cannot be read.`);
  const ways = waysOf(content);
  const way = ways.includes(choice.way) ? choice.way : ways[0];
  const isCut = content.length > FIRST_BYTES && !choice.isWhole;
  const shown = isCut ? content.subarray(0, FIRST_BYTES) : content;
  return el("section", { class: "record", "aria-label": `Record ${index + 1}` },
    el("header", {},
      el("h3", {}, `Record ${index + 1}`),
      el("span", { class: "muted small" }, bytes(content.length)),
      el("div", { class: "tabs small", role: "group", "aria-label": `How record ${index + 1} is shown` },
        ways.map((each) => el("button", {
          type: "button", class: "tab", "aria-pressed": String(each === way), onclick: () => choose({ way: each }),
        }, each)))),
    el("pre", { class: way === "Hex" ? "hex" : "", tabindex: "0", "aria-label": `Record ${index + 1} as ${way}` },
      content.length === 0 ? el("span", { class: "muted" }, "empty") : textOf(content, shown, way, isCut)),
    isCut ? el("div", { class: "more" }, button(`Show all of ${count(content.length)} bytes`, () => choose({ isWhole: true }), "quiet")) : null);
}

function textOf(content, shown, way, isCut) {
  if (way === "Hex") return hexDump(shown);
  const text = asText(content);
  const whole = way === "JSON" ? prettyJSON(text) : text;
  return isCut ? whole.slice(0, FIRST_BYTES) : whole;
}
