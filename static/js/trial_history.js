// The objective of each trial by its number, and the best so far as a staircase.
import { svg } from "./dom.js";
import { trialData } from "./plot_data.js";
import { extent, frameOf, grid, picture, trialMarks } from "./plot_frame.js";

export const history = {
  title: "Optimisation history",
  hint: (trials) => `${trials.objective.label} by trial`,
  legend: ["trial", "pruned", "best"],
  draw(trials, width, { height }) {
    const measured = trials.list.filter((trial) => trial.value !== null);
    const last = Math.max(1, ...trials.list.map((trial) => trial.number));
    const frame = frameOf(width, { x: [-0.02 * last, last * 1.02], y: extent(measured.map((trial) => trial.value)), height });
    const places = measured.map((trial) => [trial, [frame.x(trial.number), frame.y(trial.value)]]);
    const best = bestSoFar(trials, measured);
    const words = `${trials.objective.label} by trial, ${measured.length} measured`;
    return { places, node: picture(frame, words, grid(frame, { whole: true }), staircase(best, frame), trialMarks(trials, places)) };
  },
  data: (trials) => trialData(trials, [trials.objective], trials.list.filter((trial) => trial.value !== null)),
};

// The trials that were better than all before them, among those in the brush.
export function bestSoFar(trials, measured) {
  const steps = [];
  for (const trial of measured) {
    if (trials.isKept(trial) && (!steps.length || trials.isBetter(trial.value, steps.at(-1).value))) steps.push(trial);
  }
  return steps;
}

function staircase(steps, { x, y, right }) {
  const corners = steps.map(({ number, value }, place) => `${place ? "H" : "M"}${x(number)}${place ? "V" : " "}${y(value)}`);
  return steps.length ? [svg("path", { class: "best-line", d: `${corners.join("")}H${right}` })] : [];
}
