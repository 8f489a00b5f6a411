// The numbers beside the names of tabs (runs, sweeps, checkpoints) stay true while the page is open.
import { throttled } from "./parts.js";
import { on, watch } from "./socket.js";

const tabs = document.querySelector("[data-counts-url]");
const run = document.getElementById("run")?.dataset.run;

async function refresh() {
  const answer = await fetch(`${tabs.dataset.countsUrl}${run ? `?run=${run}` : ""}`);
  if (!answer.ok) return;
  for (const [name, count] of Object.entries(await answer.json())) show(name, count);
}

function show(name, count) {
  for (const node of document.querySelectorAll(`[data-count="${name}"]`)) {
    node.textContent = count;
    // Of a run only what is there is counted, so that its tabs stay quiet.
    if (name.startsWith("run_")) node.hidden = !count;
  }
}

export function followCounts() {
  if (!tabs) return;
  const soon = throttled(refresh, 1000);
  watch({ project: tabs.dataset.project });
  on("runs", soon);
  on("update", ({ checkpoints }) => checkpoints && soon());
  on("back", soon);
}
