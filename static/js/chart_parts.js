// Parts of a chart card beside the drawing: its menu, the same data as a table, and as files.
import { element, icon } from "./dom.js";
import { grouped, number } from "./format.js";

const MOST_ROWS = 500;

export function cardMenu(chart) {
  const entries = [
    ["Enlarge or back", "F", () => chart.group.enlarge(chart.key)],
    ["Log y", "L", () => chart.group.toggleLog(chart.key)],
    ["Full range", "", () => chart.toggleFullRange()],
    ["Show as table", "T", () => chart.toggleTable()],
    ["Download CSV", "", () => downloadCsv(chart)],
    ["Download SVG", "", () => downloadSvg(chart)],
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
  const rows = lines.flatMap(({ run, step, raw }) => step.map((at, index) => `${quoted(run.name)},${at},${raw[index]}`));
  save(new Blob([`run,step,${quoted(key)}\n${rows.join("\n")}\n`], { type: "text/csv" }), `${key.replaceAll("/", "-")}.csv`);
}

// A cell that a spreadsheet would take for a formula gets an apostrophe.
function quoted(text) {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

async function downloadSvg({ key, plot }) {
  const url = await Plotly.toImage(plot, { format: "svg", width: plot.clientWidth, height: plot.clientHeight });
  save(await (await fetch(url)).blob(), `${key.replaceAll("/", "-")}.svg`);
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
