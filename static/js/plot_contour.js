// Two hyperparameters and the objective between the trials: bands of the ramp, smoothed from the trials with a Gaussian
// kernel. Where there are no trials nothing is known, so the bands fade.
import { element } from "./dom.js";
import { dots, frameOf, grid, picture, trialMarks } from "./plot_frame.js";
import { colour, rampColour } from "./ramp.js";

// Width of the kernel as a share of an axis.
const KERNEL = 0.11;
const [ACROSS, DOWN] = [56, 32];
const BANDS = 10;
// As much weight as this of trials near by, and nothing is faded.
const ENOUGH = 0.7;

export const contour = {
  title: "Contour",
  hint: (trials) => `${trials.objective.label}, smoothed over ${(KERNEL * 100).toFixed(0)} % of an axis; no trials, no colour`,
  draw(trials, width, { axes }) {
    const [first, second] = axes;
    const frame = frameOf(width, { x: first.scale, y: second.scale });
    const having = trials.list.filter((trial) => trial.value !== null && first.read(trial) !== null && second.read(trial) !== null);
    const places = having.map((trial) => [trial, [frame.x(first.read(trial)), frame.y(second.read(trial))]]);
    const known = places.filter(([trial]) => trials.isKept(trial)).map(([trial, [x, y]]) => [(x - frame.left) / (frame.right - frame.left), (y - frame.top) / (frame.bottom - frame.top), trial.value]);
    const words = `${trials.objective.label} over ${first.label} and ${second.label}, ${known.length} trials`;
    // Dark dots on any colour of the ramp.
    const halo = dots(places.filter(([trial]) => trials.isKept(trial) && !trial.pruned).map(([, at]) => at), places.length > 200 ? "halo small" : "halo");
    const node = element("div", { class: "contour" }, painted(frame, field(known), trials.greater), picture(frame, words, grid(frame), halo, trialMarks(trials, places)));
    return { places, node };
  },
};

// The smoothed objective on a grid over the unit square, and how much is known there. The trials are put on the grid
// first and smoothed along each side after the other, so that a thousand cost as much as ten.
export function field(known) {
  const [sums, weights] = [new Float64Array(ACROSS * DOWN), new Float64Array(ACROSS * DOWN)];
  for (const [x, y, value] of known) {
    const at = Math.round(y * (DOWN - 1)) * ACROSS + Math.round(x * (ACROSS - 1));
    sums[at] += value;
    weights[at] += 1;
  }
  const [sum, weight] = [sums, weights].map((values) => smooth(smooth(values, ACROSS, 1, DOWN, ACROSS), DOWN, ACROSS, ACROSS, 1));
  const mean = known.reduce((total, [, , value]) => total + value, 0) / known.length;
  // Far from every trial the mean of all is as good as anything.
  return { values: sum.map((value, at) => (value + 1e-6 * mean) / (weight[at] + 1e-6)), weights: weight };
}

// Along rows or columns: `count` values that are `step` apart, in each of `lines` that are `apart` from each other.
function smooth(values, count, step, lines, apart) {
  const kernel = Array.from({ length: count }, (_, away) => Math.exp(-((away / (count - 1)) ** 2) / (2 * KERNEL * KERNEL)));
  const smoothed = new Float64Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let from = 0; from < count; from++) {
      const value = values[line * apart + from * step];
      if (value) for (let to = 0; to < count; to++) smoothed[line * apart + to * step] += value * kernel[Math.abs(to - from)];
    }
  }
  return smoothed;
}

function painted({ left, right, top, bottom, width, height }, { values, weights }, greater) {
  const [wide, high] = [Math.round(right - left), Math.round(bottom - top)];
  const canvas = element("canvas", { width: wide, height: high, "aria-hidden": "true" });
  Object.assign(canvas.style, { left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * wide) / width}%`, height: `${(100 * high) / height}%` });
  const [low, most] = [Math.min(...values), Math.max(...values)];
  if (!Number.isFinite(low)) return canvas;
  const context = canvas.getContext("2d");
  const image = context.createImageData(wide, high);
  const bandAt = (x, y) => Math.min(BANDS - 1, Math.floor(((between(values, x / (wide - 1), y / (high - 1)) - low) / (most - low || 1)) * BANDS));
  const colours = Array.from({ length: BANDS }, (_, band) => rampColour((greater ? band : BANDS - 1 - band) / (BANDS - 1)));
  paint(image, wide, high, { bandAt, colours, known: (x, y) => Math.min(1, between(weights, x / (wide - 1), y / (high - 1)) / ENOUGH) });
  context.putImageData(image, 0, 0);
  return canvas;
}

function paint({ data }, wide, high, { bandAt, colours, known }) {
  const ground = colour("surface");
  let above = new Int8Array(wide).fill(-1);
  for (let y = 0; y < high; y++) {
    const bands = Int8Array.from({ length: wide }, (_, x) => bandAt(x, y));
    for (let x = 0; x < wide; x++) {
      const isEdge = (x && bands[x] !== bands[x - 1]) || (y && bands[x] !== above[x]);
      const share = 0.12 + 0.88 * known(x, y);
      const at = (y * wide + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = ground[channel] + ((isEdge ? 0.72 : 1) * colours[bands[x]][channel] - ground[channel]) * share;
      }
      data[at + 3] = 255;
    }
    above = bands;
  }
}

// Bilinear between the points of the grid; x and y from 0 to 1.
function between(values, x, y) {
  const [px, py] = [x * (ACROSS - 1), y * (DOWN - 1)];
  const [at, row] = [Math.min(ACROSS - 2, Math.floor(px)), Math.min(DOWN - 2, Math.floor(py))];
  const [right, down] = [px - at, py - row];
  const place = row * ACROSS + at;
  return (values[place] * (1 - right) + values[place + 1] * right) * (1 - down) + (values[place + ACROSS] * (1 - right) + values[place + ACROSS + 1] * right) * down;
}
