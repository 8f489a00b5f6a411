// One chart card: what it draws and when its parts follow. Head, flags, pointer and keys are modules of their own.
import { yRange } from "./chart_axes.js";
import { drawEnlarged, renderer } from "./chart_enlarged.js";
import { drawFlags, shownEvents } from "./chart_flags.js";
import { showFocus } from "./chart_focus.js";
import { headParts, sentence, summaryOf } from "./chart_head.js";
import { dropped, redraw } from "./chart_loop.js";
import { cardParts, dataTable } from "./chart_parts.js";
import { connectPointer } from "./chart_pointer.js";
import { Scale } from "./chart_scale.js";
import { showTooltip } from "./chart_tooltip.js";
import { layout, MARGIN, traces } from "./chart_traces.js";
import { nearest } from "./search.js";
import { smooth } from "./smoothing.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };
const FROM_ZERO = /^system\/|per_second$|grad_norm$/;
// Points of a chart: of one line as many as can be seen, of all lines as many as Plotly draws in a frame or two.
const MOST = { line: 1000, chart: 20_000, least: 100 };
// WebGL draws more.
const MOST_ENLARGED = { line: 20_000, chart: 400_000, least: 1000 };
const USUAL_WIDTH = 300;

export class Chart {
  inView = false;
  lastDrawn = -Infinity;
  lines = [];
  summary = { best: null, broken: 0, hidden: 0 };
  scale = null;
  enlarged = false;
  webgl = null;
  #full = false;
  #range = null;
  #rangeId = "";

  constructor(group, key, unit = "") {
    this.group = group;
    this.key = key;
    Object.assign(this, cardParts(this, unit));
    connectPointer(this);
    this.resizing = new ResizeObserver(() => this.#resized());
    this.resizing.observe(this.body);
  }

  get visible() {
    return this.group.isVisible(this);
  }

  remove() {
    dropped(this);
    this.resizing.disconnect();
    this.webgl?.remove();
    if (this.plot.data) Plotly.purge(this.plot);
    this.figure.remove();
  }

  #resized() {
    if (!this.visible) return;
    this.group.need(this);
    redraw(this, true);
  }

  // How many points of each of so many lines are worth fetching.
  resolution(lines) {
    const most = this.webgl ? MOST_ENLARGED : MOST;
    const seen = this.webgl ? most.line : 2 * (this.body.clientWidth - MARGIN.l - MARGIN.r || USUAL_WIDTH);
    const share = Math.max(most.least, Math.floor(most.chart / Math.max(1, lines)));
    return Math.ceil(Math.min(seen, most.line, share) / 100) * 100;
  }

  setEnlarged(enlarged) {
    if (this.enlarged === enlarged) return;
    this.enlarged = enlarged;
    this.figure.classList.toggle("enlarged", enlarged);
    this.webgl?.remove();
    this.webgl = enlarged ? renderer(this) : null;
  }

  // --- drawing ---

