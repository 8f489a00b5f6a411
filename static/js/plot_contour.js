// Two hyperparameters and the objective between the trials: bands of the ramp, smoothed from the trials with a Gaussian
// kernel. Where there are no trials nothing is known, so the bands fade.
import { element } from "./dom.js";
import { trialData } from "./plot_data.js";
import { dots, frameOf, grid, picture, trialMarks } from "./plot_frame.js";
import { colour, rampColour } from "./ramp.js";

// Width of the kernel as a share of an axis.
const KERNEL = 0.11;
const [ACROSS, DOWN] = [56, 32];
const BANDS = 10;
// Steps in which the colours fade.
const SHARES = 64;
// As much weight as this of trials near by, and nothing is faded.
const ENOUGH = 0.7;

export const contour = {
  title: "Contour",
  hint: (trials) => `${trials.objective.label}, smoothed over ${(KERNEL * 100).toFixed(0)} % of an axis; no trials, no colour`,
  draw(trials, width, { axes, height }) {
    const [first, second] = axes;
    const frame = frameOf(width, { x: first.scale, y: second.scale, height });
    const having = havingAll(trials, axes);
    const places = having.map((trial) => [trial, [frame.x(first.read(trial)), frame.y(second.read(trial))]]);
    const known = places.filter(([trial]) => trials.isKept(trial)).map(([trial, [x, y]]) => [(x - frame.left) / (frame.right - frame.left), (y - frame.top) / (frame.bottom - frame.top), trial.value]);
    const words = `${trials.objective.label} over ${first.label} and ${second.label}, ${known.length} trials`;
    // Dark dots on any colour of the ramp.
    const halo = dots(places.filter(([trial]) => trials.isKept(trial) && !trial.pruned).map(([, at]) => at), places.length > 200 ? "halo small" : "halo");
    const node = element("div", { class: "contour" }, painted(frame, field(known), trials.greater), picture(frame, words, grid(frame), halo, trialMarks(trials, places)));
    return { places, node };
  },
  data: (trials, { axes }) => trialData(trials, [...axes, trials.objective], havingAll(trials, axes)),
};

const havingAll = (trials, axes) => trials.list.filter((trial) => trial.value !== null && axes.every(({ read }) => read(trial) !== null));

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
  const bands = values.map((value) => ((value - low) / (most - low || 1)) * BANDS);
  const known = weights.map((weight) => Math.min(1, weight / ENOUGH) * (SHARES - 1));
  paint(new Uint32Array(image.data.buffer), wide, high, { bands, known, colours: coloursOf(greater) });
  context.putImageData(image, 0, 0);
  return canvas;
}

// The colour of each band by how much is known, then those of its edge: a brush paints a hundred thousand pixels a frame.
function coloursOf(greater) {
  const ground = colour("surface");
  const colours = new Uint32Array(BANDS * 2 * SHARES);
  for (let row = 0; row < 2 * BANDS; row++) {
    const [band, dark] = [row >> 1, row & 1 ? 0.72 : 1];
    const ramp = rampColour((greater ? band : BANDS - 1 - band) / (BANDS - 1));
    for (let known = 0; known < SHARES; known++) {
      const [r, g, b] = ramp.map((channel, at) => ground[at] + (dark * channel - ground[at]) * (0.12 + (0.88 * known) / (SHARES - 1)));
      colours[row * SHARES + known] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
  }
  return colours;
}

function paint(words, wide, high, { bands, known, colours }) {
  const [places, shares] = placesOf(wide, ACROSS);
  const [rows, downs] = placesOf(high, DOWN);
  const [bandRow, knownRow] = [new Float64Array(ACROSS), new Float64Array(ACROSS)];
  const above = new Int8Array(wide);
  for (let y = 0, at = 0; y < high; y++) {
    between(bands, rows[y] * ACROSS, downs[y], bandRow);
    between(known, rows[y] * ACROSS, downs[y], knownRow);
    for (let x = 0, before = -1; x < wide; x++, at++) {
      const place = places[x];
      const right = shares[x];
      const level = (bandRow[place] * (1 - right) + bandRow[place + 1] * right) | 0;
      const band = level < BANDS ? level : BANDS - 1;
      const share = (knownRow[place] * (1 - right) + knownRow[place + 1] * right) | 0;
      const isEdge = (x && band !== before) || (y && band !== above[x]);
      words[at] = colours[(band * 2 + (isEdge ? 1 : 0)) * SHARES + share];
      before = above[x] = band;
    }
  }
}

// Of `count` points the one before each of `pixels` over the same length, and how far beyond it that is.
function placesOf(pixels, count) {
  const parts = Float64Array.from({ length: pixels }, (_, at) => (at / (pixels - 1)) * (count - 1));
  const before = Int32Array.from(parts, (part) => Math.min(count - 2, part));
  return [before, parts.map((part, at) => part - before[at])];
}

// The row that is so far `down` from the one that begins at `start` to the next.
function between(values, start, down, row) {
  for (let at = 0; at < ACROSS; at++) row[at] = values[start + at] * (1 - down) + values[start + ACROSS + at] * down;
}
