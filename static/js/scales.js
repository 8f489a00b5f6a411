// Scales of swept values: a value ↔ its place in [0, 1]. Numbers are linear or logarithmic; a list of numbers to choose
// from is spread evenly; words are one place each.
import { logTicks, ticks as linearTicks } from "./chart_axes.js";

const TICKS = 5;
// A list of more values than this is drawn as a range.
const MOST_PLACES = 12;

// `dim` is what the sweep says of it: {values} or {low, high, log}; `found` are the values that occur.
export function scaleOf(dim, found) {
  const given = [...(dim.values ?? []), ...found.filter((value) => value !== null && value !== undefined)];
  const isNumeric = given.every((value) => typeof value === "number" && Number.isFinite(value));
  if (!isNumeric || (!given.length && dim.low === undefined)) return words(given);
  const distinct = [...new Set(given)].sort((a, b) => a - b);
  if (dim.values && distinct.length <= MOST_PLACES) return spread(distinct);
  const low = Math.min(...distinct.slice(0, 1), dim.low ?? Infinity);
  const high = Math.max(...distinct.slice(-1), dim.high ?? -Infinity);
  return range(low, high, dim.log ?? (!dim.isObjective && low > 0 && high / low >= 30));
}

export function range(low, high, isLog = false) {
  const [to, from] = isLog ? [Math.log10, (x) => 10 ** x] : [(x) => x, (x) => x];
  const span = to(high) - to(low);
  const chosen = isLog ? logTicks(to(low), to(high)) : linearTicks(low, high, TICKS);
  return {
    isNumeric: true, isLog, low, high,
    position: (value) => (span ? (to(value) - to(low)) / span : 0.5),
    value: (position) => from(to(low) + Math.min(1, Math.max(0, position)) * span),
    ticks: chosen.map((value) => ({ value, label: plain(value) })),
  };
}

// 16, 32, 64 stand as far from each other as in the list; what lies between them lies between their places.
function spread(values) {
  const last = values.length - 1;
  const position = (value) => {
    if (!last) return 0.5;
    const at = values.findIndex((one) => one >= value);
    if (at <= 0) return at ? 1 : 0;
    return (at - (values[at] - value) / (values[at] - values[at - 1])) / last;
  };
  const value = (part) => {
    const at = Math.min(1, Math.max(0, part)) * last;
    const below = Math.floor(at);
    return below >= last ? values[last] : values[below] + (at - below) * (values[below + 1] - values[below]);
  };
  return { isNumeric: true, isLog: false, low: values[0], high: values[last], places: values, position, value, ticks: values.map((one) => ({ value: one, label: plain(one) })) };
}

function words(values) {
  const places = [...new Set(values.map(plain))];
  const position = (value) => (places.length > 1 ? places.indexOf(plain(value)) / (places.length - 1) : 0.5);
  return { isNumeric: false, places, position, ticks: places.map((value) => ({ value, label: value })) };
}

// As a person would type it: 0.002, 3e-4, true.
export function plain(value) {
  if (typeof value !== "number") return String(value);
  const short = Number(value.toPrecision(4));
  return short && Math.abs(short) < 1e-2 ? short.toExponential().replace("e+", "e") : String(short);
}
