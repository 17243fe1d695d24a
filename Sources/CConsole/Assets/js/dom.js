// Elements. Text becomes text nodes and nothing else: what comes from records is hostile.

const SVG = "http://www.w3.org/2000/svg";
const EVENTS = [
  "onclick", "onchange", "oninput", "onsubmit", "onkeydown", "onpointermove", "onpointerleave",
];

/// An element with attributes and children. An attribute that is null, undefined or false is left out;
/// `onclick` and the like are functions.
export function el(name, attributes = {}, ...children) {
  return build(document.createElement(name), attributes, children);
}

/// The same in SVG.
export function svg(name, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, name), attributes, children);
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (EVENTS.includes(name)) element[name] = value;
    else if (name === "value") element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/// Makes the children of `target` like `children`, and keeps what is there already: focus, selection
/// and scroll positions survive. Elements with the same `data-key` are the same. What is in fields, in
/// `details` and below `data-own` belongs to the user and stays.
export function show(target, ...children) {
  const wanted = document.createElement("div");
  wanted.append(...flat(children));
  matchChildren(target, wanted);
}

function matchChildren(target, wanted) {
  const keyed = new Map();
  for (const child of target.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let current = target.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = next.dataset?.key;
    const found = key ? keyed.get(key) : current && !current.dataset?.key ? current : null;
    if (found && found.nodeName === next.nodeName) {
      if (found === current) current = current.nextSibling;
      else target.insertBefore(found, current);
      match(found, next);
    } else {
      target.insertBefore(next, current);
    }
  }
  while (current) {
    const next = current.nextSibling;
    current.remove();
    current = next;
  }
}

function match(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
    return;
  }
  for (const event of EVENTS) node[event] = wanted[event];
  if (node.dataset.own !== undefined) return;
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name) && !(name === "open" && node.nodeName === "DETAILS")) {
      node.removeAttribute(name);
    }
  }
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  if (node.type === "checkbox") node.checked = wanted.checked;
  if (node.nodeName !== "TEXTAREA") matchChildren(node, wanted);
}
