// All charts of a page: sections by prefix, which runs are drawn, and the view they share (axis, smoothing, zoom, log).
import { Chart } from "./chart.js";
import { redraw } from "./chart_loop.js";
import { hideTooltip } from "./chart_tooltip.js";
import { element, icon } from "./dom.js";
import { SeriesStore } from "./series_store.js";
import { isLost, on } from "./socket.js";
import { read, write } from "./view_state.js";

const ORDER = ["eval", "test", "train", "speed", "system"];
// By the end of the key: "system/rank1/cpu", "system/gpu0/power".
const UNITS = { cpu: "%", memory: "GiB", machine_cpu: "%", machine_memory: "GiB", disk_free: "GiB", utilisation: "%", power: "W", temperature: "°C" };
const ALIVE = ["starting", "running", "pausing", "paused", "stopping"];
const ENDED = ["finished", "stopped", "failed", "crashed"];
const REFETCH_AFTER = 400;

export class ChartGrid {
  charts = new Map();
  crosshair = null;
  pinned = false;
  focus = null;

  // runs: [{id, name, mark, step, max_steps, active, shown}]; directions: {key: greater is better}.
  constructor(root, { runs, keys, directions, objectives = [], events = [], single = false }) {
    Object.assign(this, { root, runs, directions, objectives, events, single });
    this.axis = read("x", "step");
    this.smoothing = Number(read("sm", "0"));
    this.log = new Set(read("log").split(",").filter(Boolean));
    this.folded = new Set(read("fold").split(",").filter(Boolean));
    this.search = read("charts");
    this.zoom = read("zoom") ? read("zoom").split("..").map(Number) : null;
    this.enlarged = read("chart");
    this.store = new SeriesStore(this.axis);
    this.wanted = new Map();
    this.keys = new Set(keys);
    this.seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.#viewed(entry)), { rootMargin: "120px" });
    on("update", (update) => this.#update(update));
    on("back", () => this.#reload());
    on("status", () => this.redrawAll());
    document.addEventListener("runseen", ({ detail }) => this.#seen(detail));
    document.addEventListener("themechange", () => this.redrawAll());
    this.arrange();
  }

  // --- what the charts ask ---

  get shown() {
    return this.runs.filter((run) => run.shown);
  }

  get lost() {
    return isLost();
  }

  linesOf(key) {
    return this.shown.map((run) => ({ run, series: this.store.get(run.id, key) })).filter(({ series }) => series?.x.length);
  }

  isLog(key) {
    return this.log.has("all") !== this.log.has(key);
  }

  greater(key) {
    return this.directions[key] ?? !/loss|error|time|perplexity/.test(key);
  }

  // Of learning rate, gradient norm and machine samples no value is best.
  hasBest(key) {
    return /^(eval|test)\//.test(key) || /loss$/.test(key);
  }

  // One x range for all charts: the zoom, else from the first to the last point, or to the planned end of what trains.
  xRange() {
    if (this.zoom) return this.zoom;
    let low = this.axis === "wall" ? Infinity : 0;
    let high = -Infinity;
    for (const run of this.shown) {
      if (this.axis === "step" && run.active && run.max_steps) high = Math.max(high, run.max_steps);
      for (const key of this.charts.keys()) {
        const x = this.store.get(run.id, key)?.x;
        if (!x?.length) continue;
        high = Math.max(high, x.findLast(Number.isFinite) ?? high);
        low = Math.min(low, x.find(Number.isFinite) ?? low);
      }
    }
    return high > low ? [low, high] : [Number.isFinite(low) ? low : 0, (Number.isFinite(low) ? low : 0) + 1];
  }

  // --- sections ---

  // Puts every chart that the search lets through into its section. Existing charts keep their drawing.
  arrange() {
    const matching = [...this.keys].filter((key) => !this.search || key.toLowerCase().includes(this.search.toLowerCase()));
    for (const [key, chart] of this.charts) if (!matching.includes(key)) this.#drop(key, chart);
    const groups = Map.groupBy(matching.sort(), (key) => (key.includes("/") ? key.split("/")[0] : "other"));
    const names = [...groups.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
    this.root.replaceChildren(...names.map((name) => this.#section(name, groups.get(name).sort((a, b) => this.#before(a) - this.#before(b)))));
    if (!names.length) this.root.append(element("p", { class: "chart-none quiet" }, this.keys.size ? "No chart matches." : "Curves appear here with the first logged value."));
    this.#showEnlarged();
  }

  #before(key) {
    return this.objectives.includes(key) ? 0 : 1;
  }

  #drop(key, chart) {
    this.seen.unobserve(chart.figure);
    chart.remove();
    this.charts.delete(key);
  }

  #section(name, keys) {
    const section = element("details", { class: "chart-section", open: !this.folded.has(name) });
    section.append(element("summary", {}, icon("chevron-down"), element("h2", {}, `${name}/`), element("span", { class: "quiet" }, String(keys.length))));
    section.append(element("div", { class: "chart-cells" }, ...keys.map((key) => this.#chart(key).figure)));
    section.addEventListener("toggle", () => this.#fold(name, !section.open));
    return section;
  }

  #chart(key) {
    if (!this.charts.has(key)) {
      const chart = new Chart(this, key, (key.startsWith("system/") && UNITS[key.split("/").pop()]) || "");
      this.charts.set(key, chart);
      this.seen.observe(chart.figure);
    }
    return this.charts.get(key);
  }

  #fold(name, folded) {
    this.folded[folded ? "add" : "delete"](name);
    write({ fold: [...this.folded].join(",") });
  }

  // --- loading ---

  #viewed({ target, isIntersecting }) {
    const chart = this.charts.get(target.dataset.key);
    if (!chart) return;
    chart.inView = isIntersecting;
    if (!isIntersecting) return;
    this.#need(chart.key);
    redraw(chart, true);
  }

  // Fetches what is missing of one chart; all that is asked for in the same moment goes in one request.
  #need(key, again = []) {
    const missing = this.shown.filter((run) => again.includes(run.id) || this.store.lacks(run.id, key)).map((run) => run.id);
    if (!missing.length) return;
    this.wanted.set(key, new Set([...(this.wanted.get(key) ?? []), ...missing]));
    this.loading ??= setTimeout(() => this.#load(), again.length ? REFETCH_AFTER : 0);
  }

  async #load() {
    const wanted = [...this.wanted];
    this.wanted.clear();
    this.loading = undefined;
    const groups = Map.groupBy(wanted, ([, runs]) => [...runs].sort().join(","));
    await Promise.all([...groups].map(([runs, entries]) => this.#fetch(runs.split(","), entries.map(([key]) => key))));
  }

  async #fetch(runs, keys) {
    try {
      await this.store.load(runs, keys, 1500);
    } catch {
      return setTimeout(() => keys.forEach((key) => this.#need(key)), 3000);
    }
    this.redrawAll(true);
  }

  #again(run) {
    this.store.expire(run.id);
    this.#needVisible();
  }

  #reload() {
    for (const run of this.runs) this.store.expire(run.id);
    this.#needVisible();
  }

  #needVisible() {
    for (const chart of this.charts.values()) if (chart.inView) this.#need(chart.key);
  }

  #update(update) {
    const run = this.runs.find(({ id }) => id === update.run);
    if (!run) return;
    if (update.max_steps) run.max_steps = update.max_steps;
    if (update.state) run.active = ALIVE.includes(update.state);
    // A resumed run goes on from its checkpoint: what lay after it is not its history any more.
    if (update.state === "starting") this.#again(run);
    if (this.#addKeys(Object.keys(update.points ?? {}))) this.arrange();
    const { changed, stale } = this.store.merge(update);
    for (const key of changed) if (this.charts.has(key) && run.shown) redraw(this.charts.get(key));
    for (const key of stale) if (this.charts.get(key)?.inView && run.shown) this.#need(key, [run.id]);
  }

  // The server's word on a run: its planned end, its events; of an ended run no further message brings what is missing.
  #seen({ id, state, version, max_steps, events }) {
    const run = this.runs.find((candidate) => candidate.id === id);
    if (!run) return;
    const before = [run.max_steps, run.active, this.events.length].join();
    Object.assign(run, { max_steps, active: ALIVE.includes(state) });
    if (events) this.events = events;
    if (ENDED.includes(state)) for (const key of this.store.behind(id, version)) if (this.charts.get(key)?.inView) this.#need(key, [id]);
    if (before !== [run.max_steps, run.active, this.events.length].join()) this.redrawAll(false);
  }

  #addKeys(keys) {
    const fresh = keys.filter((key) => !this.keys.has(key) && this.accepts(key));
    fresh.forEach((key) => this.keys.add(key));
    return fresh.length > 0;
  }

  // Which series are drawn at all; a page may narrow it.
  accepts(key) {
    return !key.startsWith("final/");
  }

  redrawAll(now = true) {
    for (const chart of this.charts.values()) redraw(chart, now);
  }

  // --- the shared view ---

  setShown(ids) {
    for (const run of this.runs) run.shown = ids.includes(run.id);
    this.#needVisible();
    this.redrawAll();
  }

  setFocus(run) {
    this.focus = run;
    for (const chart of this.charts.values()) if (chart.inView) chart.showFocus();
  }

  setCrosshair(x, source, raw = false) {
    this.crosshair = x;
    if (x === null) hideTooltip();
    for (const chart of this.charts.values()) if (chart.inView) chart.showCrosshair(x, chart === source, raw);
  }

  setZoom(range) {
    this.zoom = range;
    const digits = this.axis === "epoch" ? 2 : 0;
    write({ zoom: range && range.map((end) => end.toFixed(digits)).join("..") });
    this.redrawAll();
  }

  setAxis(axis) {
    this.axis = axis;
    this.zoom = null;
    this.store.setAxis(axis);
    write({ x: axis === "step" ? "" : axis, zoom: "" });
    this.#needVisible();
  }

  setSmoothing(value) {
    this.smoothing = value;
    write({ sm: value || "" });
    this.redrawAll();
  }

  setSearch(text) {
    this.search = text;
    write({ charts: text });
    this.arrange();
  }

  toggleLog(key = "all") {
    if (key === "all") this.log = new Set(this.log.has("all") ? [] : ["all"]);
    else this.log[this.log.has(key) ? "delete" : "add"](key);
    write({ log: [...this.log].join(",") });
    this.redrawAll();
  }

  enlarge(key) {
    this.enlarged = this.enlarged === key ? "" : key;
    write({ chart: this.enlarged }, { push: true });
    this.#showEnlarged();
    this.charts.get(key)?.figure.scrollIntoView({ block: "nearest" });
  }

  #showEnlarged() {
    for (const [key, chart] of this.charts) chart.figure.classList.toggle("enlarged", key === this.enlarged);
  }
}

function rank(name) {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length - 1.5 : place;
}
