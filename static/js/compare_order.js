// The columns of the compare page are ordered by dragging their chips, or by Shift and an arrow on a focused one; the
// first is the baseline, and B makes the chip under the pointer or with the focus the baseline.
import { isTyping } from "./dom.js";

const list = document.querySelector("[data-columns-order]");
let dragged = null;

export function connectOrder() {
  if (!list) return;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".run-chip");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest(".run-chip");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const { left, width } = over.getBoundingClientRect();
    over[event.clientX < left + width / 2 ? "before" : "after"](dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    dragged = null;
    go();
  });
  document.addEventListener("keydown", pressed);
}

function pressed(event) {
  if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
  const chip = document.activeElement.closest(".run-chip") ?? list.querySelector(".run-chip:hover");
  if (!chip) return;
  if (event.key === "b" && !event.shiftKey) chip.querySelector("[data-as-base]")?.click();
  const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
  const other = event.shiftKey && step ? chip[step] : null;
  if (!other) return;
  event.preventDefault();
  other[event.key === "ArrowLeft" ? "before" : "after"](chip);
  go();
}

// The address with the runs in the order of the chips; runs that had no room stay behind them.
function go() {
  const url = new URL(location.href);
  const shown = [...list.children].flatMap((chip) => chip.dataset.members.split(","));
  const rest = list.dataset.columnsOrder.split(",").filter((id) => !shown.includes(id));
  for (const name of ["base", "sweep", "q"]) url.searchParams.delete(name);
  url.searchParams.set("runs", [...shown, ...rest].join(","));
  url.search = url.search.replaceAll("%2C", ",");
  if (url.href !== location.href) location.href = url.href;
}
