// The cells of a trial in the table, by the name of their column.
import { element, icon } from "./dom.js";
import { duration, grouped, minute, number } from "./format.js";
import { plain } from "./scales.js";
import { sparkline } from "./sparkline.js";

const address = ({ run }) => `/r/${run}/charts`;
const figure = (...parts) => element("td", { class: "number" }, ...parts);
const at = (moment) => figure(moment === null ? "—" : minute(moment));

const CELLS = {
  trial: (trial, { isBest }) => figure(...(isBest ? [star(), " "] : []), element("a", { href: address(trial), title: trial.name }, String(trial.number))),
  state: (trial, { icons }) => element("td", {}, state(trial, icons)),
  objective: ({ value, runs, measured }, { isBest }) => figure(isBest ? element("span", { class: "best" }, number(value)) : number(value), ...(runs > 1 ? [element("span", { class: "hint" }, ` n ${measured}`)] : [])),
  curve: (trial, { range }) => element("td", { class: "curve-cell" }, sparkline(trial, range)),
  steps: ({ step }) => figure(grouped(step)),
  time: (trial) => figure(seconds(trial) === null ? "—" : duration(seconds(trial))),
  name: (trial) => element("td", {}, element("a", { href: address(trial), title: trial.name }, trial.name)),
  started: ({ started }) => at(started),
  ended: ({ ended }) => at(ended),
  front: (_, { isOnFront }) => element("td", {}, isOnFront ? "front" : ""),
  seeds: ({ runs }) => figure(grouped(runs)),
  open: (trial) => figure(element("a", { href: address(trial), "aria-label": `Open ${trial.name}` }, "Open")),
};

// `given`: {isBest, isOnFront, axis, icons, range}; `axis` of what is searched or measured.
export function cellOf(name, trial, given) {
  if (CELLS[name]) return CELLS[name](trial, given);
  const value = given.axis.read(trial);
  return element("td", { class: "number mono" }, value === null || value === undefined ? "—" : given.axis.isObjective ? number(value) : plain(value));
}

function state({ pruned, step, state }, icons) {
  if (pruned) return element("span", { class: "row" }, icon("scissors"), `pruned @ ${grouped(step)}`);
  const shape = icons.get(state)?.firstElementChild.cloneNode(true);
  return element("span", { class: "row" }, ...(shape ? [shape] : []), element("span", { "aria-hidden": "true" }, state));
}

// How long a trial has trained; null before it started.
export function seconds({ started, ended }) {
  return started === null ? null : (ended ?? Date.now() / 1000) - started;
}

function star() {
  const shape = icon("star");
  shape.classList.add("best-star");
  return shape;
}
