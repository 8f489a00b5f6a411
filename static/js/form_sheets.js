// The sheets beside the form: each is asked of the server with the form as it stands.
import { ask } from "./form_ask.js";
import { toast } from "./toast.js";
import { showDraft } from "./draft.js";
import { followText } from "./form_text.js";

const sheet = document.getElementById("form-sheet");
let form = null;
let opener = null;
let shown = null; // what the open sheet was asked with
let timer = 0;

export function offerSheets(newRun) {
  form = newRun;
  document.getElementById("form-ways").hidden = false;
  document.addEventListener("click", pressed);
  sheet.addEventListener("submit", submitted);
  sheet.addEventListener("input", typed);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !sheet.hidden) close(); });
}

// Shows what differs from the run that the link names.
export function openDifference(run) {
  opener = form.querySelector('[data-sheet$="/difference"]');
  show(opener.dataset.sheet, { against: run });
}

function pressed(event) {
  const target = (name) => event.target.closest(`[data-${name}]`);
  const way = form.contains(event.target) && target("sheet");
  if (way) { opener = way; show(way.dataset.sheet); }
  if (!sheet.contains(event.target)) return;
  if (target("sheet-close")) close();
  if (target("against")) show(opener.dataset.sheet, { against: target("against").dataset.against, q: words() });
  if (target("preset")) show(target("preset").dataset.preset);
}

function submitted(event) {
  event.preventDefault();
  const more = Object.fromEntries(new FormData(event.target, event.submitter));
  show(event.target.dataset.presetForm, more);
}

function typed(event) {
  if (!event.target.matches("[data-sheet-search]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => show(opener.dataset.sheet, { q: words() }), 200);
}

const words = () => sheet.querySelector("[data-sheet-search]")?.value ?? "";

// What differs from a run follows the form.
export function formChanged() {
  if (!sheet.hidden && shown?.more.against) show(shown.url, shown.more, true);
}

async function show(url, more = {}, quiet = false) {
  const said = await ask(form, url, more);
  // An answer that comes late must not take the place of a sheet that was opened meanwhile.
  if (!said || (quiet && (sheet.hidden || shown?.url !== url))) return;
  if (said.link !== undefined) return showDraft(form, said.link);
  shown = { url, more };
  const searching = document.activeElement?.matches?.("[data-sheet-search]");
  sheet.innerHTML = said.html; // rendered and escaped by our own server
  sheet.hidden = false;
  for (const way of form.querySelectorAll("[data-sheet]")) way.setAttribute("aria-expanded", way === opener);
  followText(sheet, form, opener.dataset.sheet);
  if (quiet) return;
  if (searching) focusEnd(sheet.querySelector("[data-sheet-search]"));
  else (sheet.querySelector("[data-sheet-text], [aria-invalid], [data-sheet-search], [name=preset_name]") ?? sheet).focus();
  if (said.text) toast(said.text, { action: said.undo && { label: "Undo", press: () => show(restoreUrl(), { undo: said.undo }) } });
}

const restoreUrl = () => form.querySelector('[data-sheet$="/presets"]').dataset.sheet + "/restore";

function focusEnd(input) {
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}

function close() {
  sheet.hidden = true;
  shown = null;
  sheet.replaceChildren();
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
}
