// The menus above the runs table, the heads of its columns and the saved view: each changes the address, and the rows follow.
import { pinColumns, stickWhenScrolled } from "./pinned_columns.js";
import { toast } from "./toast.js";
import { read } from "./view_state.js";

export function connectTableToolbar(source, holder) {
  document.addEventListener("click", (event) => {
    const head = event.target.closest("a[data-sort]");
    const choice = event.target.closest("a[data-set]");
    if (event.target.closest("a[data-export]")) return fillExport(event.target.closest("a"));
    if ((!head && !choice) || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (head) source.set({ sort: event.shiftKey ? head.dataset.addSort : head.dataset.sort }, { push: true });
    else source.set({ [choice.dataset.set]: choice.dataset.value, open: "" }, { push: true });
    closeMenu(event.target);
  });
  document.addEventListener("submit", (event) => {
    const name = event.target.dataset.setter;
    if (name) {
      event.preventDefault();
      source.set({ [name]: event.target.elements[name].value.trim(), open: "" }, { push: true });
      closeMenu(event.target);
    }
    if (event.target.matches("[data-save-view]")) save(event);
  });
  stickWhenScrolled(holder);
  showAsked(holder);
}

function closeMenu(node) {
  const menu = node.closest("details.menu");
  if (menu) menu.open = false;
}

// The file is of what is shown now.
function fillExport(link) {
  const query = new URLSearchParams(["q", "sort"].filter((name) => read(name)).map((name) => [name, read(name)]));
  link.href = `${link.href.split("?")[0]}?${query}`;
}

// The words of the toolbar follow the address.
export function showAsked(holder) {
  const { matching, total } = holder.querySelector("table").dataset;
  showCount(Number(matching), Number(total));
  for (const [name, otherwise] of [["group", "sweep"], ["sort", "newest"]]) {
    const menu = document.querySelector(`[data-setter="${name}"]`).closest(".menu");
    menu.querySelector(".menu-now").textContent = short(read(name)) || otherwise;
    menu.querySelector(`[name="${name}"]`).value = read(name);
    for (const choice of menu.querySelectorAll("[data-set]")) choice.toggleAttribute("aria-current", choice.dataset.value === read(name));
  }
  pinColumns(holder);
  showEdited();
}

// How many runs pass the filter, of how many.
export function showCount(matching, total) {
  const text = `${read("q") || matching !== total ? `${grouped(matching)} of ` : ""}${grouped(total)} ${total === 1 ? "run" : "runs"}`;
  document.querySelector("[data-query-count]").textContent = text;
}

const grouped = (number) => Number(number).toLocaleString("en").replaceAll(",", "\u2009");
const short = (text) => text.replaceAll(/(^|,)-?(args|params)\./g, "$1").replace(/^-/, "");

let opened = location.search;

function showEdited() {
  const edited = document.querySelector(".view-edited");
  if (edited && location.search !== opened) edited.hidden = false;
  opened = location.search;
}

async function save(event) {
  event.preventDefault();
  const form = event.target;
  form.elements.query.value = location.search;
  const headers = { "X-Requested-With": "fetch", "X-CSRFToken": document.body.dataset.csrf };
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  const said = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : { text: "The server did not answer, so the view is not saved." };
  if (!answer?.ok) return toast(said.text, { error: true });
  const url = new URL(location.href);
  url.searchParams.set("view", said.name);
  location.assign(url);
}
