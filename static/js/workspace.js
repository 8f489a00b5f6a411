// The workspace: the runs table beside the charts of the shown runs, both live.
import { BulkActions } from "./bulk_actions.js";
import { ChartGrid } from "./chart_grid.js";
import { connectToolbar } from "./chart_toolbar.js";
import { ChartMeans } from "./chart_means.js";
import { connectColumns } from "./column_sheet.js";
import { isTyping, pageData } from "./dom.js";
import { throttled } from "./parts.js";
import { QueryBar } from "./query_bar.js";
import { connectBuilder } from "./query_builder.js";
import { MOST_SHOWN, RunsTable } from "./runs_table.js";
import { on, watch } from "./socket.js";
import { connectSplit } from "./split.js";
import { TablePages } from "./table_pages.js";
import { TableSource } from "./table_source.js";
import { connectTableToolbar, showAsked, showCount as showMatching } from "./table_toolbar.js";
import { toast } from "./toast.js";
import { read } from "./view_state.js";

const ENDED = ["finished", "stopped", "failed", "crashed"];
const page = document.getElementById("workspace");
const holder = document.getElementById("runs-table");
const data = pageData("chart-data");
const table = new RunsTable(holder, data.runs.filter(({ shown }) => shown).map(({ id }) => id));
const known = new Set(data.runs.map(({ id }) => id));
const grid = new ChartGrid(document.getElementById("charts"), { ...data, groups: {} });
const source = new TableSource();
const pages = new TablePages(holder, source);
const bar = new QueryBar(document.querySelector("[data-query]"));
const means = new ChartMeans({ button: page.querySelector("[data-chart-means]"), legend: page.querySelector("[data-chart-legend]") }, grid);
const bulk = new BulkActions(page, table);

connectToolbar(document.querySelector("[data-chart-toolbar]"), grid);
connectSplit(page.querySelector(".split"), page);
connectBuilder(bar);
connectColumns(source);
connectTableToolbar(source, holder);
pages.adopt();
page.querySelector("[data-pages-nav]")?.remove();

// --- table and charts follow each other ---

table.addEventListener("hover", ({ detail }) => grid.setFocus(detail && means.lineOf(detail)));
table.addEventListener("show", () => {
  means.show([...table.shown]);
  showCount();
  watchRuns();
});
table.addEventListener("full", () => toast(`${MOST_SHOWN} runs are in the charts; hide one first.`, { error: true }));
table.addEventListener("ask", ({ detail }) => source.set(detail));

function showCount() {
  const count = table.shown.size;
  page.querySelector("[data-shown-count]").textContent = `${count} ${count === 1 ? "run" : "runs"} in charts`;
}

// --- other rows: typed, sorted, grouped; more rows by scrolling ---

bar.addEventListener("query", ({ detail: { text, push } }) => text !== read("q") && source.set({ q: text }, { push }));
bar.addEventListener("meaning", ({ detail: { error, matching, total } }) => error || showMatching(matching, total));
source.addEventListener("rows", ({ detail }) => takeRows(detail));
source.addEventListener("problem", ({ detail }) => (detail.name === "q" ? bar.refuse(detail) : toast(detail.message, { error: true })));
pages.addEventListener("page", ({ detail }) => {
  learn(detail);
  table.restore();
  watchRuns();
});

// New runs come into the charts while those are few.
function learn(fragment) {
  const fresh = JSON.parse(fragment.querySelector("#chart-data").textContent);
  grid.addRuns(fresh);
  const ids = fresh.runs.filter(({ id, state }) => !known.has(id) && state !== "queued").map(({ id }) => id);
  fresh.runs.forEach(({ id }) => known.add(id));
  return { fresh, ids };
}

function takeRows(fragment, added = false) {
  const { fresh, ids } = learn(fragment);
  const scrolled = holder.scrollLeft;
  holder.replaceChildren(...fragment.childNodes);
  holder.scrollLeft = scrolled;
  page.querySelector("[data-fresh]").hidden = true;
  pages.adopt();
  // Until somebody chose, the first of the table are drawn.
  if (!added && !read("show")) {
    table.shown = new Set(fresh.runs.filter(({ shown }) => shown).map(({ id }) => id));
    means.show([...table.shown]);
    showCount();
  } else if (!added) means.again();
  table.restore(added ? ids : []);
  showAsked(holder);
  bulk.show();
  watchRuns();
}

// --- live: values change in place, the order only when asked ---

