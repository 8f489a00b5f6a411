// The menu of a figure, which charts of runs and plots of sweeps share: enlarge, the numbers as a table and as CSV, the
// picture as SVG and PNG.
import { element, icon } from "./dom.js";
import { save } from "./picture.js";
import { plain } from "./scales.js";

const MOST_ROWS = 500;

// `figure`: {name, file, enlarge, toggleTable, data, picture}. file() is the name of files without their ending, data()
// gives {head, rows}, picture(format) saves a file; `more` are entries of its own, [label, key, action].
export function figureMenu(figure, more = []) {
  const entries = [
    ["Enlarge or back", "F", () => figure.enlarge()],
    ...more,
    ["Show as table", "T", () => figure.toggleTable()],
    ["Download CSV", "", () => saveCsv(figure.data(), fileName(figure.file(), "csv"))],
    ["Download SVG", "", () => figure.picture("svg")],
    ["Download PNG", "", () => figure.picture("png")],
  ];
  const list = element("div", { class: "menu-list right" }, ...entries.map(entry));
  const summary = element("summary", { class: "icon-button", "aria-label": `More for ${figure.name}`, title: "More" }, icon("more"));
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

export function closeButton(words, title, action) {
  const button = element("button", { class: "icon-button chart-close", type: "button", "aria-label": words, title }, icon("close"));
  button.addEventListener("click", action);
  return button;
}

export function fileName(name, format) {
  return `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")}.${format}`;
}

// The first rows, with how many there are; `show` writes a value of a column.
export function tableOf({ head, rows }, caption, show = shown) {
  const cell = (value, column) => element("td", { class: typeof value === "string" ? null : "number" }, show(value, column));
  const line = ([first, ...values]) => element("tr", {}, element("th", { scope: "row" }, show(first, 0)), ...values.map((value, at) => cell(value, at + 1)));
  const top = element("tr", {}, ...head.map((name, at) => element("th", { scope: "col", class: at && typeof rows[0]?.[at] !== "string" ? "number" : null }, name)));
  const table = element("table", { class: "table" }, element("caption", { class: "visually-hidden" }, caption), element("thead", {}, top), element("tbody", {}, ...rows.slice(0, MOST_ROWS).map(line)));
  const rest = rows.length > MOST_ROWS ? [element("p", { class: "card-note hint" }, `The first ${MOST_ROWS} of ${rows.length} rows. The CSV has all.`)] : [];
  return element("div", { class: "chart-table table-scroll", tabindex: "0", role: "region", "aria-label": `${caption} as a table` }, table, ...rest);
}

function shown(value) {
  if (value === null || value === undefined) return "—";
  return Number.isInteger(value) ? String(value) : plain(value);
}

function saveCsv({ head, rows }, name) {
  const lines = [head, ...rows].map((row) => row.map(csvCell).join(","));
  save(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }), name);
}

// A cell that a spreadsheet would take for a formula gets an apostrophe.
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /^\w[\w./-]*$/.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`;
}
