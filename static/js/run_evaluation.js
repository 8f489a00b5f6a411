// The Evaluation tab: choices change the page in place and stand in the address; a row opens with its history.
import { element } from "./dom.js";
import { fetchFragment, patchParts, throttled } from "./parts.js";
import { on } from "./socket.js";

const run = document.getElementById("run").dataset.run;
const page = document.getElementById("evaluation");
const dialog = document.getElementById("sample");
let cards = [];
let place = -1;

// Parts that were pressed have the focus inside, so it is put aside and found again by its address.
async function show(address) {
  const focus = document.activeElement?.closest?.("[data-part]")?.dataset.part;
  const label = document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent;
  const fragment = await fetchFragment(address);
  const fresh = fragment.querySelector("#evaluation");
  for (const menu of page.querySelectorAll("details[open].menu")) menu.open = false;
  document.activeElement?.blur?.();
  if (page.querySelectorAll("[data-part]").length !== fresh.querySelectorAll("[data-part]").length) page.replaceChildren(...fresh.childNodes);
  else patchParts(page, fresh);
  patchParts(document.getElementById("evaluation-more"), fragment.querySelector("#evaluation-more"));
  const links = focus ? [...page.querySelectorAll(`[data-part="${focus}"] a`)] : [];
  links.find((link) => (link.getAttribute("aria-label") ?? link.textContent) === label)?.focus({ preventScroll: true });
}

page.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = link.getAttribute("href") === "?" ? location.pathname : link.href;
  show(address).then(() => history.pushState(null, "", address)).catch(() => location.assign(address));
});
addEventListener("popstate", () => show(location.href).catch(() => location.reload()));

// A new evaluation is shown where the latest is asked for.
const refresh = throttled(() => (new URL(location.href).searchParams.get("at") ? null : show(location.href)), 2000);
on("update", (update) => update.run === run && update.evaluations && !page.contains(document.activeElement) && refresh());
on("back", () => page.contains(document.activeElement) || refresh());

// --- one row, enlarged -----------------------------------------------------------------------------------------------
async function open(card) {
  cards = [...page.querySelectorAll(".sample")];
  place = cards.indexOf(card);
  const at = page.dataset.at ? `?at=${encodeURIComponent(page.dataset.at)}` : "";
  dialog.querySelector("[data-title]").textContent = `Row ${card.dataset.row}`;
  if (!dialog.open) dialog.showModal();
  const fragment = await fetchFragment(`${page.dataset.rowUrl.replace(/0$/, card.dataset.row)}${at}`);
  dialog.querySelector("[data-body]").replaceChildren(...(fragment.childNodes.length ? fragment.childNodes : [element("p", {}, "Nothing is known of this row.")]));
}

function step(by) {
  const next = cards[place + by];
  if (next) open(next);
}

page.addEventListener("click", (event) => {
  const card = event.target.closest(".sample");
  if (card && !event.target.closest("audio, a")) open(card);
});

page.addEventListener("keydown", (event) => {
  const card = event.target.closest(".sample");
  if (card && (event.key === "Enter" || event.key === " ") && event.target === card) {
    event.preventDefault();
    open(card);
  }
  const cell = event.target.closest(".matrix a.cell");
  if (cell) moveInMatrix(event, cell);
});

dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.step) step(Number(button.dataset.step));
  if (button?.hasAttribute("data-close") || event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => cards[place]?.focus());

// Arrow keys go from cell to cell that holds something.
const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function moveInMatrix(event, cell) {
  const way = WAYS[event.key];
  if (!way) return;
  event.preventDefault();
  const rows = [...cell.closest("tbody").rows];
  let row = rows.indexOf(cell.closest("tr")) + way[0];
  let column = cell.closest("td").cellIndex + way[1];
  while (rows[row]?.cells[column]) {
    const next = rows[row].cells[column].querySelector("a.cell");
    if (next) return next.focus();
    row += way[0];
    column += way[1];
  }
}
