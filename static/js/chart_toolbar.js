// The controls above a chart grid: search, smoothing, x axis, log y; and their keys.
import { isTyping } from "./dom.js";

const FINEST = 0.99;
const STEP = 0.1;

export function connectToolbar(bar, grid) {
  const { view } = grid;
  const search = bar.querySelector("[data-chart-search]");
  search.value = view.search;
  search.addEventListener("input", () => view.setSearch(search.value.trim()));
  const smoother = connectSmoothing(bar, view);
  connectAxes(bar, grid);
  const log = bar.querySelector("[data-chart-log]");
  log.addEventListener("click", () => view.toggleLog());
  const reset = bar.querySelector("[data-chart-unzoom]");
  reset.addEventListener("click", () => view.setZoom(null));
  const show = () => {
    log.setAttribute("aria-pressed", String(view.log.has("all")));
    reset.hidden = !view.zoom;
  };
  view.addEventListener("change", show);
  show();
  connectKeys({ f: () => search.focus(), l: () => view.toggleLog(), "[": () => smoother(-STEP), "]": () => smoother(STEP), z: () => view.setZoom(null), Escape: () => view.enlarged && view.enlarge(view.enlarged) });
}

// Kind and strength. Gives a function that changes the strength by so much.
function connectSmoothing(bar, view) {
  const kind = bar.querySelector("[data-chart-smoothing-kind]");
  const slider = bar.querySelector("[data-chart-smoothing]");
  const amount = bar.querySelector("[data-chart-smoothing-value]");
  const show = () => {
    const { smoothing } = view;
    kind.value = smoothing.kind;
    slider.value = smoothing.amount;
    if (document.activeElement !== amount) amount.value = smoothing.amount.toFixed(2);
    slider.disabled = amount.disabled = smoothing.kind === "none";
  };
  const set = (value) => {
    view.setSmoothing({ amount: Math.min(FINEST, Math.max(0, Number(value) || 0)) });
    show();
  };
  kind.addEventListener("change", () => {
    view.setSmoothing({ kind: kind.value });
    show();
  });
  slider.addEventListener("input", () => set(slider.value));
  amount.addEventListener("change", () => set(amount.value));
  show();
  return (change) => set(Math.round((view.smoothing.amount + change) * 100) / 100);
}

// Tokens are an axis only where some run counts them.
function connectAxes(bar, grid) {
  for (const radio of bar.querySelectorAll("[data-chart-axis]")) {
    radio.checked = radio.value === grid.view.axis;
    radio.addEventListener("change", () => grid.view.setAxis(radio.value));
  }
  const tokens = bar.querySelector("[data-chart-tokens]");
  const offer = () => (tokens.hidden = false);
  if (grid.tokens || grid.view.axis === "tokens") offer();
  grid.addEventListener("tokens", offer, { once: true });
}

function connectKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
