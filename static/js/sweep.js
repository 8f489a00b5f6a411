// A sweep's page: history, parallel coordinates and trials share one brush, and stay live.
// What is live is the page itself: on news it is fetched again and its parts are put in place.
import { pageData } from "./dom.js";
import { Parallel } from "./parallel.js";
import { on, watch } from "./socket.js";
import { number } from "./format.js";
import { drawHistory } from "./trial_history.js";

// How long after news the page is fetched again, in ms: a large sweep has more news and larger pages.
const REST = 1000;
const REST_A_TRIAL = 10;
const ENDED = ["finished", "stopped", "failed"];
const table = document.getElementById("trials");
const historyBox = document.getElementById("history");
const reSort = document.querySelector("[data-re-sort]");
const clearBrush = document.querySelector("[data-brush-clear]");
let data = pageData("sweep-data");
let timer = 0;
let fetching = false;
let missed = false;
let ordered = [];

const parallel = new Parallel(document.getElementById("parallel"), data, brushesOfAddress());
parallel.addEventListener("brush", () => {
  keepBrushes();
  applyBrush();
});
parallel.addEventListener("hover", ({ detail }) => highlight(detail));
document.getElementById("parallel").addEventListener("click", ({ target }) => {
  if (target.dataset.run && target.matches(".trial")) location.href = `/r/${target.dataset.run}`;
});
table.addEventListener("pointerover", ({ target }) => highlight(target.closest("tr[data-run]")?.dataset.run ?? null));
table.addEventListener("pointerleave", () => highlight(null));
clearBrush.addEventListener("click", () => parallel.clear());
document.addEventListener("keydown", ({ key }) => key === "Escape" && parallel.brushes.size && parallel.clear());
reSort.addEventListener("click", sortRows);
new ResizeObserver(drawPoints).observe(historyBox);
applyBrush();
showRamp();
watchRuns();
on("update", (update) => (update.state || update.points?.[data.objective]) && refreshSoon());
on("runs", refreshSoon);
on("back", refreshSoon);
// What happened between the page and its connection is in neither.
on("open", () => data.trials.some(({ state }) => !ENDED.includes(state)) && refreshSoon());

// --- the brush ---
function applyBrush() {
  const kept = new Set(data.trials.filter((trial) => parallel.matches(trial)).map((trial) => trial.run));
  for (const row of table.tBodies[0].rows) row.classList.toggle("out", !kept.has(row.dataset.run));
  const text = `${kept.size} of ${data.trials.length} match the brush`;
  document.querySelector("[data-brush-text]").textContent = parallel.brushes.size ? text : "";
  clearBrush.hidden = !parallel.brushes.size;
  drawPoints();
}

function drawPoints() {
  drawHistory(historyBox, data, (trial) => parallel.matches(trial));
}

function brushesOfAddress() {
  const brushes = new Map();
  for (const [key, text] of new URLSearchParams(location.search)) {
    if (!key.startsWith("b.")) continue;
    const [low, high] = text.split("..");
    const isRange = high !== undefined && [low, high].every((part) => Number.isFinite(Number(part)));
    brushes.set(key.slice(2), isRange ? [Number(low), Number(high)] : text.split(","));
  }
  return brushes;
}

function keepBrushes() {
  const address = new URL(location.href);
  for (const key of [...address.searchParams.keys()]) if (key.startsWith("b.")) address.searchParams.delete(key);
  for (const [name, brush] of parallel.brushes) {
    address.searchParams.set(`b.${name}`, typeof brush[0] === "number" ? brush.join("..") : brush.join(","));
  }
  history.replaceState(null, "", address);
}

function highlight(run) {
  parallel.highlight(run);
  for (const node of document.querySelectorAll("#trials tr.hovered, #history .hovered")) node.classList.remove("hovered");
  if (run) for (const node of document.querySelectorAll(`#trials [data-run="${run}"], #history [data-run="${run}"]`)) node.classList.add("hovered");
}

function showRamp() {
  const values = data.trials.map((trial) => trial.value).filter((value) => value !== null);
  const ends = values.length ? [Math.min(...values), Math.max(...values)] : [null, null];
  if (!data.greater) ends.reverse();
  document.querySelector("[data-ramp-low]").textContent = number(ends[0]);
  document.querySelector("[data-ramp-high]").textContent = number(ends[1]);
}

// --- live ---
function watchRuns() {
  const open = data.trials.filter(({ state }) => !ENDED.includes(state));
  const project = document.querySelector("script[data-project]").dataset.project;
  watch({ runs: open.map((trial) => trial.run), project, console: false });
}

function refreshSoon() {
  missed = fetching;
  if (!fetching) timer ||= setTimeout(refresh, REST + REST_A_TRIAL * data.trials.length);
}

// News that comes while the page is being fetched may not be in it: then it is fetched once more.
async function refresh() {
  [timer, fetching] = [0, true];
  try {
    const answer = await fetch(location.href);
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } finally {
    fetching = false;
    if (missed) refreshSoon();
  }
}

function show(page) {
  data = JSON.parse(page.getElementById("sweep-data").textContent);
  document.title = page.title;
  showHead(page.getElementById("sweep-head"));
  showRows([...page.querySelectorAll("#trials tbody tr")]);
  parallel.update(data);
  applyBrush();
  showRamp();
  watchRuns();
}

// Its title row and its counts each, so that a focused button in one keeps the focus.
function showHead(fresh) {
  const old = [...document.getElementById("sweep-head").children];
  [...fresh.children].forEach((row, place) => old[place].contains(document.activeElement) || old[place].replaceWith(row));
}

// Values change in place. The order changes only while nobody is in the table; else it is offered.
function showRows(fresh) {
  const body = table.tBodies[0];
  for (const row of fresh) {
    const old = body.querySelector(`[data-run="${row.dataset.run}"]`);
    if (!old) body.append(row.cloneNode(true));
    else if (old.innerHTML !== row.innerHTML && !old.contains(document.activeElement)) old.replaceChildren(...row.cloneNode(true).childNodes);
  }
  ordered = fresh.map((row) => row.dataset.run);
  const moved = [...body.rows].some((row, place) => row.dataset.run !== ordered[place]);
  reSort.hidden = !moved;
  if (moved && !table.matches(":hover, :focus-within")) sortRows();
}

function sortRows() {
  const body = table.tBodies[0];
  body.append(...ordered.map((run) => body.querySelector(`[data-run="${run}"]`)).filter(Boolean));
  reSort.hidden = true;
}
