// Parallel coordinates of a sweep's trials: an axis a swept name, the objectives last, a line a trial.
// Axes and brushes are SVG, the lines are pixels (line_picture.js). A brush is chosen by dragging on an axis or by the
// fields under it; several brushes hold together.
import { brushAfter } from "./axis_keys.js";
import { element, svg } from "./dom.js";
import { number } from "./format.js";
import { columns, LinePicture } from "./line_picture.js";
import { trialData } from "./plot_data.js";
import { PlotMenu } from "./plot_menu.js";
import { fillFields, fieldsOf, typedBrush } from "./parallel_fields.js";
import { axisParts, brushBox, tellGrips } from "./parallel_shapes.js";
import { colour, rampColour } from "./ramp.js";
import { plain } from "./scales.js";

const TOP = 34;
// Unless it is enlarged.
const HEIGHT = 230;
const BOTTOM = 12;
// Under the fields.
const EDGE = 8;
// The place under an axis of trials that do not have its value.
const UNSET = 16;
const MOST_RATIO = 2;
const NEAR = 7;

export class Parallel {
  #svg = svg("svg", { role: "group" });
  #fields = element("div", { class: "brush-fields" });
  #picture = new LinePicture(element("canvas", { "aria-hidden": "true" }));
  #lines = new Map();
  #frame = 0;
  #width = 0;
  #height = HEIGHT;
  #axes = svg("g");
  #over = svg("g");

