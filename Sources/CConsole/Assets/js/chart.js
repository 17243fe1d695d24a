// Small line charts, drawn here.

import { el, svg } from "./dom.js";
import { clock, duration } from "./format.js";

const WIDTH = 600;
const HEIGHT = 120;

/// The least round number that is not below `value`: 1, 2 or 5 and zeros.
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * step).find((candidate) => candidate >= value * (1 - 1e-9));
}

/// The path of values over equal steps; null makes a gap.
export function linePath(values, top) {
  let path = "";
  let isDrawing = false;
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      isDrawing = false;
      return;
    }
    path += `${isDrawing ? "L" : "M"}${place(index, values.length)} ${height(value, top)}`;
    isDrawing = true;
  });
  return path;
}

function place(index, length) {
  return length < 2 ? WIDTH : Math.round((index / (length - 1)) * WIDTH * 10) / 10;
}

function height(value, top) {
  return Math.round((1 - Math.min(Math.max(value, 0), top) / top) * HEIGHT * 10) / 10;
}

/// A chart. `series` are `{name, values, color}` over `times`; `format` writes a value.
/// `cursor` is `{index}`, kept by the caller between two drawings, and `redraw` draws anew.
export function chart({ title, times, series, format, cursor, redraw }) {
  const finite = series.flatMap((each) => each.values).filter(Number.isFinite);
  const top = roundUp(Math.max(0, ...finite));
  const last = times.length - 1;
  const at = cursor.index === null ? last : Math.min(cursor.index, last);
  const move = (index) => {
    cursor.index = index === null ? null : Math.max(0, Math.min(last, index));
    redraw();
  };
  const summary = series.map((each) =>
    `${each.name}: now ${format(each.values[last])}, highest ${format(Math.max(0, ...each.values.filter(Number.isFinite)))}`);
  return el("figure", { class: "chart card" },
    el("figcaption", {},
      el("h2", {}, title),
      el("ul", { class: "keys" },
        series.map((each) => el("li", {},
          el("span", { class: `swatch series-${each.color}`, "aria-hidden": "true" }),
          each.name, " ", el("b", {}, format(each.values[at])))),
        cursor.index === null ? null : el("li", {}, "at ", el("b", {}, clock(times[at]))))),
    el("div", { class: "plot" },
      svg("svg", {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", tabindex: "0",
        "aria-label": `${title}. ${summary.join(". ")}. Left and right arrow keys read single values.`,
        onpointermove: (event) => {
          const box = event.currentTarget.getBoundingClientRect();
          move(Math.round(((event.clientX - box.left) / box.width) * last));
        },
        onpointerleave: () => move(null),
        onkeydown: (event) => {
          const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (event.key === "Escape") move(null);
          if (step === undefined) return;
          event.preventDefault();
          move(at + step);
        },
      },
      [0, 0.5, 1].map((share) => svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT * share, y2: HEIGHT * share })),
      series.map((each) => drawn(each, top, series.length === 1)),
      cursor.index === null ? null : svg("line", {
        class: "cursor", x1: place(at, times.length), x2: place(at, times.length), y1: 0, y2: HEIGHT,
      })),
      el("span", { class: "axis", "aria-hidden": "true" }, format(top))),
    el("div", { class: "ends" },
      el("span", {}, times.length > 1 ? `${duration(times[last] - times[0])} ago` : ""), el("span", {}, "now")));
}

function drawn(each, top, isFilled) {
  const line = linePath(each.values, top);
  const isWhole = isFilled && each.values.length > 1 && each.values.every(Number.isFinite);
  const area = isWhole ? `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` : "";
  return svg("g", { class: `series-${each.color}` },
    area ? svg("path", { class: "area", d: area }) : null, svg("path", { d: line }));
}
