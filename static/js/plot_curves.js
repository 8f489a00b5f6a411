// The objective of every trial while it trained: which curves the pruner cut, and whether it was right to.
import { svg } from "./dom.js";
import { extent, frameOf, grid, picture } from "./plot_frame.js";
import { rampColour } from "./ramp.js";

// Lines of one colour are one path.
const COLOURS = 12;

export const curves = {
  title: "Intermediate values",
  hint: (trials) => `${trials.objective.label} by step`,
  legend: ["curve", "pruned"],
  needsCurves: true,
  draw(trials, width, { height }) {
    const drawn = trials.list.filter((trial) => trial.curve?.steps.length);
    const steps = drawn.flatMap(({ curve }) => [curve.steps[0], curve.steps.at(-1)]);
    const frame = frameOf(width, { x: extent(steps, 0.02), y: extent(drawn.flatMap(({ curve }) => curve.values)), height });
    const groups = Map.groupBy([...drawn].sort((a, b) => trials.goodness(a) - trials.goodness(b)), (trial) => shade(trials, trial));
    const ends = drawn.filter((trial) => trials.isKept(trial) && trial.pruned).map((trial) => end(trial, frame));
    const lines = [...groups].sort(([a], [b]) => a - b).map(([name, members]) => line(name, members, frame));
    const places = drawn.map((trial) => [trial, end(trial, frame)]);
    const marks = svg("path", { class: "crosses", d: ends.map(([x, y]) => `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`).join("") });
    return { places, node: picture(frame, `${trials.objective.label} of ${drawn.length} trials by step`, grid(frame), lines, marks) };
  },
  data(trials) {
    const drawn = trials.list.filter((trial) => trials.isKept(trial) && trial.curve?.steps.length);
    return { head: ["trial", "step", trials.objective.label], rows: drawn.flatMap(({ number, curve }) => curve.steps.map((step, at) => [number, step, curve.values[at]])) };
  },
};

const shade = (trials, trial) => (trials.isKept(trial) ? Math.round(Math.max(0, trials.goodness(trial)) * COLOURS) : -1);
const end = ({ curve }, frame) => [frame.x(curve.steps.at(-1)), frame.y(curve.values.at(-1))];

function line(shade, members, frame) {
  const d = members.map(({ curve }) => curve.steps.map((step, at) => `${at ? "L" : "M"}${frame.x(step).toFixed(1)} ${frame.y(curve.values[at]).toFixed(1)}`).join("")).join("");
  const path = svg("path", { class: shade < 0 ? "curve out" : "curve", d });
  if (shade >= 0) path.style.stroke = `rgb(${rampColour(shade / COLOURS)})`;
  return path;
}
