// The form for the token, where the node asks for one.

import { ask } from "./api.js";
import { field } from "./ask.js";
import { el, show } from "./dom.js";
import { unlock } from "./node.js";
import { refusal } from "./parts.js";
import { forgetToken, keepToken } from "./token.js";

export function lockPage(view, error) {
  const problem = el("div", { role: "alert" });
  if (error && error.code !== "unauthorized") show(problem, refusal(error));
  const token = field({ name: "token", label: "Token", type: "password", autocomplete: "off", required: true });
  const keep = field({
    name: "keep", label: "Keep it in this tab until it is closed", type: "checkbox",
    hint: "Otherwise it is gone when the page is loaded again.",
  });
  const enter = el("button", { type: "submit", class: "button primary" }, "Show me");
  const form = el("form", {
    class: "card stack lock",
    onsubmit: async (event) => {
      event.preventDefault();
      enter.disabled = true;
      show(problem);
      const given = token.read().trim();
      try {
        await ask("v1/status", { token: given });
        keepToken(given, keep.read());
        unlock();
      } catch (refused) {
        forgetToken();
        show(problem, refusal(refused));
        token.control.select();
        token.control.focus();
      } finally {
        enter.disabled = false;
      }
    },
  },
  el("h1", { tabindex: "-1" }, "This node asks for a token"),
  el("p", { class: "muted" }, "It is the one in the node's server.tokenFile. It stays in this browser's memory and is sent to this node only."),
  token.element, keep.element, problem, el("div", { class: "actions" }, enter));
  view.append(form);
  token.control.focus();
}