  constructor(box, trials) {
    Object.assign(this, { box, trials });
    this.#svg.append(this.#axes, this.#over);
    box.append(element("div", { class: "parallel-picture" }, this.#picture.canvas, this.#svg), this.#fields);
    this.#svg.addEventListener("pointerdown", (event) => this.#drag(event));
    this.#svg.addEventListener("keydown", (event) => this.#pressed(event));
    this.#svg.addEventListener("pointermove", (event) => this.#point(event));
    this.#svg.addEventListener("pointerleave", () => trials.hover(null));
    this.#svg.addEventListener("click", (event) => !event.target.dataset.axis && trials.hovered && (location.href = `/r/${trials.hovered.run}`));
    this.#fields.addEventListener("change", ({ target }) => this.#typed(target.closest("fieldset")));
    trials.addEventListener("data", () => this.#data());
    trials.addEventListener("brush", () => this.#brushed());
    trials.addEventListener("hover", () => this.#overlay());
    document.addEventListener("themechange", () => this.#layout());
    const card = box.closest("[data-figure]");
    this.menu = new PlotMenu(card, trials, { title: () => `Parallel coordinates: ${trials.kept.size} of ${trials.list.length} trials`, data: () => trialData(trials, trials.axes), resized: () => this.#layout() });
    new ResizeObserver(() => (this.#svg.clientWidth !== this.#width || this.#room() !== this.#height) && this.#layout()).observe(card);
    this.#data();
  }

  #data() {
    const { list, axes } = this.trials;
    this.#svg.setAttribute("aria-label", `Parallel coordinates of ${list.length} trials over ${axes.map(({ label }) => label).join(", ")}. Arrow keys on an axis move a brush, with Shift they widen it, Escape takes it away; the fields below choose ranges too.`);
    if (!this.#fields.contains(document.activeElement)) this.#fields.replaceChildren(...axes.map(fieldsOf));
    fillFields(this.#fields, this.trials);
    this.#layout();
  }

  // --- places, in CSS pixels ---

  #place(number) {
    const room = this.#width / this.trials.axes.length;
    const bottom = this.#height - BOTTOM - (this.trials.hasUnset ? UNSET : 0);
    return { x: (number + 0.5) * room, top: TOP, bottom, unset: this.#height - BOTTOM + 2, room, isLast: number >= this.trials.params.length };
  }

  // What an enlarged card has beside the fields.
  #room() {
    return this.menu?.isEnlarged ? Math.max(HEIGHT, this.menu.box.clientHeight - this.#fields.offsetHeight - EDGE) : HEIGHT;
  }

  #points(trial, places = this.trials.axes.map((_, number) => this.#place(number))) {
    return this.trials.axes.flatMap(({ read, scale, isObjective }, number) => {
      const [{ x, top, bottom, unset }, value] = [places[number], read(trial)];
      if (value === null || value === undefined) return isObjective ? [] : [[x, unset]];
      return [[x, bottom - scale.position(value) * (bottom - top)]];
    });
  }

  // --- drawing ---
  #layout() {
    const ratio = Math.min(MOST_RATIO, devicePixelRatio || 1);
    this.#width = this.#svg.clientWidth || 800;
    this.#height = this.#room();
    this.box.style.setProperty("--plot-height", `${this.#height}px`);
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${this.#height}`);
    this.#picture.resize(this.#width, this.#height, ratio);
    const focused = this.#axes.contains(document.activeElement) ? document.activeElement.dataset.axis : null;
    this.#axes.replaceChildren(...this.trials.axes.flatMap((axis, number) => axisParts(axis, this.#place(number), !axis.isObjective && Boolean(axis.when))));
    if (focused) this.#grips().find(({ dataset }) => dataset.axis === focused)?.focus({ preventScroll: true });
    tellGrips(this.#grips(), this.trials);
    const best = this.trials.best();
    const places = this.trials.axes.map((_, number) => this.#place(number));
    this.#lines = new Map(this.trials.list.map((trial) => [trial.number, this.#line(trial, places, trial === best)]));
    this.#picture.ground(colour("surface"), this.#lines.values(), colour("line-2"));
    this.#picture.colours(rampColour, colour("tx3"));
    this.#paint();
  }

  // The one that is there, where nothing of it has changed: with news of three trials three are stroked.
  #line(trial, places, isBest) {
    const { ratio, width } = this.#picture;
    const points = this.#points(trial, places).map(([x, y]) => [x * ratio, y * ratio]);
    const look = this.#look(trial, isBest);
    const key = `${width} ${points} ${JSON.stringify(look)}`;
    const known = this.#lines.get(trial.number);
    return known?.key === key ? known : { key, ys: columns(points, width), ...look };
  }

  // The best is over all others, so it has a colour of its own.
  #look(trial, isBest) {
    const goodness = this.trials.goodness(trial);
    if (goodness < 0) return { goodness, alpha: 0.8, width: 1.2, dash: [2, 3] };
    const look = { goodness, alpha: 0.9, dash: trial.pruned ? [5, 4] : null };
    return isBest ? { ...look, width: 3, rgb: rampColour(goodness) } : { ...look, width: 1.5 };
  }

  #paint() {
    this.#frame = 0;
    const { kept } = this.trials;
    const lines = [...kept].map((trial) => this.#lines.get(trial.number));
    // Many lines shine through each other, so that one sees where most of them go.
    const thin = Math.min(1, Math.max(0.3, 150 / lines.length));
    this.#picture.draw(lines.filter(({ rgb }) => !rgb), thin, lines.filter(({ rgb }) => rgb));
    this.#overlay();
  }

  #overlay() {
    const { axes, brushes, hovered } = this.trials;
    const boxes = axes.flatMap((axis, number) => (brushes.has(axis.name) ? [brushBox(brushes.get(axis.name), axis.scale, this.#place(number))] : []));
    this.#over.replaceChildren(...(hovered ? this.#highlight(hovered) : []), ...boxes);
  }

  #highlight(trial) {
    const points = this.#points(trial);
    const curve = points.map(([x, y], at) => (at ? `C${(points[at - 1][0] + x) / 2} ${points[at - 1][1]} ${(points[at - 1][0] + x) / 2} ${y} ${x} ${y}` : `M${x} ${y}`));
    return [svg("path", { class: "hovered-trial", d: curve.join("") }), svg("title", {}, `trial ${trial.number}: ${trial.value === null ? trial.state : number(trial.value)}`)];
  }

  #grips() {
    return [...this.#axes.querySelectorAll(".grip")];
  }

  #brushed() {
    fillFields(this.#fields, this.trials);
    tellGrips(this.#grips(), this.trials);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  // --- pointing ---
  #point(event) {
    if (event.buttons) return;
    const box = this.#svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top].map((at) => at * this.#picture.ratio);
    let [nearest, least] = [null, NEAR * this.#picture.ratio];
    for (const trial of this.trials.kept) {
      const away = Math.abs(this.#lines.get(trial.number)?.ys[Math.round(x)] - y);
      if (away < least) [nearest, least] = [trial, away];
    }
    this.trials.hover(nearest);
    this.#svg.classList.toggle("points", Boolean(nearest));
  }

  // --- brushing ---
  #drag(event) {
    const axis = this.trials.axis(event.target.dataset?.axis);
    if (!axis) return;
    event.preventDefault();
    this.trials.hover(null);
    event.target.focus({ preventScroll: true });
    const { top, bottom } = this.#place(0);
    const at = (moved) => (bottom - (moved.clientY - this.#svg.getBoundingClientRect().top)) / (bottom - top);
    const start = at(event);
    // Browsers tell a move once a frame, before what is drawn in it: to wait would draw it a frame later.
    const move = (moved) => this.#brushTo(axis, start, at(moved));
    this.#svg.setPointerCapture(event.pointerId);
    this.#svg.addEventListener("pointermove", move);
    const letGo = () => {
      this.#svg.removeEventListener("pointermove", move);
      requestAnimationFrame(() => this.trials.changed());
    };
    this.#svg.addEventListener("pointerup", letGo, { once: true });
    if (this.trials.brushes.has(axis.name)) this.trials.brush(axis.name, null, true);
  }

  // Escape takes away the brush of this axis; once more, and all of them go.
  #pressed(event) {
    const axis = this.trials.axis(event.target.dataset?.axis);
    if (!axis || event.metaKey || event.ctrlKey || event.altKey) return;
    const brush = this.trials.brushes.get(axis.name);
    const changed = event.key === "Escape" && brush ? null : brushAfter(event, axis.scale, brush);
    if (changed === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.trials.brush(axis.name, changed);
  }

  #brushTo({ name, scale }, start, end) {
    const [low, high] = [Math.min(start, end), Math.max(start, end)];
    if (high - low < 0.02) return;
    const chosen = scale.isNumeric
      ? [scale.value(low), scale.value(high)].map((value) => Number(value.toPrecision(4)))
      : scale.places.filter((place) => scale.position(place) >= low && scale.position(place) <= high);
    this.trials.brush(name, chosen, true);
  }

  #typed(fieldset) {
    const axis = this.trials.axis(fieldset.dataset.axis);
    this.trials.brush(axis.name, typedBrush(fieldset, axis.scale));
  }
}

// The ends of the ramp beside its colours.
export function showRamp(trials, low, high) {
  const values = trials.list.map((trial) => trial.value).filter((value) => value !== null);
  const ends = values.length ? [Math.min(...values), Math.max(...values)] : [null, null];
  if (!trials.greater) ends.reverse();
  [low.textContent, high.textContent] = ends.map((value) => (value === null ? "—" : plain(value)));
}
