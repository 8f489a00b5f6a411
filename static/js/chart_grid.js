// All charts of a page: which runs are drawn, what each chart has to know, and what it hears live.
import { Chart } from "./chart.js";
import { redraw } from "./chart_loop.js";
import { sharedRange } from "./chart_range.js";
import { section, sectionsOf, unitOf } from "./chart_sections.js";
import { hideTooltip } from "./chart_tooltip.js";
import { ChartView } from "./chart_view.js";
import { greaterIsBetter } from "./directions.js";
import { element } from "./dom.js";
import { GroupStore } from "./group_store.js";
import { SeriesLoader } from "./series_loader.js";
import { SeriesStore } from "./series_store.js";
import { isLost, on } from "./socket.js";

const ALIVE = ["starting", "running", "pausing", "paused", "stopping"];
const ENDED = ["finished", "stopped", "failed", "crashed"];

export class ChartGrid extends EventTarget {
  charts = new Map();
  crosshair = null;
  pinned = false;
  focus = null;
  view = new ChartView();
  #range = { id: "", value: [0, 1] };

  // runs: [{id, name, mark, max_steps, active, shown}]; directions: {key: greater is better}; groups: {id of a run that
  // stands for a group: {runs: [ids], ci}}, its mean drawn with a band, its runs on hover.
  constructor(root, { runs, keys, directions, objectives = [], events = [], single = false, tokens = false, limits = {}, groups = null }) {
    super();
    Object.assign(this, { root, runs, directions, objectives, events, single, tokens, limits, groups: groups ?? {} });
    this.store = groups ? new GroupStore(this.view.axis, groups) : new SeriesStore(this.view.axis);
    this.loader = new SeriesLoader(this.store, (found) => this.#loaded(found));
    this.keys = new Set(keys);
    this.seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.#viewed(entry)), { rootMargin: "120px" });
    this.view.addEventListener("change", ({ detail }) => this.#viewChanged(detail));
    on("update", (update) => this.#update(update));
    on("back", () => this.#reload(this.runs));
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
    const lines = this.shown.map((run) => ({ run, whole: this.store.get(run.id, key), series: this.store.drawn(run.id, key, this.view.zoom) }));
    return lines.filter(({ series }) => series?.x.length);
  }

  // The single runs of the group in focus, as far as they are here.
  seedsOf(key) {
    const drawn = (this.groups[this.focus]?.runs ?? []).map((id) => this.store.drawn(id, key, this.view.zoom));
    return drawn.filter((series) => series?.x.length);
  }

  greater(key) {
    return this.directions[key] ?? greaterIsBetter(key, this.directions);
  }

  // Of learning rate, gradient norm and machine samples no value is best.
  hasBest(key) {
    return /^(eval|test)\//.test(key) || /loss$/.test(key);
  }

  xRange() {
    const { axis, zoom, logX } = this.view;
    const shown = this.shown;
    const id = [this.store.revision, axis, zoom, logX, ...shown.map((run) => run.id + run.active + run.max_steps)].join();
    if (id !== this.#range.id) this.#range = { id, value: sharedRange({ runs: shown, known: (run) => this.store.range(run), axis, zoom, logX }) };
    return this.#range.value;
  }

  // Only what a person can see is drawn; behind an enlarged chart that is nothing else.
  isVisible(chart) {
    return chart.inView && (!this.view.enlarged || this.view.enlarged === chart.key || !this.charts.has(this.view.enlarged));
  }

  get visible() {
    return [...this.charts.values()].filter((chart) => this.isVisible(chart));
  }

  // Which series are drawn at all; a page may narrow it.
  accepts(key) {
    return !key.startsWith("final/");
  }

  // --- sections ---

  // Puts every chart that the search lets through into its section. Existing charts keep their drawing.
  arrange() {
    const search = this.view.search.toLowerCase();
    const matching = new Set([...this.keys].filter((key) => key.toLowerCase().includes(search)));
    for (const [key, chart] of this.charts) if (!matching.has(key)) this.#drop(key, chart);
    const sections = sectionsOf(matching, this.objectives);
    const fold = (name) => (folded) => this.view.fold(name, folded);
    this.root.replaceChildren(...sections.map(([name, keys]) => section(name, keys.map((key) => this.#chart(key).figure), this.view.folded.has(name), fold(name))));
    if (!sections.length) this.root.append(element("p", { class: "chart-none quiet" }, this.keys.size ? "No chart matches." : "Curves appear here with the first logged value."));
    this.#showEnlarged();
  }

  #chart(key) {
    if (!this.charts.has(key)) {
      const chart = new Chart(this, key, unitOf(key, this.limits[key]));
      this.charts.set(key, chart);
      this.seen.observe(chart.figure);
    }
    return this.charts.get(key);
  }

  #drop(key, chart) {
    this.seen.unobserve(chart.figure);
    chart.remove();
    this.charts.delete(key);
  }

  // --- loading ---

  #viewed({ target, isIntersecting }) {
    const chart = this.charts.get(target.dataset.key);
    if (!chart) return;
    chart.inView = isIntersecting;
    if (!this.isVisible(chart)) return;
    this.need(chart);
    redraw(chart, true);
  }

  // Fetches what a chart lacks at its size: the whole range, and in a zoom the window.
  need(chart, later = false) {
    if (document.hidden) return;
    const runs = this.shown.map((run) => run.id);
    const points = chart.resolution(runs.length);
    this.loader.need({ key: chart.key, runs, points }, later);
    if (this.view.zoom) this.loader.need({ key: chart.key, runs, points, window: this.view.zoom }, later);
  }

  #loaded(keys) {
    const before = this.#range.value.join();
    for (const key of keys) if (this.charts.has(key)) redraw(this.charts.get(key), true);
    if (before !== this.xRange().join()) this.redrawAll(false);
  }

  #reload(runs) {
    for (const run of runs) this.store.expire(run.id);
    this.#needVisible();
  }

  #needVisible(later = false) {
    for (const chart of this.visible) this.need(chart, later);
  }

  // --- live ---

  #update(update) {
    const run = this.runs.find(({ id }) => id === update.run);
    if (!run) return;
    const before = this.xRange().join();
    if (update.max_steps) run.max_steps = update.max_steps;
    if (update.state) run.active = ALIVE.includes(update.state);
    // A resumed run goes on from its checkpoint: what lay after it is not its history any more.
    if (update.state === "starting") this.#reload([run]);
    this.#learn(update.points ?? {});
    const { changed, stale } = this.store.merge(update);
    if (!run.shown) return;
    for (const key of changed) if (this.charts.has(key)) redraw(this.charts.get(key));
    for (const chart of this.visible) if (stale.has(chart.key)) this.need(chart, true);
    if (before !== this.xRange().join()) this.redrawAll(false);
  }

  // New series, and the first count of tokens.
  #learn(points) {
    const fresh = Object.keys(points).filter((key) => !this.keys.has(key) && this.accepts(key));
    fresh.forEach((key) => this.keys.add(key));
    if (fresh.length) this.arrange();
    if (Object.values(points).some(([point]) => point.length > 4)) this.dispatchEvent(new Event("tokens"));
  }

  // The server's word on a run: its planned end, its events; of an ended run no further message brings what is missing.
  #seen({ id, state, version, max_steps, events }) {
    const run = this.runs.find((candidate) => candidate.id === id);
    if (!run) return;
    const before = [run.max_steps, run.active, this.events.length].join();
    Object.assign(run, { max_steps, active: ALIVE.includes(state) });
    if (events) this.events = events;
    if (ENDED.includes(state) && this.store.behind(id, version).length) this.#reload([run]);
    if (before !== [run.max_steps, run.active, this.events.length].join()) this.redrawAll(false);
  }

