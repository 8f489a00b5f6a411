// Two objectives against each other, and the trials that no other beats in all of the objectives.
import { svg } from "./dom.js";
import { trialData } from "./plot_data.js";
import { dots, extent, frameOf, grid, picture, trialMarks } from "./plot_frame.js";

export const pareto = {
  title: "Pareto front",
  hint: (trials) => trials.objectives.map(({ label, greater }) => `${greater ? "max" : "min"} ${label}`).join(", "),
  legend: ["trial", "pruned", "front"],
  draw(trials, width, { axes, height }) {
    const [one, other] = axes.length === 2 ? axes : trials.objectives;
    const measured = trials.list.filter((trial) => trial.values.every((value) => value !== null));
    const values = (axis) => extent(measured.map(axis.read));
    const frame = frameOf(width, { x: values(one), y: values(other), height });
    const place = (trial) => [frame.x(one.read(trial)), frame.y(other.read(trial))];
    const front = paretoFront(measured.filter((trial) => trials.isKept(trial)), trials.objectives);
    const places = measured.map((trial) => [trial, place(trial)]);
    const sorted = front.map(place).sort(([a], [b]) => a - b);
    const line = sorted.length && trials.objectives.length === 2 ? [svg("path", { class: "best-line", d: `M${sorted.map(([x, y]) => `${x} ${y}`).join("L")}` })] : [];
    const marks = trialMarks(trials, places).filter((node) => !node.classList.contains("star"));
    return { places, node: picture(frame, `${front.length} of ${measured.length} trials are on the front`, grid(frame, { vertical: true }), line, marks, dots(sorted, "on-front")) };
  },
  data: (trials) => trialData(trials, trials.objectives, trials.list.filter((trial) => trial.values.every((value) => value !== null))),
};

// Trials for which no other is at least as good in every objective and better in one.
export function paretoFront(trials, objectives) {
  const goods = trials.map((trial) => trial.values.map((value, at) => (objectives[at].greater ? value : -value)));
  const beats = (a, b) => a.every((value, at) => value >= b[at]) && a.some((value, at) => value > b[at]);
  return trials.filter((_, at) => !goods.some((other) => beats(other, goods[at])));
}
