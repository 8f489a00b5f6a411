// Queue and workers: the page stays true while it is open; queued runs are moved by dragging or with Shift+J and Shift+K.
import { send } from "./commands.js";
import { clock } from "./format.js";
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { on, watch } from "./socket.js";

const page = document.getElementById("queue");
let dragged = null;

async function refresh() {
  const fragment = await fetchFragment(page.dataset.url);
  if (dragged) return;
  // A row that has the focus keeps it, wherever it went.
  const focused = document.activeElement?.dataset?.queued;
  if (focused) document.activeElement.blur();
  patchParts(page, fragment);
  if (focused) page.querySelector(`[data-queued="${focused}"]`)?.focus();
  settle();
}

// The server does not know the reader's time zone; which runs train changes.
function settle() {
  for (const node of page.querySelectorAll("[data-clock]")) node.textContent = clock(Date.parse(node.dataset.clock) / 1000, false);
  watch({ runs: [...page.querySelectorAll("[data-watch]")].map((node) => node.dataset.watch).slice(0, 100) });
}

const soon = throttled(refresh, 1000);
on("workers", soon);
on("update", soon);
on("open", soon);
document.addEventListener("commandsent", soon);
setInterval(() => document.hidden || soon(), 15000); // "heard … ago" and expected starts grow old by themselves

async function move(row, before) {
  const body = new FormData();
  body.append("before", before ?? "");
  await send(row.dataset.moveUrl, body);
  soon();
}

page.addEventListener("keydown", (event) => {
  const row = event.target.closest("[data-queued]");
  if (!row || !event.shiftKey || event.target !== row) return;
  if (event.key === "K" && row.dataset.previous) move(row, row.dataset.previous);
  if (event.key === "J" && !("last" in row.dataset)) move(row, row.dataset.afterNext);
});

page.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-queued]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.queued);
  dragged.classList.add("dragged");
});
page.addEventListener("dragover", (event) => {
  const row = event.target.closest("[data-queued]");
  if (!dragged || !row) return;
  event.preventDefault();
  mark(row, isBelow(row, event));
});
page.addEventListener("drop", (event) => {
  const row = event.target.closest("[data-queued]");
  if (!dragged || !row || row === dragged) return;
  event.preventDefault();
  // On the lower half of a row: behind it, which is the only way to the end.
  const behind = row.nextElementSibling === dragged ? dragged.nextElementSibling : row.nextElementSibling;
  const [moved, before] = [dragged, isBelow(row, event) ? behind?.dataset.queued : row.dataset.queued];
  dragged = null;
  move(moved, before);
});
page.addEventListener("dragend", () => {
  page.querySelector(".dragged")?.classList.remove("dragged");
  dragged = null;
  mark(null);
});

const isBelow = (row, { clientY }) => clientY > row.getBoundingClientRect().top + row.offsetHeight / 2;

function mark(row, below = false) {
  page.querySelector(".over")?.classList.remove("over", "below");
  row?.classList.add("over");
  row?.classList.toggle("below", below);
}

page.addEventListener("click", async ({ target }) => {
  if (!target.closest("[data-copy]")) return;
  await navigator.clipboard.writeText(page.querySelector("[data-copy-source]").textContent);
  target.closest("[data-copy]").textContent = "Copied";
});

settle();
