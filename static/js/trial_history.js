// The objective of each trial by its number, and the best so far as a staircase.
import { ticks, valueLabel } from "./chart_axes.js";
import { svg } from "./dom.js";
import { number } from "./format.js";

const HEIGHT = 190;
const MARGIN = { left: 52, right: 12, top: 10, bottom: 22 };
const LINES = 4;
// Pixels that the number of a trial takes.
const A_NUMBER = 28;
const EARLY = new Set(["stopped", "failed", "crashed"]);

export function drawHistory(box, data, isIn) {
  const measured = data.trials.filter((trial) => trial.value !== null);
  const width = box.clientWidth - 24 || 800;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  if (measured.length) picture.append(...parts(measured, data, scales(measured, data, width), isIn));
  else picture.append(svg("text", { x: MARGIN.left, y: HEIGHT / 2 }, `No trial has measured ${data.objective} yet.`));
  box.replaceChildren(picture);
}

function scales(measured, data, width) {
  const values = measured.map((trial) => trial.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = Math.max(1, ...data.trials.map((trial) => trial.number));
  const [left, right, bottom] = [MARGIN.left, width - MARGIN.right, HEIGHT - MARGIN.bottom];
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  return {
    low: low - pad, high: high + pad, left, right, last,
    x: (trial) => left + 8 + ((right - left - 16) * trial) / last,
    y: (value) => bottom - ((value - low + pad) / (high - low + 2 * pad)) * (bottom - MARGIN.top),
  };
}

function parts(measured, data, scale, isIn) {
  const best = bestSoFar(measured, data.greater);
  return [...grid(scale), staircase(best, scale), ...measured.map((trial) => point(trial, scale, isIn, best.at(-1).trial))];
}

function bestSoFar(measured, greater) {
  const steps = [];
  for (const trial of measured) {
    const last = steps.at(-1)?.value;
    if (last === undefined || (greater ? trial.value > last : trial.value < last)) steps.push({ trial, value: trial.value });
  }
  return steps;
}

function staircase(steps, { x, y, right }) {
  const corners = steps.map(({ trial, value }, place) => `${place ? "H" : "M"}${x(trial.number)}${place ? "V" : " "}${y(value)}`);
  return svg("path", { class: "best-line", d: `${corners.join("")}H${right}` });
}

function grid({ low, high, left, right, last, x, y }) {
  const lines = ticks(low, high, LINES).flatMap((value) => [
    svg("line", { class: "grid-line", x1: left, x2: right, y1: y(value), y2: y(value) }),
    svg("text", { x: left - 8, y: y(value) + 3, "text-anchor": "end" }, valueLabel(value)),
  ]);
  // Every trial has its number while there is room for it.
  const most = Math.max(1, Math.floor((right - left) / A_NUMBER));
  const numbers = ticks(0, last, Math.min(last, most)).filter(Number.isInteger);
  return [...lines, ...numbers.map((trial) => svg("text", { x: x(trial), y: HEIGHT - 6, "text-anchor": "middle" }, String(trial)))];
}

function point(trial, { x, y }, isIn, best) {
  const isBest = trial === best;
  const dot = svg("circle", { class: "point", cx: x(trial.number), cy: y(trial.value), r: isBest ? 5 : 3.5, "data-run": trial.run });
  dot.classList.toggle("best-point", isBest);
  dot.classList.toggle("ended-early", !isBest && EARLY.has(trial.state));
  dot.classList.toggle("out", !isIn(trial));
  dot.append(svg("title", {}, `trial ${trial.number}: ${number(trial.value)}, ${trial.state}`));
  return dot;
}
