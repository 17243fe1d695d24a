// Questions to the API, and its refusals.

import { currentToken, isToken } from "./token.js";

// Relative to the page: a proxy may have put both below a path of its own.
const root = new URL("../", document.baseURI);
const PATIENCE_MS = 20_000;

/// A refusal, with the API's code and message, or `unreachable` when nobody answered.
export class Refused extends Error {
  constructor(status, code, message, page = "") {
    super(message);
    this.status = status;
    this.code = code;
    this.page = page;
  }

  get isMissing() { return this.status === 404; }
  get isUnauthorized() { return this.status === 401; }
}

/// The answer to GET, or to POST when there is a body. `query` leaves out what is empty.
export async function ask(path, { query = {}, body, token = currentToken(), signal } = {}) {
  const url = new URL(path, root);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  const headers = { Accept: "application/json" };
  if (token) {
    if (!isToken(token)) throw new Refused(0, "unauthorized", "A token has visible ASCII characters only.");
    headers.Authorization = `Bearer ${token}`;
  }
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let response;
  let text;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(
      0, "unreachable",
      body === undefined
        ? "The node does not answer. It may be down, starting, or out of reach."
        : "The node did not answer. Whether the action took effect is not known: look before you repeat it.");
  }
  return read(response, text);
}

function read(response, text) {
  let answer = null;
  try {
    answer = text === "" ? {} : JSON.parse(text);
  } catch {
    answer = null;
  }
  if (response.ok && answer !== null) return answer;
  const error = answer?.error ?? {};
  throw new Refused(
    response.status, error.code ?? `http${response.status}`,
    error.message ?? `The answer, with status ${response.status}, is not one of this API's.`,
    error.page ?? "");
}

/// The path of one thing in a collection, whatever its name is made of.
export function pathOf(collection, id, action) {
  const path = `v1/${collection}/${encodeURIComponent(id)}`;
  return action ? `${path}/${action}` : path;
}
