// The Events tab stays true while the run goes on: the page is fetched again when something happened that it lists.
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { on } from "./socket.js";

const run = document.getElementById("run").dataset.run;

const refresh = throttled(async () => {
  const fresh = await fetchFragment(location.href);
  patchParts(document.getElementById("events"), fresh.querySelector("#events"));
  addBatches(fresh);
}, 1000);

// New ones only: rows that a card was asked for stay.
function addBatches(fresh) {
  const section = document.getElementById("batches");
  for (const card of [...fresh.querySelectorAll("[data-batch]")].reverse()) {
    if (!section.querySelector(`[data-batch="${card.dataset.batch}"]`)) section.querySelector("h2").after(card);
  }
  section.hidden = !section.querySelector("[data-batch]");
}

on("update", (update) => {
  if (update.run === run && (update.state || update.commands || update.checkpoints || update.warnings || update.rules)) refresh();
});
on("back", refresh);
document.addEventListener("commandsent", refresh);