async function refresh() {
  for (const slot of pages.visible) {
    const fragment = await source.fetch(Number(slot.dataset.page));
    if (!fragment) return;
    patch(fragment);
    offerOrder(slot, fragment);
  }
  bulk.show();
  if (!page.querySelector("[data-fresh]").hidden && isUntouched()) await takeNew();
}

// Nothing moves under the hand: only while nobody points, types, ticks or has scrolled are new rows and orders taken alone.
function isUntouched() {
  const isUsed = holder.matches(":hover") || holder.contains(document.activeElement) || holder.querySelector("tr.focused");
  return !isUsed && !table.selected.size && holder.scrollTop < 1 && !document.querySelector("dialog[open]");
}

function patch(fragment) {
  for (const fresh of fragment.querySelectorAll("tr[data-run], tr[data-group]")) {
    const { run, group } = fresh.dataset;
    const old = run ? table.row(run) : holder.querySelector(`tr[data-group="${group}"]`);
    if (!old) continue;
    patchRow(old, fresh);
    if (run) tellCharts(old, fresh.dataset);
  }
}

// Tick and eye are the person's own; a cell with the focus inside stays as it is. While the columns are others, state,
// name and progress follow all the same.
function patchRow(old, fresh) {
  const isSame = old.cells.length === fresh.cells.length;
  const own = old.dataset.run ? 2 : 1;
  [...fresh.cells].forEach((cell, index) => {
    const isLast = index === fresh.cells.length - 1;
    if (index < own || (!isSame && index > own + 1 && !isLast)) return;
    const now = isLast ? old.cells[old.cells.length - 1] : old.cells[index];
    if (now.title !== cell.title) now.title = cell.title;
    if (now.innerHTML !== cell.innerHTML && !now.contains(document.activeElement)) now.innerHTML = cell.innerHTML;
  });
}

function tellCharts(row, { run: id, state, version, maxSteps }) {
  row.dataset.state = state;
  if (table.selected.has(id)) table.selected.get(id).state = state;
  document.dispatchEvent(new CustomEvent("runseen", { detail: { id, state, version: Number(version), max_steps: Number(maxSteps) || null } }));
}

const idsOf = (root) => [...root.querySelectorAll("tr[data-run], tr[data-group]")].map(({ dataset }) => dataset.run ?? dataset.group);

function offerOrder(slot, fragment) {
  const [now, then] = [idsOf(slot), idsOf(fragment)];
  const total = ({ dataset }) => Number(dataset.matching);
  const added = total(fragment.querySelector("table")) - total(holder.querySelector("table"));
  const moved = now.filter((id) => then.includes(id)).join() !== then.filter((id) => now.includes(id)).join();
  const columns = (root) => root.querySelectorAll("thead th").length;
  const changed = added > 0 ? `${added} new ${added === 1 ? "run" : "runs"}` : added < 0 ? `${-added} gone` : now.join() !== then.join() && !moved ? "other runs" : "";
  const say = [changed, moved && "new order ready", columns(holder) !== columns(fragment) && "new columns"].filter(Boolean).join(", ");
  page.querySelector("[data-fresh]").hidden = !say;
  page.querySelector("[data-fresh-text]").textContent = say;
}

async function takeNew() {
  const fragment = await source.fetch(Number(pages.visible[0]?.dataset.page ?? 1));
  if (fragment) takeRows(fragment, true);
}

const refreshSoon = throttled(refresh, 2000);

function watchRuns() {
  const alive = table.rows.filter((row) => !ENDED.includes(row.dataset.state)).map((row) => row.dataset.run);
  watch({ project: page.dataset.project, runs: [...new Set([...table.shown, ...alive])] });
}

for (const event of ["update", "runs", "open", "back"]) on(event, refreshSoon);
on("update", ({ run, state }) => ENDED.includes(state) && table.shown.has(run) && means.again());
bulk.addEventListener("done", takeNew);
page.querySelector("[data-refresh]").addEventListener("click", takeNew);
document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || event.target.closest?.("dialog")) return;
  if (event.key === "r") takeNew();
  if (event.key === "m") means.button.click();
  if (event.key === "/") {
    event.preventDefault();
    bar.input.focus();
  }
});
for (const radio of document.querySelectorAll("[data-view]")) {
  if (radio instanceof HTMLInputElement) radio.addEventListener("change", () => (page.dataset.view = radio.value));
}
addEventListener("popstate", () => location.reload());
means.show([...table.shown]);
watchRuns();
page.dataset.ready = "";