  draw() {
    const { view } = this.group;
    this.lines = this.group.linesOf(this.key).map(({ run, series, whole }) => ({ run, whole, x: series.x, step: series.step, raw: series.y, y: smooth(view.smoothing, series), band: this.#band(series) }));
    const log = view.isLog(this.key);
    this.summary = summaryOf(this.lines, this.group.greater(this.key), log);
    this.figure.setAttribute("aria-label", sentence(this));
    const { clientWidth: width, clientHeight: height } = this.body;
    if (width < 80 || height < 60) return;
    // Kept, because asking the document during a move of the pointer would lay it out again for every chart.
    this.scale = new Scale(this.group.xRange(), width - MARGIN.l - MARGIN.r, view.logX);
    this.#setRange(log);
    this.#plot(width, height, log);
    this.showFocus();
    this.showHead();
  }

  // The interval of a group, smoothed as its mean is.
  #band(series) {
    if (!series.low) return null;
    const smoothed = (y) => smooth(this.group.view.smoothing, { ...series, y });
    return { low: smoothed(series.low), high: smoothed(series.high), n: series.n };
  }

  #plot(width, height, log) {
    const { view, single, lost } = this.group;
    const { best } = this.summary;
    const star = single && this.group.hasBest(this.key) && this.lines[0]?.raw.length > 2 && best && this.scale.holds(best.x) ? best : null;
    const events = view.axis === "step" ? shownEvents(this.group.events, height) : [];
    const frame = layout({ width, height, axis: view.axis, scale: this.scale, yRange: this.#range, log, events, limit: this.group.limits[this.key] });
    const data = (isDrawn) => traces(this.lines, { smoothed: view.isSmoothed, best: star, hollow: lost, isDrawn });
    // What a file of the picture holds; on the screen WebGL may draw the lines.
    this.picture = () => ({ data: data(true), layout: frame });
    Plotly.react(this.plot, data(!this.webgl), frame, CONFIG);
    drawFlags(this.flags, events, this.scale);
  }

  // While a hand is on the chart or the view is zoomed, new points do not move the y range.
  #setRange(log) {
    const { view } = this.group;
    const { range: xRange } = this.scale;
    const { kind, amount } = view.smoothing;
    const id = [xRange, log, this.#full, kind, amount, view.axis, this.lines.map(({ run }) => run.id)].join();
    const held = this.#rangeId === id && (view.zoom || this.figure.matches(":hover"));
    if (this.#range && held) return;
    this.#rangeId = id;
    const raw = view.isSmoothed && this.lines.length <= 4 ? this.lines.map((line) => ({ ...line, y: line.raw })) : [];
    const ends = this.lines.flatMap(({ x, band }) => (band ? [{ x, y: band.low }, { x, y: band.high }] : []));
    const { range, trimmed } = yRange([...this.lines, ...raw, ...ends], xRange, { log, robust: !this.#full && !view.zoom, zero: FROM_ZERO.test(this.key) });
    this.#range = this.#limited(range, log);
    this.fullRange.hidden = !trimmed && !this.#full;
    this.fullRange.setAttribute("aria-pressed", String(this.#full));
  }

  // What can be used up to a limit is drawn under it, unless it is so little that its line would lie flat.
  #limited([low, high], log) {
    const limit = this.group.limits[this.key];
    return limit && !log && high <= limit && high >= limit / 4 ? [low, limit * 1.03] : [low, high];
  }

  toggleFullRange() {
    this.#full = !this.#full;
    redraw(this, true);
  }

  showFocus() {
    if (!this.scale) return;
    if (this.webgl) drawEnlarged(this, this.#range);
    else showFocus(this, this.#range);
  }

  showHead() {
    this.value.replaceChildren(...headParts(this));
  }

  // The line that the crosshair follows: the focused run's, else the longest.
  get leading() {
    const focused = this.lines.find(({ run }) => run.id === this.group.focus);
    return focused ?? this.lines.reduce((longest, line) => (line.x.length > (longest?.x.length ?? 0) ? line : longest), null);
  }

  showCrosshair(x, isSource, raw) {
    if (!this.scale) return;
    const at = x === null ? -1 : this.scale.pixel(x);
    this.cross.hidden = !(at >= 0 && at <= this.scale.width);
    this.cross.style.transform = `translateX(${at}px)`;
    this.showHead();
    if (isSource && !this.cross.hidden) this.#showTooltip(x, at, raw);
  }

  #showTooltip(x, at, raw) {
    const readings = this.lines.map((line) => {
      const index = x > line.x.at(-1) || x < line.x[0] ? -1 : nearest(line.x, x);
      const { band } = line;
      const more = band && index >= 0 ? { half: (band.high[index] - band.low[index]) / 2, n: band.n[index] } : {};
      return { run: line.run, value: line.y[index] ?? NaN, raw: line.raw[index] ?? NaN, ...more };
    });
    const { view, focus } = this.group;
    showTooltip({ axis: view.axis, x, readings, smoothed: view.isSmoothed, focus, raw }, this.overlay.getBoundingClientRect(), at);
  }

  toggleTable() {
    const shown = this.figure.querySelector(".chart-table");
    if (shown) shown.remove();
    else this.body.append(dataTable(this.lines, this.key));
  }
}
