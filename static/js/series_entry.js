// One series of one run as the page knows it: what was fetched, and the points that arrived since.
// `version` is the run's version that it is complete to; `resolution` how many points were asked for; `count` how many
// were measured; `exact`: all of them are here; `window` [from, to] when it is only that stretch.
const NUMBERS = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
const ARRAYS = { f8: Float64Array, f4: Float32Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };
// An entry may grow to this many times its resolution before it is thinned out again.
const GROWTH = 1.5;
const LEAST = 400;

export class Entry {
  stale = false;

  constructor({ axis, version, resolution, window = null, item = null }) {
    Object.assign(this, { axis, version, resolution, window });
    this.step = item ? numbers(item.step) : [];
    this.x = item?.x ? numbers(item.x) : item ? [...this.step] : [];
    this.y = item ? numbers(item.y) : [];
    // Of a group's mean: its interval, and how many runs have a value there.
    if (item?.low) Object.assign(this, { low: numbers(item.low), high: numbers(item.high), n: numbers(item.n) });
    this.count = item?.count ?? 0;
    this.exact = item?.exact ?? true;
    this.origin = item?.origin ?? null;
  }

  // Whether a curve in that many points, in that window, can be drawn from this.
  serves(points) {
    return !this.stale && (this.exact || this.resolution >= points);
  }

  // One live update. "changed", "same", or "stale": something was missed and has to be fetched.
  apply(update, points) {
    if (update.to <= this.version) return "same";
    if (update.from > this.version) return "stale";
    if (points && this.axis === "relative" && this.origin === null) return "stale";
    const known = update.from < this.version ? (this.step.at(-1) ?? -1) : -Infinity;
    this.version = update.to;
    if (!points) return "same";
    for (const point of points) if (point[0] > known) this.#push(point);
    this.#thinOut();
    return "changed";
  }

  #push([step, epoch, time, value, tokens]) {
    const x = { step, epoch, wall: time, relative: time - this.origin, tokens }[this.axis];
    this.count++;
    if (!Number.isFinite(x) || (this.window && (x < this.window[0] || x > this.window[1]))) return;
    this.step.push(step);
    this.x.push(x);
    this.y.push(typeof value === "string" ? NUMBERS[value] : value);
  }

  // So that a page that is open for days draws no more than one that was just opened.
  #thinOut() {
    const most = Math.max(this.resolution, LEAST);
    if (this.x.length <= GROWTH * most) return;
    const kept = extremes(this.y, most);
    for (const name of ["x", "y", "step"]) this[name] = kept.map((at) => this[name][at]);
    this.exact = false;
  }
}

// Of equally many points each the lowest and the highest, what is no number, and both ends.
function extremes(values, most) {
  const kept = new Set([0, values.length - 1]);
  const size = Math.ceil((2 * values.length) / most);
  for (let first = 0; first < values.length; first += size) {
    let low = first;
    let high = first;
    for (let at = first; at < Math.min(first + size, values.length); at++) {
      if (!Number.isFinite(values[at])) kept.add(at);
      else if (!(values[at] >= values[low])) low = at;
      else if (!(values[at] <= values[high])) high = at;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);
}

// A typed array of the wire ({dtype, bdata}, base64) as numbers.
export function numbers({ dtype, bdata }) {
  return Array.from(new ARRAYS[dtype](bytes(bdata).buffer));
}

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const result = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) result[at] = letters.charCodeAt(at);
  return result;
}
