// The Events tab stays true while the run goes on: the page is fetched again when something happened that it lists.
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { on } from "./socket.js";

const run = document.getElementById("run").dataset.run;

const refresh = throttled(async () => {
  const fresh = await fetchFragment(location.href);
  patchParts(document.getElementById("events"), fresh.querySelector("#events"));
}, 1000);

on("update", (update) => {
  if (update.run === run && (update.state || update.commands || update.checkpoints || update.warnings || update.rules)) refresh();
});
on("back", refresh);
document.addEventListener("commandsent", refresh);
