// Parallel coordinates of a sweep's trials as SVG: an axis a swept name, the objective last, a line a trial.
// A brush is chosen by dragging on an axis or by the fields under it; several brushes hold together.
import { element, svg } from "./dom.js";
import { fieldsOf } from "./parallel_fields.js";
import { curve, fitting, rampColour } from "./parallel_shapes.js";
import { plain, scaleOf } from "./scales.js";

const TOP = 34;
const HEIGHT = 230;
const BOTTOM = 12;
const NUDGE = 0.012;

export class Parallel extends EventTarget {
  #box;
  #svg = svg("svg", { role: "img" });
  #fields = element("div", { class: "brush-fields" });
  #brushes = new Map();
  #data;
  #axes = [];

  constructor(box, data, brushes) {
    super();
    this.#box = box;
    this.#brushes = brushes;
    box.append(this.#svg, this.#fields);
    this.#svg.addEventListener("pointerdown", (event) => this.#drag(event));
    this.#svg.addEventListener("pointerover", (event) => this.#hover(event.target.dataset?.run ?? null));
    this.#svg.addEventListener("pointerleave", () => this.#hover(null));
    this.#fields.addEventListener("change", (event) => this.#typed(event.target.closest("fieldset")));
    new ResizeObserver(() => this.#draw()).observe(box);
    this.update(data);
  }

  update(data) {
    this.#data = data;
    const axis = (name, label, read) => ({ name, label, read, scale: scaleOf(data.trials.map(read), name === "objective") });
    this.#axes = data.params.map(({ name, label }) => axis(label, label, (trial) => trial.params[name]));
    this.#axes.push(axis("objective", data.objective, (trial) => trial.value));
    this.#svg.setAttribute("aria-label", `Parallel coordinates of ${data.trials.length} trials over ${this.#axes.map(({ label }) => label).join(", ")}`);
    if (!this.#fields.contains(document.activeElement)) this.#drawFields();
    this.#draw();
  }

  // The brushes by axis name: [low, high] of numbers, or [value] of words.
  get brushes() {
    return this.#brushes;
  }

  clear() {
    this.#brushes.clear();
    this.#changed();
  }

  matches(trial) {
    return this.#axes.every(({ name, read, scale }) => {
      const brush = this.#brushes.get(name);
      return !brush || inside(read(trial), brush, scale);
    });
  }

  highlight(run) {
    for (const line of this.#svg.querySelectorAll(".trial")) line.classList.toggle("hovered", line.dataset.run === run);
  }

  #hover(run) {
    this.dispatchEvent(new CustomEvent("hover", { detail: run }));
  }

  // While a hand drags, lines only change their class; they are put in order when it lets go.
  #changed(dragging = false) {
    this.#fillFields();
    if (dragging) this.#mark();
    else this.#draw();
    this.dispatchEvent(new CustomEvent("brush"));
  }

  // --- drawing ---
  #x(number) {
    return ((number + 0.5) * this.#width) / this.#axes.length;
  }

