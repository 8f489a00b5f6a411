// The series of a page by run and key: coarse ones of the whole range, and in a zoom the window at full resolution.
// An update that begins after what an entry is complete to means that something was missed: it is fetched again.
import { Entry } from "./series_entry.js";
import { firstAtLeast } from "./search.js";

// Updates are kept this long, in ms: those that overtake the answer of a request are applied to it.
const REMEMBERED = 20000;

export class SeriesStore {
  // Grows with every change of what is known.
  revision = 0;
  #whole = new Map();
  #window = new Map();
  #recent = new Map();

  constructor(axis) {
    this.axis = axis;
  }

  get(run, key) {
    return this.#whole.get(run)?.get(key);
  }

  // What is drawn of a series: {x, y, step, count}. In a window its points, and the neighbours on both sides.
  drawn(run, key, window) {
    const whole = this.get(run, key);
    const detail = window && this.#window.get(run)?.get(key);
    return whole && detail && same(detail.window, window) ? stitched(whole, detail) : whole;
  }

  // The first and the last x of a run over all its series; null before the first.
  range(run) {
    let low = Infinity;
    let high = -Infinity;
    for (const { x } of this.#whole.get(run)?.values() ?? []) {
      if (!x.length) continue;
      low = Math.min(low, x[0]);
      high = Math.max(high, x.at(-1));
    }
    return low <= high ? [low, high] : null;
  }

  setAxis(axis) {
    this.axis = axis;
    this.#whole.clear();
    this.#window.clear();
    this.revision++;
  }

  // Whether a request is needed to draw this series in that many points.
  lacks(run, key, points, window = null) {
    const whole = this.get(run, key);
    if (!window) return !whole?.serves(points);
    if (whole?.exact && !whole.stale) return false;
    const detail = this.#window.get(run)?.get(key);
    return !detail || !same(detail.window, window) || !detail.serves(points);
  }

  // The keys of a run that are complete only up to an earlier version.
  behind(run, version) {
    return [...(this.#whole.get(run) ?? [])].filter(([, entry]) => entry.version < version).map(([key]) => key);
  }

  // What is known of a run may be out of date: it is drawn until it is fetched again.
  expire(run) {
    for (const entry of this.#entries(run)) entry.stale = true;
  }

  *#entries(run) {
    yield* this.#whole.get(run)?.values() ?? [];
    yield* this.#window.get(run)?.values() ?? [];
  }

  async load(runs, keys, points, window = null) {
    const axis = this.axis;
    const range = window ? { from: window[0], to: window[1] } : {};
    const { versions, series } = await this.ask(runs, keys, { x: axis, points, ...range });
    if (axis !== this.axis) return;
    const found = new Map(series.map((item) => [`${item.run} ${item.key}`, item]));
    for (const run of runs) for (const key of keys) this.#keep(run, key, new Entry({ axis, version: versions[run] ?? 0, resolution: points, window, item: found.get(`${run} ${key}`) }));
    this.revision++;
  }

  // {versions: {run: version}, series: [{run, key, …}]} of the server.
  ask(runs, keys, query) {
    return this.fetch("series", { runs: runs.join(","), keys: keys.join(","), compact: true, ...query });
  }

  async fetch(name, query) {
    const text = new URLSearchParams(query).toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3B", ";");
    const answer = await fetch(`/api/v1/${name}?${text}`);
    if (!answer.ok) throw new Error(`series: ${answer.status}`);
    return answer.json();
  }

  #keep(run, key, entry) {
    for (const { update } of this.#recent.get(run) ?? []) if (entry.apply(update, update.points?.[key]) === "stale") entry.stale = true;
    const entries = entry.window ? this.#window : this.#whole;
    if (!entries.has(run)) entries.set(run, new Map());
    entries.get(run).set(key, entry);
  }

  // One live update. Gives the keys whose points changed, and those of which some were missed.
  merge(update) {
    this.#remember(update);
    const changed = new Set();
    const stale = new Set();
    for (const entries of [this.#whole, this.#window]) {
      for (const [key, entry] of entries.get(update.run) ?? []) {
        const outcome = entry.apply(update, update.points?.[key]);
        if (outcome === "stale") entry.stale = true;
        if (outcome !== "same") (outcome === "stale" ? stale : changed).add(key);
      }
    }
    if (changed.size) this.revision++;
    return { changed, stale };
  }

  #remember(update) {
    const now = performance.now();
    const kept = (this.#recent.get(update.run) ?? []).filter(({ at }) => now - at < REMEMBERED);
    this.#recent.set(update.run, [...kept, { at: now, update }]);
  }
}

function same(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

function stitched(whole, detail) {
  const before = firstAtLeast(whole.x, detail.window[0]) - 1;
  const after = firstAtLeast(whole.x, Number(detail.window[1]) + Number.EPSILON);
  const part = (name) => [...whole[name].slice(Math.max(0, before), before + 1), ...detail[name], ...whole[name].slice(after, after + 1)];
  const band = whole.low && detail.low ? { low: part("low"), high: part("high"), n: part("n") } : {};
  return { x: part("x"), y: part("y"), step: part("step"), count: detail.count + 2, ...band };
}
