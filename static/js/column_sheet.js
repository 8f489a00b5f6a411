// The sheet that chooses, pins and orders the columns: by pointer, by its buttons, and with Alt and the arrow keys.
import { answerOf } from "./asking.js";
import { read } from "./view_state.js";

export function connectColumns(source) {
  const opener = document.querySelector("[data-columns]");
  const sheet = document.getElementById("columns-sheet");
  const body = sheet.querySelector("[data-columns-body]");
  const search = sheet.querySelector("[data-column-search]");
  const chosen = () => body.querySelector("[data-chosen]");

  opener.addEventListener("click", async () => {
    const answer = await answerOf(`${opener.dataset.url}${location.search}`);
    if (!answer?.ok) return;
    body.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
    search.value = "";
    sheet.showModal();
  });
  search.addEventListener("input", () => filter(body, search.value.toLowerCase()));
  body.addEventListener("change", ({ target }) => {
    if (target.type !== "checkbox") return;
    const item = target.closest("li");
    if (target.checked) chosen().append(item);
    else item.querySelector("[data-pin]").setAttribute("aria-pressed", "false");
    target.focus();
  });
  body.addEventListener("click", ({ target }) => {
    const item = target.closest("li");
    if (target.closest("[data-up]")) move(item, -1);
    if (target.closest("[data-down]")) move(item, 1);
    const pin = target.closest("[data-pin]");
    if (pin) pin.setAttribute("aria-pressed", String(pin.getAttribute("aria-pressed") !== "true"));
  });
  body.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey) return;
    event.preventDefault();
    move(event.target.closest("li"), by);
  });
  connectDrag(body, chosen);
  sheet.querySelector("[data-columns-apply]").addEventListener("click", () => {
    const items = [...chosen().children].filter((item) => item.querySelector("input").checked);
    const pinned = items.filter((item) => item.querySelector("[data-pin]").getAttribute("aria-pressed") === "true");
    sheet.close();
    source.set({ cols: keys(items), pin: keys(pinned) }, { push: true });
  });
  sheet.querySelector("[data-columns-reset]").addEventListener("click", () => {
    sheet.close();
    if (read("cols") || read("pin")) source.set({ cols: "", pin: "" }, { push: true });
  });
}

const keys = (items) => items.map((item) => item.dataset.key).join(",");

function filter(body, text) {
  for (const item of body.querySelectorAll("li")) item.hidden = !item.dataset.key.toLowerCase().includes(text);
}

function move(item, by) {
  const focus = document.activeElement;
  if (by < 0) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  focus.focus();
}

function connectDrag(body, chosen) {
  let held = null;
  body.addEventListener("dragstart", (event) => (held = event.target.closest("li")));
  body.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-chosen] li");
    if (!held || !over || over === held) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](held);
    if (held.parentElement === chosen()) held.querySelector("input").checked = true;
  });
  body.addEventListener("dragend", () => (held = null));
}