  #y(position) {
    return TOP + (1 - position) * (HEIGHT - TOP - BOTTOM);
  }

  get #width() {
    return this.#svg.clientWidth || 800;
  }

  #draw() {
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    const trials = [...this.#data.trials].sort((a, b) => this.#goodness(a) - this.#goodness(b));
    const lines = trials.map((trial, place) => this.#line(trial, place === trials.length - 1));
    const out = lines.filter((line) => line.classList.contains("out"));
    const kept = lines.filter((line) => !line.classList.contains("out"));
    this.#svg.replaceChildren(...out, ...kept, ...this.#axes.map((axis, number) => this.#axis(axis, number)));
  }

  #mark() {
    const trials = new Map(this.#data.trials.map((trial) => [trial.run, trial]));
    for (const line of this.#svg.querySelectorAll(".trial")) line.classList.toggle("out", !this.matches(trials.get(line.dataset.run)));
    for (const axis of this.#svg.querySelectorAll("g")) axis.remove();
    this.#svg.append(...this.#axes.map((axis, number) => this.#axis(axis, number)));
  }

  // 0 worst … 1 best; -1 before the first measurement.
  #goodness(trial) {
    if (trial.value === null) return -1;
    const position = this.#axes.at(-1).scale.position(trial.value);
    return this.#data.greater ? position : 1 - position;
  }

  #line(trial, isLast) {
    const goodness = this.#goodness(trial);
    const line = svg("path", { d: this.#path(trial), class: "trial", "data-run": trial.run });
    line.classList.toggle("unmeasured", goodness < 0);
    line.classList.toggle("best-trial", isLast && goodness >= 0);
    line.classList.toggle("out", !this.matches(trial));
    if (goodness >= 0) line.style.stroke = rampColour(goodness);
    const value = trial.value === null ? trial.state : plain(trial.value);
    line.append(svg("title", {}, `trial ${trial.number}: ${value}`));
    return line;
  }

  #path(trial) {
    const points = this.#axes
      .map(({ read, scale }, number) => [this.#x(number), read(trial), scale])
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([x, value, scale]) => [x, this.#y(scale.position(value))]);
    return points.map(([x, y], place) => (place ? curve(points[place - 1], [x, y]) : `M${x} ${y}`)).join("");
  }

  #axis({ name, label, scale }, number) {
    const x = this.#x(number);
    const isLast = number === this.#axes.length - 1;
    const group = svg("g", {}, svg("line", { class: "axis", x1: x, x2: x, y1: this.#y(1), y2: this.#y(0) }));
    group.append(svg("text", { class: "axis-name", x, y: 14 }, fitting(label, this.#width / this.#axes.length), svg("title", {}, label)));
    for (const { value, label: text } of scale.ticks) {
      const y = this.#y(scale.position(value));
      group.append(svg("line", { class: "axis", x1: isLast ? x + 4 : x - 4, x2: x, y1: y, y2: y }), svg("text", { class: isLast ? "tick after" : "tick", x: isLast ? x + 8 : x - 8, y: y + 3 }, text));
    }
    group.append(svg("rect", { class: "grip", "data-axis": number, x: x - 14, y: TOP - 6, width: 28, height: HEIGHT - TOP - BOTTOM + 12 }));
    const brush = this.#brushes.get(name);
    if (brush) group.append(this.#brushBox(brush, scale, x));
    return group;
  }

  #brushBox(brush, scale, x) {
    const positions = brush.map((value) => Math.min(1, Math.max(0, scale.position(value))));
    const top = this.#y(Math.max(...positions) + NUDGE);
    const bottom = this.#y(Math.min(...positions) - NUDGE);
    return svg("rect", { class: "brush", x: x - 6, y: top, width: 12, height: bottom - top, rx: 2 });
  }

  // --- brushing ---
  #drag(event) {
    const number = event.target.dataset?.axis;
    if (number === undefined) return;
    event.preventDefault();
    const axis = this.#axes[number];
    const at = (moved) => (this.#y(0) - (moved.clientY - this.#svg.getBoundingClientRect().top)) / (this.#y(0) - this.#y(1));
    const start = at(event);
    let [end, frame] = [start, 0];
    const move = (moved) => {
      end = at(moved);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        this.#brushTo(axis, start, end);
      });
    };
    this.#svg.setPointerCapture(event.pointerId);
    this.#svg.addEventListener("pointermove", move);
    const letGo = () => {
      this.#svg.removeEventListener("pointermove", move);
      requestAnimationFrame(() => this.#draw());
    };
    this.#svg.addEventListener("pointerup", letGo, { once: true });
    if (this.#brushes.delete(axis.name)) this.#changed();
  }

  #brushTo({ name, scale }, start, end) {
    const [low, high] = [Math.min(start, end), Math.max(start, end)];
    if (high - low < 0.02) return;
    if (scale.isNumeric) this.#brushes.set(name, [scale.value(low), scale.value(high)].map((value) => Number(value.toPrecision(4))));
    else this.#brushes.set(name, scale.places.filter((place) => scale.position(place) >= low && scale.position(place) <= high));
    if (!this.#brushes.get(name).length) this.#brushes.delete(name);
    this.#changed(true);
  }

  #drawFields() {
    this.#fields.replaceChildren(...this.#axes.map(fieldsOf));
    this.#fillFields();
  }

  // In place, so that the focus stays where it is.
  #fillFields() {
    for (const set of this.#fields.children) {
      const brush = this.#brushes.get(set.dataset.axis);
      [...set.elements].forEach((field, place) => {
        field.value = brush && (field.tagName === "INPUT" || brush.length === 1) ? plain(brush[place]) : "";
        field.classList.toggle("set", Boolean(brush));
      });
    }
  }

  #typed(fieldset) {
    const { name, scale } = this.#axes.find((axis) => axis.name === fieldset.dataset.axis);
    const texts = [...fieldset.elements].map((field) => field.value.trim());
    if (texts.every((text) => text === "")) this.#brushes.delete(name);
    else if (!scale.isNumeric) this.#brushes.set(name, texts);
    else this.#brushes.set(name, [number(texts[0], scale.low), number(texts[1], scale.high)]);
    this.#changed();
  }
}

function number(text, otherwise) {
  return text === "" || Number.isNaN(Number(text)) ? otherwise : Number(text);
}

function inside(value, brush, scale) {
  if (value === null || value === undefined) return false;
  if (!scale.isNumeric) return brush.includes(plain(value));
  const [low, high] = brush.map(scale.position);
  const position = scale.position(value);
  return position >= low - NUDGE / 2 && position <= high + NUDGE / 2;
}
