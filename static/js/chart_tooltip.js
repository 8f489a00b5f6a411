// The tooltip of the hovered chart: where, then the runs by their value as drawn, twelve at most.
import { element, markSwatch } from "./dom.js";
import { number, xLabel } from "./format.js";

const MOST = 12;
const box = element("div", { class: "chart-tooltip", hidden: true, "aria-hidden": "true" });
document.body.append(box);

// readings: [{run, value, raw}]; rect: the plot's rectangle on screen; at: x in pixels inside it.
export function showTooltip({ axis, x, readings, smoothed, focus, raw }, rect, at) {
  const rows = readings.filter(({ value }) => Number.isFinite(value)).sort((a, b) => b.value - a.value);
  if (!rows.length) return hideTooltip();
  const head = element("div", { class: "tooltip-head" }, xLabel(axis, x));
  if (smoothed) head.append(element("span", {}, raw ? "raw" : "smoothed"));
  box.replaceChildren(head, ...rows.slice(0, MOST).map((row) => line(row, focus, raw)));
  if (rows.length > MOST) box.append(element("div", { class: "tooltip-more" }, `+ ${rows.length - MOST}`));
  box.hidden = false;
  place(rect, at);
}

function line({ run, value, raw: rawValue }, focus, raw) {
  return element(
    "div", { class: run.id === focus ? "tooltip-row focused" : "tooltip-row" },
    markSwatch(run.mark), element("span", { class: "ellipsis grow" }, run.name), element("span", {}, number(raw ? rawValue : value)),
  );
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
