// The compare page: overlaid curves of the runs above them, and "only differing" kept in the address.
import { ChartGrid } from "./chart_grid.js";
import { connectToolbar } from "./chart_toolbar.js";
import { connectOrder } from "./compare_order.js";
import { pageData } from "./dom.js";
import { savePng } from "./picture.js";
import { watch } from "./socket.js";
import { toast } from "./toast.js";
import { read, write } from "./view_state.js";

const data = pageData("chart-data");
const grid = new ChartGrid(document.getElementById("curves"), data);
connectToolbar(document.querySelector("[data-chart-toolbar]"), grid);
connectOrder();
watch({ runs: data.runs.flatMap(({ id }) => data.groups[id]?.runs ?? [id]), console: false });

const onlyDiffering = document.querySelector("[data-only-differing]");
onlyDiffering.checked = read("rows") !== "all";
onlyDiffering.addEventListener("change", () => write({ rows: onlyDiffering.checked ? "" : "all" }));

for (const head of document.querySelectorAll("[data-focus]")) {
  head.addEventListener("pointerenter", () => grid.setFocus(head.dataset.focus));
  head.addEventListener("pointerleave", () => grid.setFocus(null));
}

// The picture has the x axis that the charts have.
const picture = document.querySelector("[data-picture]");
const address = picture.getAttribute("href");
const pictureUrl = () => `${address}&x=${grid.view.axis}`;
picture.addEventListener("click", () => (picture.href = pictureUrl()));
document.querySelector("[data-picture-png]").addEventListener("click", () => savePng(pictureUrl(), "compare.png"));

document.querySelector("[data-copy-link]").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  toast("Link copied. It opens this view.");
});
