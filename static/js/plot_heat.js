// A grid sweep as what it is: two hyperparameters across and down, the best of each cell in it. Pressing a cell brushes it.
import { svg } from "./dom.js";
import { number } from "./format.js";
import { rampColour } from "./ramp.js";
import { picture, star } from "./plot_frame.js";
import { plain } from "./scales.js";

const MARGIN = { left: 74, right: 12, top: 6, bottom: 36 };
// Under this a cell has no room for its number.
const ROOM = [44, 14];

export const heat = {
  title: "Grid",
  hint: (trials, { axes }) => (trials.params.length > 2 ? `best ${trials.objective.label} over the other ${trials.params.length - axes.length}` : trials.objective.label),
  draw(trials, width, { axes, height }) {
    const [across, down = null] = axes;
    const cells = cellsOf(trials, across, down);
    const [columns, rows] = [placesOf(across), down ? placesOf(down) : [null]];
    const each = [(width - MARGIN.left - MARGIN.right) / columns.length, (height - MARGIN.top - MARGIN.bottom) / rows.length];
    const at = (column, row) => [MARGIN.left + column * each[0], MARGIN.top + (rows.length - 1 - row) * each[1]];
    const best = trials.best([...trials.kept]);
    const parts = columns.flatMap((x, column) => rows.flatMap((y, row) => cellParts(trials, cells.get(`${x}\n${y}`), at(column, row), each, best, { across, down, x, y })));
    const places = [...cells].map(([key, { shown }]) => [shown, middle(key, columns, rows, at, each)]).filter(([trial]) => trial);
    const words = `${trials.objective.label} over ${across.label}${down ? ` and ${down.label}` : ""}`;
    return { places, node: picture({ width, height }, words, parts, labels(columns, rows, at, each, { across, down, width, height })) };
  },
  data(trials, { axes: [across, down = null] }) {
    const axes = down ? [across, down] : [across];
    const cells = [...cellsOf(trials, across, down).values()];
    const rows = cells.map(({ members, shown }) => [...axes.map(({ read }) => read(members[0])), shown?.value ?? null, shown?.number ?? null, members.length]);
    return { head: [...axes.map(({ label }) => label), `best ${trials.objective.label}`, "trial", "trials"], rows };
  },
  press(trials, target) {
    const cell = target.closest("[data-cell]");
    if (!cell) return false;
    for (const [name, value] of JSON.parse(cell.dataset.cell)) {
      const { scale, read } = trials.axis(name);
      const found = trials.list.map(read).find((one) => plain(one) === value);
      trials.brush(name, scale.isNumeric ? [found, found] : [value]);
    }
    return true;
  },
};

const placesOf = ({ scale, name, read }) => scale.ticks.map(({ value }) => plain(value));

// What each cell holds: its trials inside the brush, the best of them, and how many are on their way.
function cellsOf(trials, across, down) {
  const cells = new Map();
  for (const trial of trials.list) {
    if (!trials.isKept(trial)) continue;
    const key = `${plain(across.read(trial))}\n${down ? plain(down.read(trial)) : null}`;
    const cell = cells.get(key) ?? { members: [], shown: null };
    cell.members.push(trial);
    cell.shown = trials.best(cell.members);
    cells.set(key, cell);
  }
  return cells;
}

function middle(key, columns, rows, at, each) {
  const [x, y] = key.split("\n");
  const [left, top] = at(columns.indexOf(x), y === "null" ? 0 : rows.indexOf(y));
  return [left + each[0] / 2, top + each[1] / 2];
}

function cellParts(trials, cell, [x, y], [wide, high], best, { across, down, x: column, y: row }) {
  const box = { x: x + 1, y: y + 1, width: Math.max(1, wide - 2), height: Math.max(1, high - 2), rx: 2 };
  const names = JSON.stringify([[across.name, column], ...(down ? [[down.name, row]] : [])]);
  if (!cell?.shown) {
    const open = cell?.members.filter((trial) => !trial.isOver).length;
    const words = !cell ? "" : open ? `${open} to come` : "no value";
    return [svg("rect", { ...box, class: "cell-empty", "data-cell": names }), ...(wide > ROOM[0] && words ? [text(x + wide / 2, y + high / 2, words, "cell-words")] : [])];
  }
  const shade = rampColour(trials.goodness(cell.shown));
  const rect = svg("rect", { ...box, fill: `rgb(${shade})`, "data-cell": names }, svg("title", {}, `${cell.members.length === 1 ? "trial" : `best of ${cell.members.length}: trial`} ${cell.shown.number}: ${number(cell.shown.value)}`));
  const hasRoom = wide > ROOM[0] && high > ROOM[1];
  const dark = 0.3 * shade[0] + 0.6 * shade[1] + 0.1 * shade[2] < 105;
  const label = hasRoom ? [text(x + wide / 2, y + high / 2, number(cell.shown.value), dark ? "on-dark" : "on-light")] : [];
  return [rect, ...label, ...(cell.shown === best ? [star([x + 11, y + 11], 6)] : [])];
}

const text = (x, y, words, name) => svg("text", { x, y: y + 4, class: `cell ${name}`, "text-anchor": "middle" }, words);

function labels(columns, rows, at, each, { across, down, width, height }) {
  const fits = (words, room) => (words.length * 6 > room ? `${words.slice(0, Math.max(1, Math.floor(room / 6) - 1))}…` : words);
  const below = columns.map((words, column) => svg("text", { x: at(column, 0)[0] + each[0] / 2, y: height - 22, "text-anchor": "middle" }, fits(words, each[0])));
  const beside = down ? rows.map((words, row) => svg("text", { x: MARGIN.left - 8, y: at(0, row)[1] + each[1] / 2 + 3, "text-anchor": "end" }, fits(words, MARGIN.left - 12))) : [];
  const names = [svg("text", { class: "axis-name", x: (MARGIN.left + width) / 2, y: height - 6, "text-anchor": "middle" }, across.label)];
  if (down) names.push(svg("text", { class: "axis-name", transform: `translate(10 ${height / 2 - 12}) rotate(-90)`, "text-anchor": "middle" }, down.label));
  return [...below, ...beside, ...names];
}
