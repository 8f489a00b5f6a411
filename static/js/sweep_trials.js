// The trials of a sweep and the brushes over them: what the plots and the table of its page share.
// "data" is told when trials came or changed, "brush" when a brush did ({dragging} while a hand still moves it),
// "hover" when a trial is pointed at somewhere.
import { plain, scaleOf } from "./scales.js";

export const ENDED = new Set(["finished", "stopped", "failed", "crashed"]);
// How far beside a brush a value still counts as in it, as a share of the axis: what a label rounds away.
const ROUNDING = 0.006;

export class Trials extends EventTarget {
  list = [];
  axes = [];
  brushes = new Map();
  withPruned = true;
  #kept = null;
  #front = null;

  constructor(data) {
    super();
    this.update(data);
  }

  // All trials, or those that changed.
  update(data) {
    this.sweep = data;
    const known = new Map(this.list.map((trial) => [trial.number, trial]));
    for (const row of data.rows) known.set(row[0], read(data, row));
    this.list = [...known.values()].sort((a, b) => a.number - b.number);
    this.params = data.params.map((param, at) => this.#axis(param.label, param, (trial) => trial.params[at]));
    this.objectives = data.objectives.map(({ key, greater }, at) => ({ ...this.#axis(at ? key : "objective", { label: key, isObjective: true }, (trial) => trial.values[at]), greater }));
    this.axes = [...this.params, ...this.objectives];
    // Columns of the table only.
    this.metrics = data.metrics.map((key) => ({ name: key, label: key, isObjective: true, read: (trial) => trial.metrics.get(key) ?? null }));
    this.hasUnset = this.params.some(({ when }) => when);
    this.#kept = this.#front = null;
    this.dispatchEvent(new CustomEvent("data"));
  }

  #axis(name, dim, read) {
    return { ...dim, name, read, scale: scaleOf(dim, this.list.map(read)) };
  }

  get objective() {
    return this.objectives[0];
  }

  get greater() {
    return this.objective.greater;
  }

  axis(name) {
    return this.axes.find((axis) => axis.name === name);
  }

  // What a column of the table shows of a trial: an axis or a metric.
  column(name) {
    return this.axis(name) ?? this.metrics.find((metric) => metric.name === name);
  }

  // Those inside every brush.
  get kept() {
    this.#kept ??= new Set(this.list.filter((trial) => this.#matches(trial)));
    return this.#kept;
  }

  // Of those the ones that no other beats in all of the objectives.
  get front() {
    this.#front ??= paretoFront([...this.kept], this.objectives);
    return this.#front;
  }

  isKept(trial) {
    return this.kept.has(trial);
  }

  get isBrushed() {
    return this.brushes.size > 0;
  }

  #matches(trial) {
    if (trial.pruned && !this.withPruned) return false;
    return this.axes.every(({ name, read, scale }) => {
      const brush = this.brushes.get(name);
      return !brush || inside(read(trial), brush, scale);
    });
  }

  // Of numbers [low, high], of words those that are chosen; null takes the brush away.
  brush(name, ends, dragging = false) {
    if (ends?.length) this.brushes.set(name, ends);
    else this.brushes.delete(name);
    this.changed(dragging);
  }

  clear() {
    this.brushes.clear();
    this.changed();
  }

  changed(dragging = false) {
    this.#kept = this.#front = null;
    this.dispatchEvent(new CustomEvent("brush", { detail: { dragging } }));
  }

  hover(trial) {
    if (trial === this.hovered) return;
    this.hovered = trial;
    this.dispatchEvent(new CustomEvent("hover"));
  }

  // 0 worst … 1 best of the first objective; -1 before the first measurement.
  goodness(trial) {
    if (trial.value === null) return -1;
    const position = this.objective.scale.position(trial.value);
    return this.greater ? position : 1 - position;
  }

  isBetter(one, other, { greater } = this) {
    return greater ? one > other : one < other;
  }

  best(trials = this.list) {
    return trials.reduce((best, trial) => (trial.value !== null && (!best || this.isBetter(trial.value, best.value)) ? trial : best), null);
  }
}

function read({ columns, metrics }, row) {
  const trial = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
  trial.value = trial.values[0];
  trial.metrics = new Map(metrics.map((key, at) => [key, trial.metrics[at]]));
  trial.isOver = ENDED.has(trial.state);
  return trial;
}

// Trials for which no other is at least as good in every objective and better in one, as runs/sweeps/front.py has it:
// what beats a trial stands before it in this order, and then so does one of the front.
function paretoFront(trials, objectives) {
  const measured = trials.filter(({ values }) => values.every((value) => value !== null));
  const goods = new Map(measured.map((trial) => [trial, trial.values.map((value, at) => (objectives[at].greater ? value : -value))]));
  const order = (a, b) => {
    const at = a.findIndex((value, place) => value !== b[place]);
    return at < 0 ? 0 : b[at] - a[at];
  };
  const beats = (a, b) => a.every((value, at) => value >= b[at]) && a.some((value, at) => value > b[at]);
  const front = new Set();
  for (const [trial, good] of [...goods].sort(([, a], [, b]) => order(a, b))) {
    if (![...front].some((other) => beats(goods.get(other), good))) front.add(trial);
  }
  return front;
}

function inside(value, brush, scale) {
  if (value === null || value === undefined) return false;
  if (!scale.isNumeric) return brush.includes(plain(value));
  const position = scale.position(value);
  return position >= scale.position(brush[0]) - ROUNDING && position <= scale.position(brush[1]) + ROUNDING;
}

// A brush in words: "learning_rate 1.8e-4 … 5.2e-4", "eval/f1 ≥ 0.968".
export function brushText({ label, scale }, brush) {
  if (!scale.isNumeric) return `${label} ${brush.join(", ")}`;
  const [low, high] = brush;
  if (high >= scale.high) return `${label} ≥ ${plain(low)}`;
  return low <= scale.low ? `${label} ≤ ${plain(high)}` : `${label} ${plain(low)} … ${plain(high)}`;
}
