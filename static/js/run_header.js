// The head of a run's page stays true: one fragment from the server, at most twice a second, only what changed.
import "./commands.js";
import "./learning_rate.js";
import "./run_keys.js";
import { announce } from "./dom.js";
import { clock } from "./format.js";
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { on, watch } from "./socket.js";

const page = document.getElementById("run");
const rail = document.getElementById("run-rail");
const run = page.dataset.run;

const FAVICONS = { starting: "running", running: "running", pausing: "paused", paused: "paused", stopping: "paused", failed: "failed", crashed: "failed" };

function showState() {
  const state = page.querySelector('[data-part="state"]');
  document.title = state.dataset.title;
  const link = document.querySelector('link[rel="icon"]');
  const name = FAVICONS[state.dataset.state];
  link.href = link.href.replace(/favicon[a-z-]*\.svg/, name ? `favicon-${name}.svg` : "favicon.svg");
  if (page.dataset.state !== state.dataset.state) announce(`The run is ${state.dataset.state}.`);
  page.dataset.state = state.dataset.state;
  showClocks();
  tellCharts(state.dataset);
}

// What the charts need and no live message repeats: where the run ends, its flags, whether points are missing.
function tellCharts({ state, version, maxSteps }) {
  const events = rail && JSON.parse(rail.querySelector('[data-part="events"]').dataset.flags);
  const detail = { id: run, state, version: Number(version), max_steps: Number(maxSteps) || null, events };
  document.dispatchEvent(new CustomEvent("runseen", { detail }));
}

// The server does not know the reader's time zone.
function showClocks() {
  for (const node of page.querySelectorAll("[data-clock]")) node.textContent = clock(Date.parse(node.dataset.clock) / 1000, false);
}

async function refresh() {
  const fragment = await fetchFragment(`${page.dataset.liveUrl}${rail ? "?rail=1" : ""}`);
  patchParts(document.getElementById("run-header"), fragment.querySelector("#run-header"));
  if (rail) patchParts(rail, fragment.querySelector("#run-rail"));
  showState();
}

export const refreshSoon = throttled(refresh, 500);

on("update", (update) => update.run === run && refreshSoon());
on("workers", () => page.dataset.state === "queued" && refreshSoon());
on("open", refreshSoon);
document.addEventListener("commandsent", refreshSoon);
document.addEventListener("visibilitychange", () => document.hidden || refreshSoon());
// Silence and the offer to kill come with time alone, without any message.
setInterval(() => ["starting", "running", "stopping"].includes(page.dataset.state) && refreshSoon(), 10000);

// What went wrong stands at the end of a traceback.
page.addEventListener("toggle", ({ target }) => target.matches(".traceback[open]") && (target.lastElementChild.scrollTop = target.scrollHeight), true);

watch({ runs: [run] });
showState();
