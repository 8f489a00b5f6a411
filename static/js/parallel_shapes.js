// Axes, brushes and names of parallel coordinates.
import { svg } from "./dom.js";
import { brushText } from "./sweep_trials.js";

// A brush on one value still has a height, as a share of the axis.
const NUDGE = 0.012;

// A name that fits between its neighbours, shortened in the middle: at 11 px a letter is 7 px wide.
export function fitting(label, width) {
  const most = Math.max(6, Math.floor((width - 12) / 7));
  if (label.length <= most) return label;
  const end = Math.ceil((most - 1) / 2);
  return `${label.slice(0, most - 1 - end)}…${label.slice(-end)}`;
}

// `place`: {x, top, bottom, room, number, isLast}, in pixels.
export function axisParts({ name, label, scale, when }, place, hasUnset) {
  const { x, top, bottom, room, isLast } = place;
  const line = svg("line", { class: "axis", x1: x, x2: x, y1: top, y2: bottom });
  const title = when ? `${label}, only where ${when}` : label;
  const named = svg("text", { class: "axis-name", x, y: 14 }, fitting(label, room), svg("title", {}, title));
  const parts = [line, named, ...spaced(scale, place).flatMap((tick) => tickParts(tick, scale, place))];
  if (hasUnset) parts.push(svg("text", { class: isLast ? "tick after" : "tick", x: isLast ? x + 8 : x - 8, y: place.unset + 3 }, "not set"));
  return parts.concat(svg("rect", { class: "grip", "data-axis": name, role: "slider", tabindex: 0, "aria-orientation": "vertical", "aria-label": `Brush of ${label}`, "aria-valuemin": 0, "aria-valuemax": 100, x: x - 14, y: top - 6, width: 28, height: bottom - top + 12 }));
}

// Labels of many words stand on each other: then only as many as have room.
function spaced({ ticks, position }, { top, bottom }) {
  const kept = [];
  for (const tick of [...ticks].sort((a, b) => position(a.value) - position(b.value))) {
    const last = kept.at(-1);
    if (!last || (position(tick.value) - position(last.value)) * (bottom - top) >= 11) kept.push(tick);
  }
  return kept;
}

function tickParts({ value, label }, scale, { x, top, bottom, isLast, room }) {
  const y = bottom - scale.position(value) * (bottom - top);
  const mark = svg("line", { class: "axis", x1: isLast ? x + 4 : x - 4, x2: x, y1: y, y2: y });
  const text = svg("text", { class: isLast ? "tick after" : "tick", x: isLast ? x + 8 : x - 8, y: y + 3 }, fitting(label, room / 2), svg("title", {}, label));
  return [mark, text];
}

export function brushBox(brush, scale, { x, top, bottom }) {
  const positions = brush.map((value) => Math.min(1, Math.max(0, scale.position(value))));
  const y = (position) => bottom - position * (bottom - top);
  const high = y(Math.max(...positions) + NUDGE);
  return svg("rect", { class: "brush", x: x - 6, y: high, width: 12, height: y(Math.min(...positions) - NUDGE) - high, rx: 2 });
}

// What a reader of the screen is told of each brush: its middle as a share of the axis, and its ends in words.
export function tellGrips(grips, { axes, brushes }) {
  const known = new Map(axes.map((axis) => [axis.name, axis]));
  for (const grip of grips) {
    const axis = known.get(grip.dataset.axis);
    const brush = brushes.get(axis.name);
    const positions = brush?.map((value) => Math.min(1, Math.max(0, axis.scale.position(value)))) ?? [0, 1];
    grip.setAttribute("aria-valuenow", Math.round(50 * (Math.min(...positions) + Math.max(...positions))));
    grip.setAttribute("aria-valuetext", brush ? brushText(axis, brush) : "everything; arrow keys begin a brush");
  }
}
