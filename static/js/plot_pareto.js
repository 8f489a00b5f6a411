// Two objectives against each other, a third as colour, and the trials that no other beats in all of the objectives.
import { element, svg } from "./dom.js";
import { number } from "./format.js";
import { trialData } from "./plot_data.js";
import { crosses, dots, extent, frameOf, grid, picture, trialMarks } from "./plot_frame.js";
import { rampColour } from "./ramp.js";
import { plain } from "./scales.js";

// Dots of one colour are one path.
const COLOURS = 16;
// More links than this are left to the table.
const MOST_LINKS = 60;
// More runs than this the comparison does not show.
const MOST_COMPARED = 8;

export const pareto = {
  title: "Pareto front",
  hint: (trials) => `${trials.objectives.map(({ label, greater }) => `${greater ? "max" : "min"} ${label}`).join(", ")}; ${trials.front.size} of ${trials.list.filter(isMeasured).length} on the front`,
  legend: ["trial", "pruned", "front", "colour"],
  draw(trials, width, { axes, height }) {
    const [one, other, third = null] = axes;
    const measured = trials.list.filter(isMeasured);
    const values = (axis) => extent(measured.map(axis.read));
    const frame = frameOf(width, { x: values(one), y: values(other), height });
    const places = measured.map((trial) => [trial, [frame.x(one.read(trial)), frame.y(other.read(trial))]]);
    const onFront = places.filter(([trial]) => trials.front.has(trial)).sort(([, [a]], [, [b]]) => a - b);
    const marks = third ? coloured(trials, places, onFront, third) : flat(trials, places, onFront);
    const words = `${other.label} over ${one.label}${third ? `, ${third.label} as colour` : ""}; ${onFront.length} of ${measured.length} trials are on the front`;
    const names = [svg("text", { class: "axis-name across", x: frame.right, y: frame.bottom - 5 }, one.label), svg("text", { class: "axis-name up", x: frame.left + 4, y: frame.top + 8 }, other.label)];
    return { places, node: picture(frame, words, grid(frame, { vertical: true }), names, marks) };
  },
  data(trials) {
    const isOn = (trial) => trials.front.has(trial);
    const rows = trials.list.filter(isMeasured).sort((a, b) => isOn(b) - isOn(a));
    return trialData(trials, [{ label: "front", read: (trial) => (isOn(trial) ? "on the front" : "") }, ...trials.objectives], rows);
  },
  // What the legend says of the colour, and the trials of the front as links.
  drawn(card, trials, { axes }) {
    card.querySelector('[data-legend="trial"]').hidden = axes.length > 2;
    if (axes[2]) legend(card.querySelector('[data-legend="colour"]'), trials, axes[2]);
    card.querySelector("[data-plot-list]").replaceChildren(...links(trials));
  },
};

const isMeasured = ({ values }) => values.every((value) => value !== null);

function flat(trials, places, onFront) {
  const points = onFront.map(([, at]) => at);
  const line = points.length ? [svg("path", { class: "best-line", d: `M${points.map(([x, y]) => `${x} ${y}`).join("L")}` })] : [];
  const marks = trialMarks(trials, places).filter((node) => !node.classList.contains("star"));
  return [line, marks, dots(points, "on-front")].flat();
}

// Those of the front have a ring; they are seen over the others.
function coloured(trials, places, onFront, axis) {
  const of = (holds) => places.filter(([trial]) => holds(trial)).map(([, at]) => at);
  const shades = Map.groupBy(places.filter(([trial]) => trials.isKept(trial) && !trial.pruned), ([trial]) => Math.round(goodness(axis, trial) * COLOURS));
  const out = [dots(of((trial) => !trials.isKept(trial)), "out"), crosses(of((trial) => trials.isKept(trial) && trial.pruned), "")];
  const shaded = ([shade, members], classes) => inColour(dots(members.map(([, at]) => at), classes), shade);
  const front = [...Map.groupBy(onFront, ([trial]) => Math.round(goodness(axis, trial) * COLOURS))];
  return [...out, ...[...shades].map((group) => shaded(group, "")), dots(onFront.map(([, at]) => at), "front-ring"), dots(onFront.map(([, at]) => at), "front-gap"), ...front.map((group) => shaded(group, "front-core"))];
}

function inColour(path, shade) {
  path.style.stroke = `rgb(${rampColour(shade / COLOURS)})`;
  return path;
}

// 0 worst … 1 best.
function goodness({ scale, greater, read }, trial) {
  const position = scale.position(read(trial));
  return greater ? position : 1 - position;
}

function legend(node, trials, axis) {
  const values = trials.list.map(axis.read).filter((value) => value !== null);
  const ends = values.length ? [Math.min(...values), Math.max(...values)] : [null, null];
  if (!axis.greater) ends.reverse();
  const [low, high] = ends.map((value) => (value === null ? "—" : plain(value)));
  node.replaceChildren(`${axis.label} ${low}`, element("span", { class: "ramp-bar", "aria-hidden": "true" }), high);
}

function links(trials) {
  const front = [...trials.front].sort((a, b) => a.number - b.number);
  if (!front.length) return [];
  const words = (trial) => trials.objectives.map(({ label, read }) => `${label} ${number(read(trial))}`).join(", ");
  const shown = front.slice(0, MOST_LINKS).map((trial) => element("a", { href: `/r/${trial.run}`, "data-trial": trial.number, title: `trial ${trial.number}: ${words(trial)}` }, String(trial.number)));
  const rest = front.length > MOST_LINKS ? [element("span", {}, `and ${front.length - MOST_LINKS} more, in the table (T)`)] : [];
  const { compareTop } = document.querySelector("[data-compare-top]").dataset;
  const compared = front.slice(0, MOST_COMPARED);
  const compare = element("a", { href: `${compareTop}?runs=${compared.flatMap(({ members, run }) => members ?? [run]).join(",")}` }, compared.length < front.length ? `Compare the first ${compared.length}` : "Compare them");
  return [element("span", {}, "On the front:"), ...shown, ...rest, ...(front.length > 1 ? [compare] : [])];
}
