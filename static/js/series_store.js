// Series as the page knows them, by run and key: fetched stretches plus the points that arrived live.
// Every entry carries the run version it is complete up to; an update that starts later means something was missed.
const NUMBERS = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
const ARRAYS = { f8: Float64Array, f4: Float32Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, u8: BigUint64Array, i8: BigInt64Array };

export class SeriesStore extends EventTarget {
  #entries = new Map();

  constructor(axis) {
    super();
    this.axis = axis;
  }

  // {x, y, step} as plain arrays, or undefined while it was not fetched.
  get(run, key) {
    return this.#entries.get(`${run} ${key}`);
  }

  setAxis(axis) {
    this.axis = axis;
    this.#entries.clear();
  }

  // The keys of a run that are complete only up to an earlier version.
  behind(run, version) {
    const mine = [...this.#entries].filter(([id, entry]) => id.startsWith(`${run} `) && entry.version < version);
    return mine.map(([id]) => id.slice(run.length + 1));
  }

  // What is known of a run may be out of date: it is drawn until it is fetched again.
  expire(run) {
    for (const [id, entry] of this.#entries) if (id.startsWith(`${run} `)) entry.stale = true;
  }

  lacks(run, key) {
    return this.get(run, key)?.stale ?? true;
  }

  async load(runs, keys, points) {
    const axis = this.axis;
    const query = new URLSearchParams({ runs: runs.join(","), keys: keys.join(","), x: axis, points });
    const answer = await fetch(`/api/v1/series?${query}`);
    if (!answer.ok) throw new Error(`series: ${answer.status}`);
    const { versions, series } = await answer.json();
    if (axis !== this.axis) return;
    for (const run of runs) for (const key of keys) this.#entries.set(`${run} ${key}`, empty(versions[run] ?? 0));
    for (const item of series) this.#entries.set(`${item.run} ${item.key}`, decoded(item, versions[item.run] ?? 0));
  }

  // One live update. Gives the keys whose points changed; those that were missed are in `stale`.
  merge(update) {
    const changed = new Set();
    const stale = new Set();
    for (const [id, entry] of this.#entries) {
      if (!id.startsWith(`${update.run} `) || update.to <= entry.version) continue;
      const key = id.slice(update.run.length + 1);
      if (update.from > entry.version || (update.points?.[key] && this.axis === "relative")) stale.add(key);
      else if (this.#append(entry, update, update.points?.[key])) changed.add(key);
    }
    return { changed, stale };
  }

  #append(entry, update, points) {
    const overlaps = update.from < entry.version;
    entry.version = update.to;
    if (!points) return false;
    const known = overlaps ? (entry.step.at(-1) ?? -1) : -Infinity;
    for (const [step, epoch, time, value] of points) {
      if (step <= known) continue;
      entry.step.push(step);
      entry.x.push(this.axis === "step" ? step : this.axis === "epoch" ? (epoch ?? NaN) : time);
      entry.y.push(typeof value === "string" ? NUMBERS[value] : value);
    }
    return true;
  }
}

function empty(version) {
  return { x: [], y: [], step: [], version, stale: false };
}

function decoded(item, version) {
  return { x: numbers(item.x), y: numbers(item.y), step: numbers(item.step), version, stale: false };
}

function numbers({ dtype, bdata }) {
  const bytes = Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0));
  return Array.from(new ARRAYS[dtype](bytes.buffer), Number);
}
