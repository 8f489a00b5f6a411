// Ranges and ticks of a chart. Our own, so that all charts of a page share theirs and labels read like the tables'.
import { clock, duration, grouped, short } from "./format.js";

// Pixels that a label of the x axis takes.
const NARROW = 37;
const WIDE = 62;
const NICE = [1, 2, 2.5, 5, 10];

// Linear ticks inside [low, high], about `count` of them.
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * NICE.find((nice) => nice * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const many = Math.min(50, Math.floor((high - first * step) / step + 1e-9) + 1);
  return Array.from({ length: Math.max(0, many) }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

// 1-2-5 ticks between two powers (log10), thinned to decades when there are many.
export function logTicks(low, high) {
  const factors = high - low > 3 ? [1] : high - low > 1.6 ? [1, 3] : [1, 2, 5];
  const values = [];
  const every = Math.ceil((high - low) / 6);
  for (let power = Math.floor(low); power <= high; power++) {
    if (factors.length === 1 && power % every) continue;
    for (const factor of factors) {
      const exponent = power + Math.log10(factor);
      if (exponent >= low && exponent <= high) values.push(Number((factor * 10 ** power).toPrecision(6)));
    }
  }
  return values;
}

export function valueLabel(value) {
  const size = Math.abs(value);
  if (size && size < 1e-3) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  const text = short(value);
  return size < 0.01 && text.length > 5 ? value.toExponential() : text;
}

// Ticks of the x axis with their labels, for an axis kind and its scale.
export function xTicks(axis, { range: [low, high], width, isLog, ends }) {
  if (isLog) return { values: logTicks(...ends), texts: logTicks(...ends).map(short) };
  const chosen = (room) => {
    const count = Math.min(12, Math.max(2, Math.floor(width / room)));
    return axis === "relative" ? timeTicks(low, high, count) : ticks(low, high, count);
  };
  const label = { relative: (x) => (x ? duration(x) : "0"), wall: (x) => clock(x, high - low < 600) }[axis] ?? short;
  const values = chosen(axis === "step" || axis === "tokens" ? NARROW : WIDE);
  const texts = values.map(label);
  if (new Set(texts).size === texts.length) return { values, texts };
  // In a deep zoom 10.1k would stand for several ticks.
  const exact = chosen(WIDE);
  return { values: exact, texts: exact.map((x) => (Number.isInteger(x) ? grouped(x) : String(x))) };
}

function timeTicks(low, high, count) {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400, 172800, 604800];
  const step = steps.find((candidate) => (high - low) / candidate <= count) ?? steps.at(-1);
  const values = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) values.push(tick);
  return values;
}

// Lowest and highest finite value drawn inside the x range. `robust` leaves the first 2 % of the steps out, where
// losses are far from everything after; `trimmed` says that something then lies outside.
export function yRange(lines, [x0, x1], { log, robust, zero }) {
  const from = robust ? x0 + (x1 - x0) * 0.02 : x0;
  const inner = extent(lines, from, x1, log);
  const all = extent(lines, x0, x1, log);
  const [low, high] = inner[0] <= inner[1] ? inner : all;
  if (!(low <= high)) return { range: log ? [-1, 0] : [0, 1], trimmed: false };
  // A constant is drawn as one, not as the rounding of its last digits.
  const span = high - low > Math.abs(high) * 1e-9 ? high - low : Math.abs(high) * 0.5 || 1;
  const pad = span * (span === high - low ? 0.06 : 0.5);
  const range = [zero && !log ? Math.min(0, low) : low - pad, high + pad];
  return { range, trimmed: all[1] > range[1] || all[0] < range[0] };
}

function extent(lines, from, to, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const { x, y } of lines) {
    for (let i = 0; i < y.length; i++) {
      if (x[i] < from || x[i] > to || !Number.isFinite(y[i]) || (log && y[i] <= 0)) continue;
      const value = log ? Math.log10(y[i]) : y[i];
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}
