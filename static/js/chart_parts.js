// Parts of a chart card beside the drawing: its menu, the same data as a table, and as files.
import { element, svg } from "./dom.js";
import { palette } from "./chart_traces.js";
import { closeButton, figureMenu, fileName, tableOf } from "./figure_menu.js";
import { grouped, number } from "./format.js";
import { blobOf, save } from "./picture.js";

const MOST_ROWS = 500;

// The elements of a chart card by name; `figure` holds all others.
export function cardParts(chart, unit) {
  const { key } = chart;
  const parts = {
    value: element("span", { class: "chart-value" }),
    plot: element("div", { class: "chart-plot" }),
    strong: svg("svg", { class: "chart-strong", "aria-hidden": "true" }),
    cross: element("div", { class: "crosshair", hidden: true }),
    zoomBox: element("div", { class: "zoom-box", hidden: true }),
    flags: element("div", { class: "chart-flags" }),
    fullRange: element("button", { class: "full-range", type: "button", hidden: true, "aria-pressed": "false", title: "The first 2 % lie outside. Press for the full range, and back" }, "▴ full range"),
  };
  parts.fullRange.addEventListener("click", () => chart.toggleFullRange());
  parts.overlay = element("div", { class: "chart-overlay" }, parts.strong, parts.cross, parts.zoomBox);
  parts.body = element("div", { class: "chart-body" }, parts.plot, parts.overlay, parts.flags, parts.fullRange);
  const name = element("span", { class: "chart-name ellipsis", title: key }, key);
  const head = element("figcaption", { class: "chart-head" }, name, element("span", { class: "chart-unit" }, unit), parts.value, closes(chart), menuOf(chart));
  parts.figure = element("figure", { class: "chart card", tabindex: "0", "aria-label": key, "data-key": key }, head, parts.body);
  return parts;
}

const BACK = "Back to all charts";

function closes(chart) {
  return closeButton(BACK, `${BACK} (F)`, () => chart.group.view.enlarge(chart.key));
}

function menuOf(chart) {
  const { view } = chart.group;
  const more = [
    ["Log y", "L", () => view.toggleLog(chart.key)],
    ["Log x of all charts", "", () => view.toggleLogX()],
    ["Full range", "", () => chart.toggleFullRange()],
  ];
  const figure = { name: chart.key, file: () => chart.key, enlarge: () => view.enlarge(chart.key), toggleTable: () => chart.toggleTable(), data: () => points(chart), picture: (format) => downloadPicture(chart, format) };
  return figureMenu(figure, more);
}

// The last 500 steps of all lines: one row a step, one column a run.
export function dataTable(lines, key) {
  const steps = [...new Set(lines.flatMap((line) => line.step))].sort((a, b) => a - b).slice(-MOST_ROWS);
  const byStep = lines.map((line) => new Map(line.step.map((step, at) => [step, line.raw[at]])));
  const rows = steps.map((step) => [step, ...byStep.map((values) => values.get(step))]);
  return tableOf({ head: ["step", ...lines.map(({ run }) => run.name)], rows }, key, (value, column) => (column ? number(value) : grouped(value)));
}

function points({ key, lines }) {
  return { head: ["run", "step", key], rows: lines.flatMap(({ run, step, raw }) => step.map((at, index) => [run.name, at, digits(raw[index])])) };
}

// Curves travel as float32: what is beyond seven digits is not what was measured.
function digits(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : value;
}

// A PNG has the ground of the page, which other programs would show black.
async function downloadPicture({ key, plot, picture }, format) {
  const { data, layout } = picture();
  const ground = format === "png" ? { paper_bgcolor: palette().surface } : {};
  const url = await Plotly.toImage({ data, layout: { ...layout, ...ground } }, { format, width: plot.clientWidth, height: plot.clientHeight, scale: format === "png" ? 2 : 1 });
  save(blobOf(url), fileName(key, format));
}
