// How many trials reach a value: the empirical distribution of the objective.
import { svg } from "./dom.js";
import { extent, frameOf, grid, picture } from "./plot_frame.js";

export const edf = {
  title: "Distribution",
  hint: (trials) => `share of trials with ${trials.objective.label} at most`,
  legend: ["trial", "out"],
  draw(trials, width, { height }) {
    const all = trials.list.filter((trial) => trial.value !== null);
    const frame = frameOf(width, { x: extent(all.map((trial) => trial.value), 0.02), y: [0, 1.02], height });
    const kept = all.filter((trial) => trials.isKept(trial));
    const places = sorted(kept).map((trial, at) => [trial, [frame.x(trial.value), frame.y((at + 1) / kept.length)]]);
    const words = `${trials.objective.label} of ${kept.length} trials, sorted`;
    const everyone = trials.isBrushed ? [stairs(all, frame, "edf-line out")] : [];
    return { places, node: picture(frame, words, grid(frame), everyone, kept.length ? [stairs(kept, frame, "edf-line")] : []) };
  },
  data(trials) {
    const kept = sorted(trials.list.filter((trial) => trial.value !== null && trials.isKept(trial)));
    return { head: ["trial", trials.objective.label, "share"], rows: kept.map(({ number, value }, at) => [number, value, (at + 1) / kept.length]) };
  },
};

const sorted = (trials) => [...trials].sort((a, b) => a.value - b.value);

function stairs(trials, frame, name) {
  const corners = sorted(trials).map((trial, at) => `H${frame.x(trial.value).toFixed(1)}V${frame.y((at + 1) / trials.length).toFixed(1)}`);
  return svg("path", { class: name, d: `M${frame.left} ${frame.y(0)}${corners.join("")}H${frame.right}` });
}
