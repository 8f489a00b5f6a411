// One chart card: head, Plotly drawing, crosshair, zoom by drag, and the same as a table (T).
import { yRange } from "./chart_axes.js";
import { dropped, redraw, setHovered } from "./chart_loop.js";
import { cardMenu, dataTable } from "./chart_parts.js";
import { hideTooltip, showTooltip } from "./chart_tooltip.js";
import { layout, MARGIN, traces } from "./chart_traces.js";
import { element } from "./dom.js";
import { grouped, number, short } from "./format.js";
import { nearest, smooth } from "./smoothing.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };
const FROM_ZERO = /^system\/|per_second$|grad_norm$/;
const MERGE_FLAGS = 14;
const MOST_CHECKPOINTS = 6;

export class Chart {
  inView = false;
  lastDrawn = -Infinity;
  lines = [];
  found = null;
  broken = 0;
  plotWidth = 0;
  #full = false;
  #range = null;

  constructor(group, key, unit = "") {
    this.group = group;
    this.key = key;
    this.#build(unit);
    this.#listen();
  }

  #build(unit) {
    this.value = element("span", { class: "chart-value" });
    this.plot = element("div", { class: "chart-plot" });
    this.cross = element("div", { class: "crosshair", hidden: true });
    this.zoomBox = element("div", { class: "zoom-box", hidden: true });
    this.flags = element("div", { class: "chart-flags" });
    this.overlay = element("div", { class: "chart-overlay" }, this.cross, this.zoomBox);
    this.body = element("div", { class: "chart-body" }, this.plot, this.overlay, this.flags);
    const head = element("figcaption", { class: "chart-head" }, element("span", { class: "chart-name ellipsis", title: this.key }, this.key), element("span", { class: "chart-unit" }, unit), this.value, cardMenu(this));
    this.figure = element("figure", { class: "chart card", tabindex: "0", "aria-label": this.key, "data-key": this.key }, head, this.body);
  }

  #listen() {
    this.overlay.addEventListener("pointermove", (event) => this.#hover(event));
    this.overlay.addEventListener("pointerleave", () => this.#leave());
    this.overlay.addEventListener("pointerdown", (event) => this.#press(event));
    this.overlay.addEventListener("dblclick", () => this.group.setZoom(null));
    this.figure.addEventListener("keydown", (event) => this.#key(event));
    this.figure.addEventListener("blur", () => this.#leave());
    this.resizing = new ResizeObserver(() => redraw(this, true));
    this.resizing.observe(this.body);
  }

  remove() {
    dropped(this);
    this.resizing.disconnect();
    if (this.plot.data) Plotly.purge(this.plot);
    this.figure.remove();
  }

  // --- drawing ---

  draw() {
    this.lines = this.group.linesOf(this.key).map(({ run, series }) => ({ run, x: series.x, step: series.step, raw: series.y, y: smooth(series.y, this.group.smoothing) }));
    this.#summarize();
    const width = this.body.clientWidth;
    const height = this.body.clientHeight;
    if (width < 80 || height < 60) return;
    // Kept, because asking the document during a move of the pointer would lay it out again for every chart.
    this.plotWidth = width - MARGIN.l - MARGIN.r;
    const log = this.group.isLog(this.key);
    this.#setRange(log);
    const smoothing = this.group.smoothing;
    const best = this.group.single ? this.#bestPoint() : null;
    const data = traces(this.lines, { smoothing, best, hollow: this.group.lost });
    const events = this.group.axis === "step" ? this.#shownEvents(height) : [];
    Plotly.react(this.plot, data, layout({ width, height, axis: this.group.axis, xRange: this.xRange, yRange: this.#range, log, events }), CONFIG);
    this.#drawFlags(events);
    this.showFocus();
    this.showHead();
  }

  // While a hand is on the chart or the view is zoomed, new points do not move the y range.
  #setRange(log) {
    this.xRange = this.group.xRange();
    const id = [this.xRange, log, this.#full, this.group.smoothing, this.group.axis, this.lines.map(({ run }) => run.id)].join();
    const held = this.#rangeId === id && (this.group.zoom || this.figure.matches(":hover"));
    if (this.#range && held) return;
    this.#rangeId = id;
    const drawn = this.lines.length <= 4 ? this.lines.flatMap((line) => [line, { ...line, y: line.raw }]) : this.lines;
    const { range, trimmed } = yRange(drawn, this.xRange, { log, robust: !this.#full, zero: FROM_ZERO.test(this.key) });
    this.#range = range;
    this.figure.classList.toggle("trimmed", trimmed);
  }
  #rangeId = "";

  #shownEvents(height) {
    const { events } = this.group;
    // Regular saving would cross the chart with lines: many checkpoints are told by the progress bar and the list.
    const many = events.filter(({ kind }) => kind === "checkpoint").length > MOST_CHECKPOINTS;
    return events.filter(({ person, kind }) => person || (height >= 200 && !(many && kind === "checkpoint")));
  }

  #drawFlags(events) {
    this.flags.replaceChildren();
    let last = null;
    for (const event of events) {
      const at = this.#pixel(event.step);
      if (at < 0 || at > this.plotWidth) continue;
      if (last && at - last.at < MERGE_FLAGS + last.node.textContent.length * 4) {
        last.node.textContent = `${last.node.textContent.split("–")[0]}–${event.letter}`;
        last.node.title += `\n${event.text}`;
        if (event.person) last.node.classList.add("person");
        last.at = at;
        continue;
      }
      const node = element("span", { class: event.person ? "flag person" : "flag", title: event.text }, event.letter);
      node.style.transform = `translateX(${MARGIN.l + at}px) translateX(-50%)`;
      this.flags.append(node);
      last = { at, node };
    }
  }

  // The hovered run strong, the others at 40 %: on Plotly's own nodes, because a restyle costs a redraw.
  showFocus() {
    const { focus } = this.group;
    const nodes = this.plot.querySelectorAll(".scatterlayer .trace");
    this.plot.data?.forEach((trace, at) => {
      if (trace.mode !== "lines" || !nodes[at] || !trace.meta) return;
      const path = nodes[at].querySelector(".js-line");
      nodes[at].style.opacity = focus && focus !== trace.meta && this.lines.length > 1 ? 0.4 : "";
      if (path) path.style.strokeWidth = focus === trace.meta && this.lines.length > 1 ? "2.5px" : `${trace.line.width}px`;
    });
  }

  // --- head and sentence ---

  // Once a drawing, because the head follows every move of the pointer.
  #summarize() {
    const best = this.best();
    this.found = best;
    this.broken = this.lines.reduce((sum, line) => sum + line.raw.filter(Number.isNaN).length, 0);
    const named = best && this.group.hasBest(this.key) ? `, best ${number(best.value)} ${best.run.name} at step ${grouped(best.step)}` : "";
    this.figure.setAttribute("aria-label", `${this.key}, ${this.lines.length} ${this.lines.length === 1 ? "run" : "runs"}${named}`);
  }

  showHead() {
    const x = this.group.crosshair;
    const parts = x === null ? this.#now(this.found) : this.#at(x);
    if (this.broken) parts.push(` · ${this.broken} NaN`);
    if (this.group.isLog(this.key)) parts.push(" · log");
    this.value.replaceChildren(...parts);
  }

  #now(best) {
    if (!best) return [];
    const strong = (value) => element("b", {}, number(value));
    const hasBest = this.group.hasBest(this.key);
    if (!this.group.single) return hasBest ? ["best ", strong(best.value)] : [];
    const now = this.lines[0]?.raw.findLast(Number.isFinite);
    if (!hasBest) return [strong(now)];
    return [element("span", { class: "chart-now" }, `now ${number(now)} · `), "best ", strong(best.value), ` @${grouped(best.step)}`];
  }

  #at(x) {
    const line = this.lines.find(({ run }) => run.id === this.group.focus) ?? this.lines[0];
    const at = !line || x < line.x[0] || x > line.x.at(-1) ? -1 : nearest(line.x, x);
    if (at < 0) return this.#now(this.found);
    return [this.group.axis === "step" ? `@${short(Math.round(x))} ` : "", element("b", {}, number(line.y[at]))];
  }

  // The best measured value over the shown runs; never a smoothed one.
  best() {
    const sign = this.group.greater(this.key) ? 1 : -1;
    let best = null;
    for (const { run, raw, step, x } of this.lines) {
      raw.forEach((value, at) => {
        if (Number.isFinite(value) && (!best || sign * value > sign * best.value)) best = { run, value, step: step[at], x: x[at], y: value };
      });
    }
    return best;
  }

  #bestPoint() {
    const best = this.group.hasBest(this.key) && this.lines[0]?.raw.length > 2 ? this.found : null;
    return best && { x: best.x, y: best.y };
  }

  // --- pointer and keys ---

  #pixel(x) {
    return ((x - this.xRange[0]) / (this.xRange[1] - this.xRange[0])) * this.plotWidth;
  }

  #x(event) {
    const at = Math.min(Math.max(event.clientX - this.overlay.getBoundingClientRect().left, 0), this.plotWidth);
    return this.xRange[0] + (at / this.plotWidth) * (this.xRange[1] - this.xRange[0]);
  }

  #hover(event) {
    if (!this.xRange || this.group.pinned) return;
    setHovered(this);
    this.group.setCrosshair(this.#snapped(this.#x(event)), this, event.altKey);
    if (this.dragFrom !== undefined) this.#drawZoomBox(this.#x(event));
  }

  // The nearest point of the focused line, so that the crosshair stands on something measured.
  #snapped(x) {
    const line = this.lines.find(({ run }) => run.id === this.group.focus) ?? this.lines.reduce((a, b) => (b.x.length > (a?.x.length ?? 0) ? b : a), null);
    const at = line ? nearest(line.x, x) : -1;
    return at < 0 || Math.abs(this.#pixel(line.x[at]) - this.#pixel(x)) > 24 ? x : line.x[at];
  }

  showCrosshair(x, isSource, raw) {
    if (!this.xRange) return;
    const at = x === null ? -1 : this.#pixel(x);
    this.cross.hidden = at < 0 || at > this.plotWidth;
    this.cross.style.transform = `translateX(${at}px)`;
    this.showHead();
    if (isSource && !this.cross.hidden) this.#showTooltip(x, at, raw);
  }

  #showTooltip(x, at, raw) {
    const readings = this.lines.map((line) => {
      const index = x > line.x.at(-1) || x < line.x[0] ? -1 : nearest(line.x, x);
      return { run: line.run, value: line.y[index] ?? NaN, raw: line.raw[index] ?? NaN };
    });
    const { axis, smoothing, focus } = this.group;
    showTooltip({ axis, x, readings, smoothed: smoothing > 0, focus, raw }, this.overlay.getBoundingClientRect(), at);
  }

  #leave() {
    if (this.group.pinned) return;
    setHovered(null);
    hideTooltip();
    this.group.setCrosshair(null, this);
  }

  #press(event) {
    if (event.button !== 0 || !this.xRange || event.pointerType === "touch") return;
    this.dragFrom = this.#x(event);
    this.overlay.setPointerCapture(event.pointerId);
    this.overlay.addEventListener("pointerup", (up) => this.#release(up), { once: true });
  }

  #release(event) {
    const from = this.dragFrom;
    const to = this.#x(event);
    this.dragFrom = undefined;
    this.zoomBox.hidden = true;
    if (Math.abs(this.#pixel(to) - this.#pixel(from)) > 6) this.group.setZoom([Math.min(from, to), Math.max(from, to)]);
  }

  #drawZoomBox(x) {
    const [from, to] = [this.#pixel(this.dragFrom), this.#pixel(x)].sort((a, b) => a - b);
    this.zoomBox.hidden = false;
    this.zoomBox.style.transform = `translateX(${from}px) scaleX(${to - from})`;
  }

  #key(event) {
    if (event.target !== this.figure || event.metaKey || event.ctrlKey) return;
    const actions = { ArrowLeft: () => this.#step(event, -1), ArrowRight: () => this.#step(event, 1), s: () => this.#pin(), t: () => this.toggleTable(), l: () => this.group.toggleLog(this.key), f: () => this.group.enlarge(this.key), Escape: () => this.#leave() };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #step(event, direction) {
    const line = this.lines.find(({ run }) => run.id === this.group.focus) ?? this.lines[0];
    if (!line?.x.length) return;
    const from = this.group.crosshair === null ? line.x.length - 1 - direction : nearest(line.x, this.group.crosshair);
    const to = Math.min(Math.max(from + direction * (event.shiftKey ? 10 : 1), 0), line.x.length - 1);
    this.group.setCrosshair(line.x[to], this);
  }

  #pin() {
    this.group.pinned = !this.group.pinned;
  }

  toggleFullRange() {
    this.#full = !this.#full;
    redraw(this, true);
  }

  toggleTable() {
    const shown = this.figure.querySelector(".chart-table");
    if (shown) shown.remove();
    else this.body.append(dataTable(this.lines, this.key));
  }
}
