// The curve of a trial in its row: it ends in a dot, or in × where the pruner stopped it.
import { svg } from "./dom.js";

const [WIDTH, HEIGHT] = [78, 20];

// `range`: {steps: [first, last], values: [low, high]} of all trials, so that rows can be compared.
export function sparkline(trial, range) {
  const box = svg("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  const { curve } = trial;
  if (!curve?.steps.length) return box;
  const place = (value, [low, high]) => (high > low ? (value - low) / (high - low) : 0.5);
  const points = curve.steps.map((step, at) => [3 + place(step, range.steps) * (WIDTH - 8), HEIGHT - 4 - place(curve.values[at], range.values) * (HEIGHT - 8)]);
  const [x, y] = points.at(-1);
  box.append(svg("path", { class: "line", d: `M${points.map((point) => point.map((at) => at.toFixed(1)).join(" ")).join("L")}` }));
  box.append(trial.pruned ? svg("path", { class: "end", d: `M${x - 2.5} ${y - 2.5}l5 5m0 -5l-5 5` }) : svg("circle", { class: "end", cx: x, cy: y, r: 1.8 }));
  return box;
}

// Over all trials, in steps and in values.
export function rangeOf(trials) {
  const drawn = trials.filter(({ curve }) => curve?.steps.length);
  const values = drawn.flatMap(({ curve }) => curve.values).sort((a, b) => a - b);
  const steps = drawn.flatMap(({ curve }) => [curve.steps[0], curve.steps.at(-1)]);
  return { steps: [Math.min(...steps), Math.max(...steps)], values: [values[0] ?? 0, values.at(-1) ?? 1] };
}
