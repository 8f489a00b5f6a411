// The compare page: overlaid curves of the runs above them, and "only differing" kept in the address.
import { ChartGrid } from "./chart_grid.js";
import { connectToolbar } from "./chart_toolbar.js";
import { pageData } from "./dom.js";
import { watch } from "./socket.js";
import { read, write } from "./view_state.js";

const data = pageData("chart-data");
const grid = new ChartGrid(document.getElementById("curves"), data);
connectToolbar(document.querySelector("[data-chart-toolbar]"), grid);
watch({ runs: data.runs.map((run) => run.id), console: false });

const onlyDiffering = document.querySelector("[data-only-differing]");
onlyDiffering.checked = read("rows") !== "all";
onlyDiffering.addEventListener("change", () => write({ rows: onlyDiffering.checked ? "" : "all" }));

for (const head of document.querySelectorAll("[data-focus]")) {
  head.addEventListener("pointerenter", () => grid.setFocus(head.dataset.focus));
  head.addEventListener("pointerleave", () => grid.setFocus(null));
}
