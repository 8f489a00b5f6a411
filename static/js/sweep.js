// A sweep's page: plots, parallel coordinates and the table share one set of trials and brushes, and stay live.
import { element, isTyping, pageData } from "./dom.js";
import { Parallel, showRamp } from "./parallel.js";
import { brushText, Trials } from "./sweep_trials.js";
import { brushesOf, keepBrushes } from "./sweep_address.js";
import { TrialCurves } from "./sweep_curves.js";
import { ImportanceCard } from "./sweep_importance.js";
import { follow } from "./sweep_live.js";
import { PlotCard } from "./sweep_plots.js";
import { toast } from "./toast.js";
import { TrialsTable } from "./trials_table.js";
import "./commands.js";
import "./sweep_edits.js";

const page = document.getElementById("sweep-page");
const trials = new Trials(pageData("sweep-data"));
const missing = brushesOf(trials);
const curves = new TrialCurves(trials, page.dataset.curves);
const showPruned = document.querySelector("[data-show-pruned]");
const chips = document.querySelector("[data-brush-chips]");
const clear = document.querySelector("[data-brush-clear]");
let keeping = 0;

new TrialsTable(document.getElementById("trials"), trials, document.querySelector("[data-re-sort]"));
const parallel = document.getElementById("parallel");
new Parallel(parallel, trials);
const cards = [...document.querySelectorAll("[data-plot-card]")].map((card) => new PlotCard(card, trials, () => curves.ask()));
const importance = document.getElementById("importance");
if (importance) new ImportanceCard(importance, trials);

trials.addEventListener("brush", brushed);
trials.addEventListener("data", told);
showPruned.addEventListener("change", () => {
  trials.withPruned = showPruned.checked;
  trials.changed();
});
clear.addEventListener("click", () => trials.clear());
chips.addEventListener("click", ({ target }) => {
  const chip = target.closest("[data-axis]");
  if (chip) trials.brush(chip.dataset.axis, null);
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "c" && !isTyping(event) && !event.metaKey && !event.ctrlKey && !event.target.closest?.("dialog")) document.querySelector("[data-compare-top]:not([hidden])")?.click();
  if (event.key === "Escape" && trials.isBrushed && !event.target.closest?.("dialog, input, select")) trials.clear();
});
addEventListener("popstate", () => {
  trials.brushes.clear();
  brushesOf(trials);
});
if (missing.length) toast(`The link asks for ${missing.join(", ")}, which this sweep does not have.`, { error: true });
brushed();
told();
follow(trials, page.dataset.live, page.dataset.project, (numbers) => curves.changed(numbers));
page.dataset.ready = "";

function brushed() {
  showPruned.checked = trials.withPruned;
  clear.hidden = !trials.isBrushed;
  chips.replaceChildren(...[...trials.brushes].map(chip));
  told();
  // Browsers refuse addresses that change with every frame of a drag.
  clearTimeout(keeping);
  keeping = setTimeout(() => keepBrushes(trials), 150);
}

function told() {
  const isPart = trials.kept.size < trials.list.length;
  document.querySelector("[data-brush-text]").textContent = isPart ? `${trials.kept.size} of ${trials.list.length} match the brush` : "";
  compareTop();
  showRamp(trials, document.querySelector("[data-ramp-low]"), document.querySelector("[data-ramp-high]"));
}

// The best three of those that match, each with all its seeds.
function compareTop() {
  const link = document.querySelector("[data-compare-top]");
  const measured = [...trials.kept].filter((trial) => trial.value !== null);
  const top = measured.sort((a, b) => (trials.isBetter(a.value, b.value) ? -1 : 1)).slice(0, 3);
  link.hidden = !top.length;
  link.href = `${link.dataset.compareTop}?runs=${top.flatMap((trial) => trial.members ?? [trial.run]).join(",")}`;
}

function chip([name, brush]) {
  const text = brushText(trials.axis(name), brush);
  return element("button", { type: "button", class: "brush-chip", "data-axis": name, "aria-label": `Take away ${text}` }, text, element("span", { "aria-hidden": "true" }, "×"));
}
