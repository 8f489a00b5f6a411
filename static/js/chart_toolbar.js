// The controls above a chart grid: search, smoothing, x axis, log y; and their keys.
import { isTyping } from "./dom.js";

export function connectToolbar(bar, grid) {
  const search = bar.querySelector("[data-chart-search]");
  const slider = bar.querySelector("[data-chart-smoothing]");
  const amount = bar.querySelector("[data-chart-smoothing-value]");
  const log = bar.querySelector("[data-chart-log]");

  search.value = grid.search;
  search.addEventListener("input", () => grid.setSearch(search.value.trim()));
  const showSmoothing = () => {
    slider.value = grid.smoothing;
    amount.value = grid.smoothing.toFixed(2);
  };
  const setSmoothing = (value) => {
    grid.setSmoothing(Math.min(0.99, Math.max(0, Number(value) || 0)));
    showSmoothing();
  };
  showSmoothing();
  slider.addEventListener("input", () => setSmoothing(slider.value));
  amount.addEventListener("change", () => setSmoothing(amount.value));
  for (const radio of bar.querySelectorAll("[data-chart-axis]")) {
    radio.checked = radio.value === grid.axis;
    radio.addEventListener("change", () => grid.setAxis(radio.value));
  }
  const showLog = () => log.setAttribute("aria-pressed", String(grid.log.has("all")));
  const toggleLog = () => {
    grid.toggleLog();
    showLog();
  };
  showLog();
  log.addEventListener("click", toggleLog);
  const keys = {
    f: () => search.focus(),
    l: toggleLog,
    "[": () => setSmoothing(Math.round((grid.smoothing - 0.1) * 100) / 100),
    "]": () => setSmoothing(Math.round((grid.smoothing + 0.1) * 100) / 100),
    z: () => grid.setZoom(null),
  };
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
