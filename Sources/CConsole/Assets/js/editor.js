// Records being edited: texts as texts, everything else as base64.

import { Refused } from "./api.js";
import { field } from "./ask.js";
import { asText, fromBase64, prettyJSON, toBase64 } from "./bytes.js";
import { el } from "./dom.js";
import { button } from "./parts.js";

/// An editor of records in base64. `read()` returns them as they are now, byte by byte the same where
/// nobody touched them, or throws what is wrong.
export function recordEditor(records) {
  const list = el("ol", { class: "stack" });
  const entries = [];
  const add = (base64) => {
    const entry = entryOf(base64);
    entry.element.append(el("div", {}, button("Remove this record", () => {
      entries.splice(entries.indexOf(entry), 1);
      entry.element.remove();
      (entries.at(-1)?.control ?? more).focus();
    }, "quiet")));
    entries.push(entry);
    list.append(entry.element);
    return entry;
  };
  const more = button("Add a record", () => add("").control.focus(), "quiet");
  const element = el("div", { class: "stack", "data-own": true, "data-key": "editing" }, list, el("div", {}, more));
  records.forEach(add);
  return {
    element,
    focus: () => (entries[0]?.control ?? more).focus(),
    read: () => entries.map((entry, index) => entry.read(index)),
  };
}

let number = 0;

function entryOf(base64) {
  const content = fromBase64(base64);
  const text = content === null ? null : asText(content);
  const isJSON = text !== null && prettyJSON(text) !== null;
  const before = text ?? base64;
  const shape = text === null ? "base64" : isJSON ? "JSON" : "text";
  const made = field({
    name: `record-${(number += 1)}`, label: `Record, as ${shape}`, type: "textarea", value: before,
    rows: Math.min(16, Math.max(3, before.split("\n").length + 1)),
  });
  const shown = made.control.value;
  const read = (index) => {
    const now = made.control.value;
    // A field may change line breaks: what was not touched goes back as it came.
    if (now === shown) return base64;
    if (text === null) {
      const clean = now.replace(/\s/g, "");
      if (fromBase64(clean) === null) throw new Refused(0, "invalidRequest", `Record ${index + 1} is not base64.`);
      return toBase64(fromBase64(clean));
    }
    if (isJSON && prettyJSON(now) === null) {
      throw new Refused(0, "invalidRequest", `Record ${index + 1} was JSON and is none any more.`);
    }
    return toBase64(new TextEncoder().encode(now));
  };
  return { element: el("li", { class: "record-edit" }, made.element), control: made.control, read };
}
