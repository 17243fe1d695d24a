// The token of whoever looks: in memory, and if they want it in this tab until it is closed. Never in
// an address, never on disk for other tabs.

const KEY = "reprise.token";
let token = sessionStorage.getItem(KEY) ?? "";

export function currentToken() {
  return token;
}

export function keepToken(value, inTab) {
  token = value;
  if (inTab && value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
}

export function forgetToken() {
  keepToken("", false);
}

/// Whether a text can be in a header at all.
export function isToken(value) {
  return /^[\x21-\x7e]+$/.test(value);
}
