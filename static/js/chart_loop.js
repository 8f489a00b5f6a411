// When charts are drawn: only those in view, one an animation frame, each about once a second unless a hand asked.
// 0.9 s, so that a point is on the screen within a second of its log call, transport included.
const EVERY = 900;
const dirty = new Map();
let hovered = null;
let frame = 0;
let timer = 0;

// Ask for a redraw; `now` for what a person did, else it waits until EVERY ms have passed since the last one.
export function redraw(chart, now = false) {
  dirty.set(chart, now || dirty.get(chart) || false);
  schedule();
}

export function setHovered(chart) {
  hovered = chart;
}

export function dropped(chart) {
  dirty.delete(chart);
}

function schedule() {
  // Plotly comes by a script of its own, while the points are fetched.
  if (!frame && !document.hidden && window.Plotly) frame = requestAnimationFrame(step);
}

function step() {
  frame = 0;
  const chart = next();
  if (chart) {
    dirty.delete(chart);
    chart.lastDrawn = performance.now();
    chart.draw();
  }
  const wait = soonest();
  if (wait === 0) schedule();
  else if (wait < Infinity) wake(wait);
}

function due(chart) {
  if (!chart.visible) return Infinity;
  return dirty.get(chart) ? 0 : Math.max(0, chart.lastDrawn + EVERY - performance.now());
}

function next() {
  const ready = [...dirty.keys()].filter((chart) => due(chart) === 0);
  return ready.includes(hovered) ? hovered : ready[0];
}

function soonest() {
  return Math.min(Infinity, ...[...dirty.keys()].map(due));
}

function wake(wait) {
  clearTimeout(timer);
  timer = setTimeout(schedule, wait);
}

document.addEventListener("visibilitychange", schedule);
document.querySelector("script[data-plotly]")?.addEventListener("load", schedule);
