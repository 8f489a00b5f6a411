// The frame of a small plot of trials as SVG: scales, grid, ticks, and dots as one path a class, so that a brush over
// 1,000 trials changes a handful of elements.
import { logTicks, ticks as linearTicks, valueLabel } from "./chart_axes.js";
import { svg } from "./dom.js";
import { plain } from "./scales.js";

export const HEIGHT = 190;
const MARGIN = { left: 52, right: 12, top: 10, bottom: 24 };
const LINES = 4;
// Pixels that a label takes.
const LABEL = 54;
const NEAR = 12;
// More trials than this are drawn with smaller dots.
const CROWD = 200;

// The extent of values with some room; 0 … 1 where there are none.
export function extent(values, pad = 0.08) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low <= high)) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * pad;
  return [low - room, high + room];
}

// Places of x and y in pixels. `x` and `y` are [low, high], or a scale of scales.js whose ticks are used as they are.
export function frameOf(width, { x, y, height = HEIGHT, left = MARGIN.left, isLogX = false }) {
  const box = { left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  const xs = axis(x, Math.max(2, Math.floor((box.right - box.left) / LABEL)), isLogX);
  const ys = axis(y, LINES);
  return {
    ...box, width, height,
    x: (value) => box.left + xs.position(value) * (box.right - box.left),
    y: (value) => box.bottom - ys.position(value) * (box.bottom - box.top),
    xTicks: xs.ticks, yTicks: ys.ticks,
  };
}

function axis(given, count, isLog = false) {
  if (!Array.isArray(given)) return { position: inset(given.position), ticks: given.ticks };
  const [to, label] = isLog ? [Math.log10, plain] : [(value) => value, valueLabel];
  const [low, high] = given.map(to);
  const values = isLog ? logTicks(low, high) : linearTicks(low, high, count);
  return { position: (value) => (to(value) - low) / (high - low || 1), ticks: values.map((value) => ({ value, label: label(value) })) };
}

// Dots on the ends of a scale stay whole.
const inset = (position) => (value) => 0.03 + 0.94 * position(value);

export function picture(frame, label, ...parts) {
  return svg("svg", { viewBox: `0 0 ${frame.width} ${frame.height}`, role: "img", "aria-label": label }, ...parts.flat());
}

// Grid and labels; `vertical` lines too where both axes are hyperparameters. Labels that would meet are left out.
export function grid(frame, { vertical = false, whole = false } = {}) {
  const { left, right, top, bottom, height } = frame;
  const lines = frame.yTicks.flatMap(({ value, label }) => [
    svg("line", { class: "grid-line", x1: left, x2: right, y1: frame.y(value), y2: frame.y(value) }),
    svg("text", { x: left - 8, y: frame.y(value) + 3, "text-anchor": "end" }, short(label, 8), svg("title", {}, label)),
  ]);
  let free = -Infinity;
  for (const { value, label } of frame.xTicks) {
    const x = frame.x(value);
    if (whole && !Number.isInteger(value)) continue;
    if (vertical) lines.push(svg("line", { class: "grid-line", x1: x, x2: x, y1: top, y2: bottom }));
    const text = short(label, 12);
    if (x - text.length * 3 < free) continue;
    free = x + text.length * 3 + 6;
    lines.push(svg("text", { x, y: height - 7, "text-anchor": "middle" }, text, svg("title", {}, label)));
  }
  return lines;
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// A dot is a line of no length with round ends.
export function dots(points, classes) {
  return svg("path", { class: `dots ${classes}`, d: points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("") });
}

export function crosses(points, classes) {
  return svg("path", { class: `crosses ${classes}`, d: points.map(([x, y]) => `M${(x - 3).toFixed(1)} ${(y - 3).toFixed(1)}l6 6m0 -6l-6 6`).join("") });
}

export function star([x, y], size = 7) {
  const corners = Array.from({ length: 10 }, (_, at) => {
    const [radius, angle] = [at % 2 ? size * 0.42 : size, (Math.PI * at) / 5 - Math.PI / 2];
    return `${(x + radius * Math.cos(angle)).toFixed(1)} ${(y + radius * Math.sin(angle)).toFixed(1)}`;
  });
  return svg("path", { class: "star", d: `M${corners.join("L")}Z` });
}

// The trials as dots, × where pruned or ended early; outside the brush grey, the best a star. `places`: [[trial, [x, y]]].
export function trialMarks(trials, places) {
  const best = trials.best([...trials.kept]);
  const of = (isKept, isEarly) => places.filter(([trial]) => trials.isKept(trial) === isKept && (trial.pruned || trial.state === "failed" || trial.state === "crashed") === isEarly && trial !== best).map(([, at]) => at);
  const starred = places.find(([trial]) => trial === best);
  const size = places.length > CROWD ? " small" : "";
  const marks = [dots(of(false, false), `out${size}`), crosses(of(false, true), "out"), crosses(of(true, true), ""), dots(of(true, false), size)];
  return starred ? [...marks, star(starred[1])] : marks;
}

// Pointing near a mark shows which trial it is; pressing opens it. `places` as above, asked for anew each time.
export function pointable(box, trials, places, words) {
  const nearest = (event) => {
    const picture = box.querySelector("svg");
    if (!picture) return null;
    const area = picture.getBoundingClientRect();
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    let [found, least] = [null, NEAR];
    for (const [trial, [px, py]] of places()) {
      const away = Math.hypot(px - x, py - y);
      if (away < least && trials.isKept(trial)) [found, least] = [trial, away];
    }
    return found;
  };
  box.addEventListener("pointermove", (event) => {
    const trial = nearest(event);
    trials.hover(trial);
    box.classList.toggle("points", Boolean(trial));
    box.title = trial ? words(trial) : "";
  });
  box.addEventListener("pointerleave", () => trials.hover(null));
  box.addEventListener("click", (event) => {
    const trial = nearest(event);
    if (trial) location.href = `/r/${trial.run}`;
  });
}

// A ring around the trial that is pointed at elsewhere.
export function ring(box, trials, places) {
  box.querySelector(".ring")?.remove();
  const at = places().find(([trial]) => trial === trials.hovered)?.[1];
  if (at) box.querySelector("svg")?.append(svg("circle", { class: "ring", cx: at[0], cy: at[1], r: 7 }));
}
