// Scales of an axis: where a value lies between 0 (bottom) and 1 (top), and back. Numbers are linear, or logarithmic
// when they are positive and span a decade; anything else is one place a distinct value, in sorted order.
// `even`: ticks at round numbers even where the values are few.
import { logTicks, ticks as linearTicks } from "./chart_axes.js";

const TICKS = 5;

export function scaleOf(values, even = false) {
  const present = values.filter((value) => value !== null && value !== undefined);
  const isNumeric = present.length > 0 && present.every((value) => typeof value === "number" && Number.isFinite(value));
  return isNumeric ? numeric(present, even) : categorical(present);
}

function numeric(values, even) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const isLog = low > 0 && high / low >= 10;
  const [to, from] = isLog ? [Math.log10, (x) => 10 ** x] : [(x) => x, (x) => x];
  const span = to(high) - to(low);
  return {
    isNumeric: true,
    low,
    high,
    position: (value) => (span ? (to(value) - to(low)) / span : 0.5),
    value: (position) => from(to(low) + Math.min(1, Math.max(0, position)) * span),
    ticks: ticks(even ? [] : values, to(low), to(high), isLog),
  };
}

// The values themselves while they are few, as in a grid; else about five round numbers.
function ticks(values, low, high, isLog) {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const isFew = distinct.length > 0 && distinct.length <= 6;
  const chosen = isFew ? distinct : isLog ? logTicks(low, high) : linearTicks(low, high, TICKS);
  return chosen.map((value) => ({ value, label: plain(value) }));
}

function categorical(values) {
  const places = [...new Set(values.map(plain))].sort();
  const position = (value) => (places.length > 1 ? places.indexOf(plain(value)) / (places.length - 1) : 0.5);
  return { isNumeric: false, position, places, ticks: places.map((value) => ({ value, label: value })) };
}

// As a person would type it: 0.002, 3e-4, true.
export function plain(value) {
  if (typeof value !== "number") return String(value);
  const short = Number(value.toPrecision(4));
  return short && Math.abs(short) < 1e-2 ? short.toExponential().replace("e+", "e") : String(short);
}
