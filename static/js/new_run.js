// New run: the server checks the form 200 ms after typing; this file shows what it said.
import { announce, isTyping, post } from "./dom.js";
import { keepDraft, offerDraft, dropDraft, setInAddress } from "./draft.js";
import { formChanged, offerSheets, openDifference } from "./form_sheets.js";
import { stepNumber } from "./number_step.js";
import { followSections } from "./sections.js";
import { filter, showAll } from "./field_filter.js";
import { checked, holds, setUpRehearsal } from "./rehearsal.js";
import { on } from "./socket.js";
import { setUpSwitches } from "./json_switches.js";
import { setUpPlan } from "./sweep_plan.js";
import { seedSweep } from "./sweep_seed.js";

const form = document.getElementById("new-run");
const launch = document.getElementById("launch-button");
const summary = document.getElementById("summary");
const shown = new Set(); // ids of fields whose error is on the page
const asks = new URLSearchParams(location.search);
let said = { errors: {}, cautions: {} };
let timer = 0;
let asked = 0;

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, 200);
}

async function check() {
  const number = ++asked;
  const answer = await post(form.dataset.check, new FormData(form)).catch(() => null);
  if (number !== asked) return;
  if (answer?.status === 413) return sayTooLong();
  if (!answer?.ok) return;
  said = await answer.json();
  showSummary();
  showErrors();
  showCautions();
  showChanges();
  checked(said);
  showNewRecipes();
  formChanged();
  keepDraft(form, said.link, said.changed.length || form.elements.name.value);
}

// More than the server reads at once: said at the longest text, and nothing is launched until it is shorter.
function sayTooLong() {
  const texts = [...form.querySelectorAll("textarea, input[type=text]")];
  const longest = texts.reduce((most, text) => (text.value.length > most.value.length ? text : most));
  const count = longest.value.length.toLocaleString("en");
  said.errors = { [longest.id]: `${count} characters are more than the server reads. Shorten it, or put the values into a file of the recipe.` };
  launch.setAttribute("aria-disabled", true);
  launch.querySelector("[data-launch-label]").textContent = "Fix 1 problem to launch";
  showErrors();
}

// Whoever edits a recipe keeps what was typed: the link holds it.
function showNewRecipes() {
  document.getElementById("recipes-note").hidden = said.recipes === form.dataset.recipes;
  document.querySelector("[data-recipes-link]").href = `?${said.link}`;
}

function showSummary() {
  const focused = summary.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  summary.innerHTML = said.summary; // rendered and escaped by our own server
  if (focused) summary.querySelector(`a[href="${focused}"]`)?.focus();
  const count = Object.keys(said.errors).length;
  launch.setAttribute("aria-disabled", count > 0);
  // A launch under way says so itself.
  if (launch.getAttribute("aria-busy") !== "true") launch.querySelector("[data-launch-label]").textContent = said.launch;
  document.querySelector("#schedule-spark polyline")?.setAttribute("points", said.schedule);
  for (const [name, state] of Object.entries(said.sections)) showSection(name, state);
}

function showSection(name, state) {
  const link = form.querySelector(`[data-section="${name}"]`);
  if (!link) return;
  link.classList.toggle("wrong", state.problems > 0);
  link.querySelector("[data-note]").textContent = state.problems ? `${state.problems} to fix` : state.note;
}

// A field that is being typed in gets its first error when it is left; one that shows an error is updated at once.
function showErrors() {
  for (const box of form.querySelectorAll(".error-text")) {
    const id = box.id.replace(/-error$/, "");
    showError(box, id, isTypingIn(id) && !shown.has(id) ? "" : (said.errors[id] ?? ""));
  }
}

function showCautions() {
  for (const box of form.querySelectorAll(".caution-text")) box.textContent = said.cautions[box.id.replace(/-caution$/, "")] ?? "";
}

function showError(box, id, sentence) {
  box.textContent = sentence;
  const control = document.getElementById(id);
  if (sentence) { shown.add(id); control?.setAttribute("aria-invalid", "true"); }
  else { shown.delete(id); control?.removeAttribute("aria-invalid"); }
}

function isTypingIn(id) {
  const focused = document.activeElement;
  return focused.matches("input[type=text], textarea") && document.getElementById(id)?.closest(".form-row")?.contains(focused);
}

function showChanges() {
  const changed = new Set(said.changed);
  for (const row of form.querySelectorAll("[data-row]")) row.classList.toggle("changed", changed.has(row.dataset.row));
  for (const group of form.querySelectorAll(".group")) showGroup(group);
  if (document.getElementById("changed-only").checked) filter(form);
}

