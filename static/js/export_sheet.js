// The export sheet: sizes follow the choices, a press becomes progress in place and then a link.
// The sheet is a plain form, so all of it works without this file too.
import { announce, post } from "./dom.js";
import { fetchFragment, patchParts } from "./parts.js";
import { on } from "./socket.js";

const SIZES_AFTER = 200; // ms after the last change
const ASK_EVERY = 2000;

const box = () => document.querySelector("[data-export-state]");
let asked = 0;
let timer = 0;
let sizes = 0;

document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-export-form]");
  if (!form || target.name === "token") return;
  clearTimeout(sizes);
  sizes = setTimeout(() => showSizes(form), SIZES_AFTER);
});

// Everything that depends on the choices, of the server; the fields themselves stay.
async function showSizes(form) {
  const number = ++asked;
  const fields = new FormData(form);
  for (const secret of ["token", "csrfmiddlewaretoken"]) fields.delete(secret);
  const fragment = await fetchFragment(`${form.dataset.sheetAddress}?${new URLSearchParams(fields)}`).catch(() => null);
  if (!fragment || number !== asked || !form.isConnected) return;
  patchParts(form, fragment);
  for (const fresh of fragment.querySelectorAll("[data-error]")) tellAt(form, fresh.dataset.error, fresh.textContent);
}

function tellAt(form, field, text) {
  const place = form.querySelector(`[data-error="${field}"]`);
  if (place) place.textContent = text;
  form.elements[field]?.setAttribute?.("aria-invalid", String(Boolean(text.trim())));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-export-form]");
  const button = event.submitter;
  if (!form || !button) return;
  if (button.matches("[data-export-press]")) event.preventDefault(), begin(form, button);
  if (button.matches("[data-export-cancel]")) event.preventDefault(), cancel(button);
  if (button.matches("[data-forget-token]")) event.preventDefault(), forget(form, button);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  const button = document.querySelector("[data-export-press]");
  if (!button) return;
  event.preventDefault();
  button.form.requestSubmit(button);
});

async function begin(form, button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  for (const place of form.querySelectorAll("[data-error]")) tellAt(form, place.dataset.error, "");
  const answer = await post(form.action, new FormData(form)).catch(() => null);
  button.removeAttribute("aria-disabled");
  const said = (await answer?.json().catch(() => null)) ?? {};
  if (answer?.ok) {
    if (form.elements.token) showSizes(form); // it is stored now
    return follow(said.url, true);
  }
  refuse(form, said.text ?? "The server cannot be reached. Try again.", said.field);
}

function refuse(form, text, field) {
  if (field && form.querySelector(`[data-error="${field}"]`)) {
    tellAt(form, field, text);
    form.elements[field]?.focus?.();
  } else {
    const note = document.createElement("p");
    note.className = "error-text";
    note.setAttribute("role", "alert");
    note.textContent = text;
    box().replaceChildren(note);
  }
  announce(text);
}

// Shows how far the export is until it has ended; what is `pressed` here is downloaded by itself.
async function follow(address, pressed = false) {
  clearTimeout(timer);
  const place = box();
  if (!place) return;
  place.dataset.address = address;
  const fragment = await fetchFragment(address).catch(() => null);
  if (box() !== place) return;
  if (fragment) place.replaceChildren(...fragment.childNodes);
  const state = place.querySelector("[data-state]")?.dataset.state;
  if (!fragment || state === "preparing") timer = setTimeout(() => follow(address, pressed), ASK_EVERY);
  else if (pressed) ended(place, state);
}

function ended(place, state) {
  announce(place.textContent.trim().replace(/\s+/g, " "));
  if (state === "ready") place.querySelector("[data-export-link]").click();
}

async function cancel(button) {
  button.setAttribute("aria-disabled", "true");
  await post(button.getAttribute("formaction"), {}).catch(() => null);
  follow(box().dataset.address);
}

async function forget(form, button) {
  await post(button.getAttribute("formaction"), {}).catch(() => null);
  showSizes(form);
}

on("errand", () => { if (box()?.querySelector('[data-state="preparing"]')) follow(box().dataset.address, true); });
// The sheet opens and closes without a page load: each new one is looked at once.
function look() {
  for (const without of document.querySelectorAll("[data-export-sheet] [data-without-script]")) without.hidden = true;
  const place = box();
  if (!place || place.dataset.watched) return;
  place.dataset.watched = "true";
  if (place.querySelector('[data-state="preparing"]')) follow(place.dataset.address);
}
new MutationObserver(look).observe(document.querySelector(".checkpoints") ?? document.body, { childList: true });
look();