  redrawAll(now = true) {
    for (const chart of this.charts.values()) redraw(chart, now);
  }

  // --- the shared view ---

  #viewChanged(what) {
    if (what === "search") return this.arrange();
    if (what === "enlarged") return this.#showEnlarged(true);
    if (what === "axis") this.store.setAxis(this.view.axis);
    if (what === "axis" || what === "zoom") this.#needVisible();
    if (what !== "axis") this.redrawAll();
  }

  #showEnlarged(moved = false) {
    const enlarged = this.charts.get(this.view.enlarged);
    document.documentElement.classList.toggle("chart-is-enlarged", Boolean(enlarged));
    for (const chart of this.charts.values()) chart.setEnlarged(chart === enlarged);
    if (!moved) return;
    enlarged?.figure.focus();
    this.#needVisible();
    this.redrawAll();
  }

  // The page's data anew: more runs of the same project, and their series.
  addRuns({ runs, keys, directions, objectives }) {
    const fresh = runs.filter(({ id }) => !this.runs.some((known) => known.id === id));
    this.runs.push(...fresh.map((run) => ({ ...run, shown: false })));
    Object.assign(this.directions, directions);
    this.objectives = objectives;
    keys.filter((key) => this.accepts(key)).forEach((key) => this.keys.add(key));
    this.arrange();
  }

  // Lines that stand for groups of runs, in the place of those that did before: [{id, name, mark, runs, ci}].
  setMeans(lines) {
    const isMean = ({ id }) => id in this.groups;
    const kept = this.runs.filter((run) => !isMean(run));
    this.runs.splice(0, this.runs.length, ...kept, ...lines.map(({ id, name, mark }) => ({ id, name, mark, max_steps: null, active: false, shown: false })));
    this.groups = this.store.groups = Object.fromEntries(lines.map(({ id, runs, ci }) => [id, { runs, ci }]));
  }

  setShown(ids) {
    for (const run of this.runs) run.shown = ids.includes(run.id);
    this.#needVisible();
    this.redrawAll();
  }

  setFocus(run) {
    if (this.focus === run) return;
    this.focus = run;
    for (const chart of this.visible) {
      chart.showFocus();
      if (this.groups[run]) this.loader.need({ key: chart.key, runs: this.groups[run].runs, points: chart.resolution(8) });
    }
  }

  setCrosshair(x, source, raw = false) {
    this.crosshair = x;
    if (x === null) hideTooltip();
    for (const chart of this.visible) chart.showCrosshair(x, chart === source, raw);
  }
}
