// The tooltip of the hovered chart: where, then the runs by their value as drawn, twelve at most.
import { element, markSwatch, middle } from "./dom.js";
import { number, xLabel } from "./format.js";

const MOST = 12;
const where = element("span");
const kind = element("span");
const head = element("div", { class: "tooltip-head" }, where, kind);
const more = element("div", { class: "tooltip-more" });
const box = element("div", { class: "chart-tooltip", hidden: true, "aria-hidden": "true" }, head);
// One row a run, kept: to build swatches at every move of the pointer costs more than all the rest.
const rows = new Map();
document.body.append(box);

// readings: [{run, value, raw, half?, n?}], the last two of a group's mean; rect: the plot's rectangle on screen; at: x in pixels inside it.
export function showTooltip({ axis, x, readings, smoothed, focus, raw }, rect, at) {
  const sorted = readings.filter(({ value }) => Number.isFinite(value)).sort((a, b) => b.value - a.value);
  if (!sorted.length) return hideTooltip();
  where.textContent = xLabel(axis, x);
  kind.textContent = smoothed ? (raw ? "raw" : "smoothed") : "";
  const nodes = [head, ...sorted.slice(0, MOST).map((reading) => line(reading, focus, raw))];
  if (sorted.length > MOST) {
    more.textContent = `+ ${sorted.length - MOST}`;
    nodes.push(more);
  }
  const same = nodes.length === box.children.length && nodes.every((node, place) => node === box.children[place]);
  if (!same) box.replaceChildren(...nodes);
  box.hidden = false;
  place(rect, at);
}

function line({ run, value, raw: rawValue, half, n }, focus, raw) {
  if (!rows.has(run.id)) rows.set(run.id, newRow(run));
  const { node, reading } = rows.get(run.id);
  const spread = Number.isFinite(half) ? ` ± ${number(half, 2)}` : "";
  reading.textContent = `${number(raw ? rawValue : value)}${spread}${n ? ` · n ${n}` : ""}`;
  node.classList.toggle("focused", run.id === focus);
  return node;
}

function newRow(run) {
  const reading = element("span");
  const name = element("span", { class: "grow" }, middle(run.name));
  return { node: element("div", { class: "tooltip-row" }, markSwatch(run.mark), name, reading), reading };
}

// On the side of the crosshair where there is more room, never out of the window.
function place(rect, at) {
  const left = rect.left + at;
  const fits = left + 14 + box.offsetWidth < innerWidth - 8;
  const x = fits ? left + 14 : Math.max(8, left - 14 - box.offsetWidth);
  const y = Math.max(8, Math.min(rect.top + 12, innerHeight - box.offsetHeight - 8));
  box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

export function hideTooltip() {
  box.hidden = true;
}
