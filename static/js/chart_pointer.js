// Pointer and keys on a chart: the crosshair, zoom by drag, and what the keys do.
import { setHovered } from "./chart_loop.js";
import { hideTooltip } from "./chart_tooltip.js";
import { nearest } from "./search.js";

// In pixels: how far the crosshair jumps to a measured point, and how far a press must move to be a drag.
const SNAP = 24;
const DRAG = 6;

export function connectPointer(chart) {
  const { overlay, figure, group } = chart;
  let dragFrom = null;

  overlay.addEventListener("pointermove", (event) => {
    if (!chart.scale || group.pinned) return;
    setHovered(chart);
    const x = valueAt(chart, event);
    group.setCrosshair(snapped(chart, x), chart, event.altKey);
    if (dragFrom !== null) showBox(chart, dragFrom, x);
  });
  overlay.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !chart.scale || event.pointerType === "touch") return;
    dragFrom = valueAt(chart, event);
    overlay.setPointerCapture(event.pointerId);
  });
  const release = (event) => {
    if (dragFrom === null) return;
    const ends = [dragFrom, valueAt(chart, event)].sort((a, b) => a - b);
    dragFrom = null;
    chart.zoomBox.hidden = true;
    if (event.type === "pointerup" && chart.scale.pixel(ends[1]) - chart.scale.pixel(ends[0]) > DRAG) group.view.setZoom(ends);
  };
  overlay.addEventListener("pointerup", release);
  overlay.addEventListener("pointercancel", release);
  overlay.addEventListener("pointerleave", () => leave(chart));
  overlay.addEventListener("dblclick", () => group.view.setZoom(null));
  figure.addEventListener("blur", () => leave(chart));
  figure.addEventListener("keydown", (event) => pressed(chart, event));
}

function valueAt({ overlay, scale }, event) {
  return scale.value(event.clientX - overlay.getBoundingClientRect().left);
}

// The nearest point of the leading line, so that the crosshair stands on something measured.
function snapped({ leading: line, scale }, x) {
  const at = line ? nearest(line.x, x) : -1;
  return at < 0 || Math.abs(scale.pixel(line.x[at]) - scale.pixel(x)) > SNAP ? x : line.x[at];
}

function showBox({ scale, zoomBox }, from, to) {
  const [low, high] = [scale.pixel(from), scale.pixel(to)].sort((a, b) => a - b);
  zoomBox.hidden = false;
  zoomBox.style.transform = `translateX(${low}px) scaleX(${high - low})`;
}

function leave({ group }) {
  if (group.pinned) return;
  setHovered(null);
  hideTooltip();
  group.setCrosshair(null, null);
}

function pressed(chart, event) {
  if (event.target !== chart.figure || event.metaKey || event.ctrlKey) return;
  const { group, key } = chart;
  const actions = {
    ArrowLeft: () => move(chart, event, -1),
    ArrowRight: () => move(chart, event, 1),
    s: () => (group.pinned = !group.pinned),
    t: () => chart.toggleTable(),
    l: () => group.view.toggleLog(key),
    f: () => group.view.enlarge(key),
    Escape: () => (chart.enlarged ? group.view.enlarge(key) : leave(chart)),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}

// The crosshair by points of the leading line; with Shift by ten.
function move(chart, event, direction) {
  const line = chart.leading;
  if (!line?.x.length) return;
  const { crosshair } = chart.group;
  const from = crosshair === null ? line.x.length - 1 - direction : nearest(line.x, crosshair);
  const to = Math.min(Math.max(from + direction * (event.shiftKey ? 10 : 1), 0), line.x.length - 1);
  chart.group.setCrosshair(line.x[to], chart);
}
