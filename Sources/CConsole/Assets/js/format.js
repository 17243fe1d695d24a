// Numbers, sizes and times for people.

const numbers = new Intl.NumberFormat("en-GB");
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
let skewMs = 0;

/// Takes over the node's clock, so that a wrong one here shows no nonsense.
export function setNow(nodeNowMs) {
  if (Number.isFinite(nodeNowMs)) skewMs = nodeNowMs - Date.now();
}

export function nowMs() {
  return Date.now() + skewMs;
}

export function count(value) {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) < 100_000 ? numbers.format(value) : short.format(value);
}

/// A rate, with as many digits as tell something.
export function rate(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(value < 1 ? 2 : 1) : count(Math.round(value));
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/// A length of time: "850 ms", "12 s", "4 min 5 s", "3 h 20 min", "8 days".
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  const size = Math.max(0, Math.round(ms));
  if (size < 1_000) return `${size} ms`;
  const seconds = Math.floor(size / 1_000);
  if (seconds < 60) return size < 10_000 && size % 1_000 >= 100 ? `${(size / 1_000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return pair(hours, "h", minutes % 60, "min");
  return `${numbers.format(Math.floor(hours / 24))} days`;
}

function pair(large, unit, small, smallUnit) {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/// Whole seconds at least: for what is shown anew each second.
function coarse(ms) {
  return ms < 1_000 ? "now" : duration(Math.floor(ms / 1_000) * 1_000);
}

/// Seen from now: "in 12 s", "4 min ago".
export function relative(ms, now = nowMs()) {
  const away = ms - now;
  const text = coarse(Math.abs(away));
  if (text === "now") return "now";
  return away > 0 ? `in ${text}` : `${text} ago`;
}

/// "2026-03-01 12:00:05", in the time zone of whoever looks; what is no date, as a number.
export function absolute(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return `${ms} ms`;
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(ms)}`;
}

export function clock(ms) {
  const date = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function plural(value, one, many) {
  return `${count(value)} ${value === 1 ? one : many}`;
}
