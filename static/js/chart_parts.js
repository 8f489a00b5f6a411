// Parts of a chart card beside the drawing: its menu, the same data as a table, and as files.
import { element, icon, svg } from "./dom.js";
import { palette } from "./chart_traces.js";
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
  const head = element("figcaption", { class: "chart-head" }, name, element("span", { class: "chart-unit" }, unit), parts.value, closeButton(chart), cardMenu(chart));
  parts.figure = element("figure", { class: "chart card", tabindex: "0", "aria-label": key, "data-key": key }, head, parts.body);
  return parts;
}

// Only on the enlarged chart.
function closeButton(chart) {
  const button = element("button", { class: "icon-button chart-close", type: "button", "aria-label": "Back to all charts", title: "Back to all charts (F)" }, icon("close"));
  button.addEventListener("click", () => chart.group.view.enlarge(chart.key));
  return button;
}

function cardMenu(chart) {
  const { view } = chart.group;
  const entries = [
    ["Enlarge or back", "F", () => view.enlarge(chart.key)],
    ["Log y", "L", () => view.toggleLog(chart.key)],
    ["Log x of all charts", "", () => view.toggleLogX()],
    ["Full range", "", () => chart.toggleFullRange()],
    ["Show as table", "T", () => chart.toggleTable()],
    ["Download CSV", "", () => downloadCsv(chart)],
    ["Download SVG", "", () => downloadPicture(chart, "svg")],
    ["Download PNG", "", () => downloadPicture(chart, "png")],
  ];
  const list = element("div", { class: "menu-list right" }, ...entries.map(entry));
  const summary = element("summary", { class: "icon-button", "aria-label": `More for ${chart.key}`, title: "More" }, icon("more"));
  const menu = element("details", { class: "menu chart-menu" }, summary, list);
  list.addEventListener("click", () => (menu.open = false));
  return menu;
}

function entry([label, key, action]) {
  const button = element("button", { type: "button" }, element("span", { class: "grow" }, label));
  if (key) button.append(element("kbd", {}, key));
  button.addEventListener("click", action);
  return button;
}

// The last 500 steps of all lines: one row a step, one column a run.
export function dataTable(lines, key) {
  const steps = [...new Set(lines.flatMap((line) => line.step))].sort((a, b) => a - b).slice(-MOST_ROWS);
  const byStep = lines.map((line) => new Map(line.step.map((step, at) => [step, line.raw[at]])));
  const head = element("tr", {}, element("th", { scope: "col" }, "step"), ...lines.map(({ run }) => element("th", { scope: "col", class: "number" }, run.name)));
  const rows = steps.map((step) => element("tr", {}, element("th", { scope: "row" }, grouped(step)), ...byStep.map((values) => element("td", { class: "number" }, number(values.get(step))))));
  const table = element("table", { class: "table" }, element("caption", { class: "visually-hidden" }, key), element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "chart-table table-scroll", tabindex: "0" }, table);
}

function downloadCsv({ key, lines }) {
  const rows = lines.flatMap(({ run, step, raw }) => step.map((at, index) => `${quoted(run.name)},${at},${digits(raw[index])}`));
  save(new Blob([`run,step,${quoted(key)}\n${rows.join("\n")}\n`], { type: "text/csv" }), `${key.replaceAll("/", "-")}.csv`);
}

// Curves travel as float32: what is beyond seven digits is not what was measured.
function digits(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : value;
}

// A cell that a spreadsheet would take for a formula gets an apostrophe.
function quoted(text) {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

// A PNG has the ground of the page, which other programs would show black.
async function downloadPicture({ key, plot, picture }, format) {
  const { data, layout } = picture();
  const ground = format === "png" ? { paper_bgcolor: palette().surface } : {};
  const url = await Plotly.toImage({ data, layout: { ...layout, ...ground } }, { format, width: plot.clientWidth, height: plot.clientHeight, scale: format === "png" ? 2 : 1 });
  save(blobOf(url), `${key.replaceAll("/", "-")}.${format}`);
}
