// The workspace: the runs table beside the charts of the shown runs, both live.
import { ChartGrid } from "./chart_grid.js";
import { connectToolbar } from "./chart_toolbar.js";
import { send } from "./commands.js";
import { element, isTyping, pageData } from "./dom.js";
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { MOST_SHOWN, RunsTable } from "./runs_table.js";
import { on, watch } from "./socket.js";
import { connectSplit } from "./split.js";
import { toast } from "./toast.js";

const ENDED = ["finished", "stopped", "failed", "crashed"];
const page = document.getElementById("workspace");
const holder = document.getElementById("runs-table");
const data = pageData("chart-data");
const table = new RunsTable(holder);
const known = new Set(data.runs.map(({ id }) => id));
const grid = new ChartGrid(document.getElementById("charts"), data);

connectToolbar(document.querySelector("[data-chart-toolbar]"), grid);
connectSplit(page.querySelector(".split"), page);

// --- table and charts follow each other ---

table.addEventListener("hover", ({ detail }) => grid.setFocus(detail));
table.addEventListener("show", () => {
  grid.setShown([...table.shown]);
  showCount();
  watchRuns();
});
table.addEventListener("full", () => toast(`${MOST_SHOWN} runs are in the charts; hide one first.`, { error: true }));
table.addEventListener("select", showSelection);

function showCount() {
  const count = table.shown.size;
  page.querySelector("[data-shown-count]").textContent = `${count} ${count === 1 ? "run" : "runs"} in charts`;
}

// --- selection: compare, stop ---

function stoppable() {
  return [...table.selected].map((id) => table.row(id)).filter((row) => row && !ENDED.includes(row.dataset.state) && row.dataset.state !== "stopping");
}

function showSelection() {
  const count = table.selected.size;
  page.querySelector("[data-selection]").hidden = !count;
  const compare = page.querySelector("[data-compare]");
  compare.textContent = `Compare ${count}`;
  compare.href = `${page.dataset.compareUrl}?runs=${[...table.selected].join(",")}`;
  page.querySelector("[data-stop]").hidden = !stoppable().length;
}

page.querySelector("[data-clear]").addEventListener("click", () => table.clear());
page.querySelector("[data-stop]").addEventListener("click", () => {
  const rows = stoppable();
  const dialog = document.getElementById("stop-dialog");
  dialog.querySelector("[data-stop-count]").textContent = rows.length === 1 ? rows[0].dataset.name : `${rows.length} runs`;
  dialog.querySelector("[data-stop-list]").replaceChildren(...rows.map((row) => element("li", {}, row.dataset.name)));
  dialog.showModal();
});
document.querySelector("[data-stop-form]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(event.target);
  for (const row of stoppable()) body.append("run", row.dataset.run);
  event.target.closest("dialog").close();
  await send(page.dataset.stopUrl, body);
  refreshSoon();
});

// --- live: values change in place, the order only when asked ---

let latest = null;

async function refresh() {
  latest = await fetchFragment(location.href);
  for (const fresh of latest.querySelectorAll("tr[data-run], tr[data-sweep]")) {
    const old = fresh.dataset.run ? table.row(fresh.dataset.run) : holder.querySelector(`tr[data-sweep="${fresh.dataset.sweep}"]`);
    if (!old || old.cells.length !== fresh.cells.length) continue;
    patchParts(old, fresh);
    if (fresh.dataset.run) tellCharts(old, fresh.dataset);
  }
  offerOrder();
  showSelection();
}

function tellCharts(row, { run: id, state, version, maxSteps }) {
  row.dataset.state = state;
  document.dispatchEvent(new CustomEvent("runseen", { detail: { id, state, version: Number(version), max_steps: Number(maxSteps) || null } }));
}

function offerOrder() {
  const ids = (root) => [...root.querySelectorAll("tr[data-run]")].map((row) => row.dataset.run);
  const [now, then] = [ids(holder), ids(latest)];
  const added = then.filter((id) => !now.includes(id)).length;
  const gone = now.filter((id) => !then.includes(id)).length;
  const moved = then.filter((id) => now.includes(id)).some((id, at) => id !== now.filter((other) => then.includes(other))[at]);
  const columns = (root) => root.querySelectorAll("thead th").length;
  const say = [added && `${added} new ${added === 1 ? "run" : "runs"}`, gone && `${gone} gone`, moved && "new order ready", columns(holder) !== columns(latest) && "new columns"].filter(Boolean).join(", ");
  page.querySelector("[data-fresh]").hidden = !say;
  page.querySelector("[data-fresh-text]").textContent = say;
}

// The rows anew; new runs come into the charts while those are few.
function takeNew() {
  if (!latest) return;
  const fresh = JSON.parse(latest.querySelector("#chart-data").textContent);
  grid.addRuns(fresh);
  holder.replaceChildren(...latest.childNodes);
  latest = null;
  page.querySelector("[data-fresh]").hidden = true;
  const ids = fresh.runs.filter(({ id, state }) => !known.has(id) && state !== "queued").map(({ id }) => id);
  fresh.runs.forEach(({ id }) => known.add(id));
  table.restore(ids);
}

const refreshSoon = throttled(refresh, 2000);

function watchRuns() {
  const alive = table.rows.filter((row) => !ENDED.includes(row.dataset.state)).map((row) => row.dataset.run);
  watch({ project: page.dataset.project, runs: [...new Set([...table.shown, ...alive])] });
}

on("update", refreshSoon);
on("runs", refreshSoon);
on("open", refreshSoon);
on("back", refreshSoon);
page.querySelector("[data-refresh]").addEventListener("click", takeNew);
document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "r") takeNew();
  if (event.key === "c" && table.selected.size) page.querySelector("[data-compare]").click();
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector('[name="q"]').focus();
  }
  if (event.key === "Escape") table.clear();
});
for (const radio of document.querySelectorAll("[data-view]")) {
  if (radio instanceof HTMLInputElement) radio.addEventListener("change", () => (page.dataset.view = radio.value));
}
addEventListener("popstate", () => location.reload());
watchRuns();
showSelection();
