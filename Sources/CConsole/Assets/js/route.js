// The address after `#`: a path of parts, and what is filtered by. Never a token.

export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "").map(decode);
  return { name: parts[0] ?? "", id: parts[1] ?? null, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(name, id, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const path = [name, id].filter((part) => part !== null && part !== undefined && part !== "").map(encodeURIComponent);
  const search = new URLSearchParams(given).toString();
  return `#/${path.join("/")}${search ? `?${search}` : ""}`;
}

export function go(name, id, query) {
  location.hash = href(name, id, query);
}
