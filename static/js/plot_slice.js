// The objective over each hyperparameter: one scatter each, or one large for a chosen one.
import { element, svg } from "./dom.js";
import { fitting } from "./parallel_shapes.js";
import { trialData } from "./plot_data.js";
import { extent, frameOf, grid, picture, trialMarks } from "./plot_frame.js";

const LEAST_WIDTH = 112;

export const slice = {
  title: "Slice",
  hint: (trials) => `${trials.objective.label} over each hyperparameter`,
  draw(trials, width, { axes, height }) {
    const shown = axes.length === 1 ? axes : trials.params;
    const each = Math.max(LEAST_WIDTH, Math.floor(width / shown.length));
    const measured = trials.list.filter((trial) => trial.value !== null);
    const y = extent(measured.map((trial) => trial.value));
    const drawn = shown.map((axis, at) => scatter(trials, measured, axis, y, [each, height], at));
    const places = drawn.flatMap(({ places }, at) => places.map(([trial, [x, py]]) => [trial, [x + at * each, py]]));
    return { places, node: joined(drawn.map(({ node }) => node), each, height, `${trials.objective.label} over ${shown.map(({ label }) => label).join(", ")}, ${measured.length} trials`) };
  },
  data: (trials, { axes }) => trialData(trials, [...(axes.length === 1 ? axes : trials.params), trials.objective], trials.list.filter((trial) => trial.value !== null)),
};

function scatter(trials, measured, axis, y, [width, height], at) {
  const frame = frameOf(width, { x: axis.scale, y, height, left: at ? 14 : 52 });
  if (at) frame.yTicks = frame.yTicks.map(({ value }) => ({ value, label: "" }));
  const having = measured.filter((trial) => axis.read(trial) !== null);
  const places = having.map((trial) => [trial, [frame.x(axis.read(trial)), frame.y(trial.value)]]);
  const name = svg("text", { class: "axis-name", x: (frame.left + frame.right) / 2, y: 8, "text-anchor": "middle" }, fitting(axis.label, frame.right - frame.left));
  return { places, node: picture(frame, `${trials.objective.label} over ${axis.label}, ${having.length} trials`, grid(frame), trialMarks(trials, places), name) };
}

// One picture, so that places are counted from its left edge; it scrolls sideways where it has no room.
function joined(pictures, each, height, words) {
  const whole = svg("svg", { viewBox: `0 0 ${each * pictures.length} ${height}`, width: each * pictures.length, height, role: "group", "aria-label": words });
  pictures.forEach((one, at) => {
    for (const [name, value] of Object.entries({ x: at * each, y: 0, width: each, height })) one.setAttribute(name, value);
    whole.append(one);
  });
  return element("div", { class: "slices" }, whole);
}