// "2 changed: bf16, tf32" and "1 to fix" beside a group's heading, for it may be closed.
function showGroup(group) {
  const names = [...group.querySelectorAll(".changed label[for]")].map((label) => label.textContent);
  const wrong = group.querySelectorAll(".error-text:not(:empty)").length;
  say(group.querySelector(".group-changes"), names.length ? `${names.length} changed: ${names.join(", ")}` : "");
  say(group.querySelector(".group-problems"), wrong ? `${wrong} to fix` : "");
}

function say(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function reset(row) {
  const control = document.getElementById(row.dataset.row);
  control.value = control.dataset.default;
  const sweep = row.querySelector(".switch");
  if (sweep) sweep.checked = false;
  control.focus();
  check();
}

function goTo(id) {
  const control = document.getElementById(id);
  if (!control) return;
  showAll(form);
  for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const row = control.closest(".form-row") ?? control;
  row.scrollIntoView({ block: "center" });
  const seen = control.offsetParent ? control : row.querySelector(".sweep-only input:not([type=radio])");
  (seen ?? control).focus({ preventScroll: true });
}

// The list of sections leads to one that a search has put away as well.
function showSectionOf(link) {
  if (document.getElementById(link.dataset.section)?.hidden) showAll(form);
}

function send(event) {
  if (event.submitter?.name === "switch_recipe") return;
  const wrong = Object.keys(said.errors);
  if (launch.getAttribute("aria-disabled") === "true" && wrong.length) {
    event.preventDefault();
    announce(launch.textContent.trim());
    goTo(wrong[0]);
    return;
  }
  if (holds(said, () => form.requestSubmit(launch), check)) return event.preventDefault();
  launch.setAttribute("aria-busy", "true");
  launch.querySelector("[data-launch-label]").textContent = "Launching…";
  dropDraft(form.dataset.project);
}

form.addEventListener("input", (event) => {
  if (event.target.closest(".form-tools")) return search(event.target);
  if (event.target.matches(".switch") && event.target.checked) seedSweep(event.target.closest("[data-row]"));
  checkSoon();
});
function search(control) {
  filter(form);
  if (control.id === "changed-only") setInAddress("changed", control.checked ? "1" : "");
}

// The section stays in the address, and Tab goes on from its heading.
function goToSection(id) {
  const section = document.getElementById(id);
  section.scrollIntoView();
  const title = section.querySelector("h2");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  setInAddress("section", id);
}

form.addEventListener("focusout", () => setTimeout(showErrors));
form.addEventListener("submit", send);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#f-"]');
  if (link) { event.preventDefault(); goTo(link.getAttribute("href").slice(1)); }
});
form.addEventListener("click", (event) => {
  const section = event.target.closest("[data-section]");
  if (section) { event.preventDefault(); goToSection(section.dataset.section); }
  if (event.target.closest("[data-section]")) showSectionOf(event.target.closest("[data-section]"));
  if (event.target.closest("[data-reset]")) reset(event.target.closest("[data-row]"));
  if (event.target.closest("[data-show-all]")) showAll(form);
});
form.addEventListener("keydown", (event) => {
  const typed = event.target.matches("input[type=text], input[type=search]");
  if (event.key === "Enter" && typed && !event.metaKey && !event.ctrlKey) { event.preventDefault(); check(); }
  if (event.target.dataset.number && stepNumber(event)) checkSoon();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !isTyping(event)) { event.preventDefault(); document.getElementById("field-search").focus(); }
  const launches = event.key === "Enter" && (event.metaKey || event.ctrlKey) && !event.target.closest("#form-sheet");
  if (launches) form.requestSubmit(launch);
});
// Back from the run page: the button is whole again.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const button of form.querySelectorAll("[data-reset]")) button.hidden = false;
for (const box of form.querySelectorAll(".error-text:not(:empty)")) shown.add(box.id.replace(/-error$/, ""));
on("workers", checkSoon); // the device slots of the summary
setUpRehearsal(() => form.requestSubmit(launch), check);
setUpSwitches();
setUpPlan(form);
offerDraft(form);
offerSheets(form);
followSections(form);
if (asks.get("changed")) filter(form);
if (asks.get("against")) openDifference(asks.get("against"));
if (document.getElementById(asks.get("section"))?.matches(".form-section")) goToSection(asks.get("section"));
if ("refused" in form.dataset) document.getElementById("refused").focus();
check();
