// The dialog before every action: what will happen, what it needs, the token, and what was refused.

import { announce } from "./announce.js";
import { el, show } from "./dom.js";
import { refusal } from "./parts.js";
import { currentToken, keepToken } from "./token.js";

let number = 0;

/// Asks for confirmation and runs the action. `fields` are made by `field`; `run(values, token)` does
/// it, and what it throws is shown while the dialog stays. Returns what `run` returned, or null when
/// the user thought better of it.
export function confirmAction({ title, text, fields = [], verb, isDangerous = false, done, run }) {
  return new Promise((resolve) => {
    const id = `dialog-${(number += 1)}`;
    const problem = el("div", { role: "alert" });
    const token = field({
      name: "token", label: "Token", type: "password", value: currentToken(), autocomplete: "off",
      hint: currentToken() ? "The one given for this tab. Another may be needed for actions." : "Leave it empty if the node has none.",
    });
    const accept = el("button", { type: "submit", class: `button primary ${isDangerous ? "danger" : ""}` }, verb);
    let outcome = null;
    const form = el("form", {
      method: "dialog",
      onsubmit: async (event) => {
        event.preventDefault();
        const values = Object.fromEntries(fields.map((each) => [each.name, each.read()]));
        const given = token.read().trim();
        accept.disabled = true;
        show(problem);
        try {
          outcome = await run(values, given);
          if (given && !currentToken()) keepToken(given, false);
          announce(typeof done === "function" ? done(outcome) : done);
          dialog.close();
        } catch (error) {
          show(problem, refusal(error));
          accept.disabled = false;
          token.element.querySelector("input").focus();
        }
      },
    },
    el("h2", { id }, title),
    text ? el("p", {}, text) : null,
    fields.map((each) => each.element),
    token.element, problem,
    el("div", { class: "actions" },
      el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Leave it"), accept));
    const dialog = el("dialog", { "aria-labelledby": id }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(outcome);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/// A labelled field. `type` is one of `input`'s, `textarea`, `select` (with `options`) or `checkbox`.
export function field({ name, label, type = "text", value = "", hint, options = [], ...attributes }) {
  const id = `field-${(number += 1)}`;
  const described = hint ? { "aria-describedby": `${id}-hint` } : {};
  const common = { id, name, ...described, ...attributes };
  let control;
  if (type === "select") {
    control = el("select", common, options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
  } else if (type === "textarea") {
    control = el("textarea", { ...common, value, spellcheck: "false" });
  } else if (type === "checkbox") {
    control = el("input", { ...common, type, checked: value === true });
  } else {
    control = el("input", { ...common, type, value });
  }
  const caption = el("label", { for: id }, label);
  const help = hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  const element = type === "checkbox"
    ? el("div", { class: "field" }, el("div", { class: "check" }, control, caption), help)
    : el("div", { class: "field" }, caption, control, help);
  return { name, element, control, read: () => (type === "checkbox" ? control.checked : control.value) };
}
