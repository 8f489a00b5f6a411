// The rehearsal of the form: asked of a worker, followed, shown beside the form, marked outdated when a field changes.
import { announce, element, post } from "./dom.js";
import { follow } from "./errand.js";
import { clock } from "./format.js";
import { fetchFragment } from "./parts.js";

const form = document.getElementById("new-run");
const box = document.getElementById("rehearsal");
const part = (name) => box.querySelector(`[data-rehearsal-${name}]`);
const button = box.querySelector("[data-rehearse]");
const skip = form.querySelector("[data-rehearsal-skip]");
const result = part("result");

let cancel = null; // while one is under way
let launchAfter = null; // what to do once it has gone well
let skipped = false;
let asked = 0;

// Begins one. `onSettled()` is called when its state changes, so that the summary can follow.
async function begin(onSettled) {
  stop();
  const number = ++asked;
  show("Asking a worker…");
  const answer = await post(box.dataset.begin, new FormData(form)).catch(() => null);
  if (number !== asked) return;
  if (!answer) return refuse("The server cannot be reached. Try again.");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) return refuse(said.error ?? `The server answered ${answer.status}.`);
  cancel = follow(said.errand, (state) => number === asked && told(said.errand, state, onSettled));
}

function told(errand, state, onSettled) {
  if (state.state === "waiting") return show(state.waits ? `Waits: ${state.waits}` : "Starting…");
  if (state.state === "running") return show(sentenceCase(state.progress || "starting"));
  cancel = null;
  ended(errand, state, onSettled);
}

async function ended(errand, state, onSettled) {
  const fragment = await fetchFragment(box.dataset.result.replace("ERRAND", errand)).catch(() => null);
  if (!fragment) return refuse("The result could not be fetched. Rehearse again.");
  show("");
  part("idle").hidden = true;
  result.replaceChildren(...fragment.childNodes);
  fillClocks();
  atFields();
  form.elements.rehearsal.value = errand;
  button.textContent = "Rehearse again";
  const well = state.state === "done" && !result.querySelector(".note.error");
  announce(well ? "The rehearsal went well." : "The rehearsal found problems. Nothing was launched.");
  settle(well);
  onSettled();
}

// A launch that waited for it goes on, or is left to the person.
function settle(well) {
  const launch = launchAfter;
  launchAfter = null;
  skip.hidden = true;
  if (launch && well) return launch();
  release();
}

function refuse(sentence) {
  show("");
  result.replaceChildren(element("p", { class: "error-text", role: "alert" }, sentence));
  settle(false);
}

function stop() {
  asked++;
  cancel?.();
  cancel = null;
  launchAfter = null;
  show("");
  release();
  skip.hidden = true;
}

function show(text) {
  part("now").hidden = !text;
  part("text").textContent = text;
  part("cancel").hidden = !text;
  button.hidden = Boolean(text);
}

function release() {
  const launch = document.getElementById("launch-button");
  launch.removeAttribute("aria-busy");
}

const sentenceCase = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// When the run would end if it started now: the time, with the day where that is another one.
function fillClocks() {
  for (const node of result.querySelectorAll("[data-ends-in]")) {
    const end = new Date(Date.now() + 1000 * Number(node.dataset.endsIn));
    const other = end.toDateString() !== new Date().toDateString();
    const day = other ? `${end.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ` : "";
    node.textContent = ` · ${day}${clock(end.getTime() / 1000, false)}`;
  }
}

// Each problem also stands at its field, until the field or the rehearsal changes.
function atFields() {
  clearFields();
  for (const link of result.querySelectorAll("[data-found]")) {
    const control = document.getElementById(link.dataset.found);
    const sentence = link.parentElement.querySelector("[data-sentence]").textContent;
    control?.closest(".control")?.append(element("p", { class: "rehearsed-problem" }, `Rehearsal: ${sentence}`));
  }
}

function clearFields() {
  for (const text of form.querySelectorAll(".rehearsed-problem")) text.remove();
}

function outdate(whether) {
  part("outdated").hidden = !whether;
  box.toggleAttribute("data-outdated", whether);
  if (whether) clearFields();
  else if (!form.querySelector(".rehearsed-problem")) atFields();
}

// The server has checked the form: is what was rehearsed still what would run?
export function checked(said) {
  if (form.elements.rehearsal.value && !cancel) outdate(said.rehearsal !== "fresh");
}

// A sweep is rehearsed before it is launched: true when the launch has to wait for that.
export function holds(said, launch, onSettled) {
  if (launchAfter) return true;
  if (skipped || !said.sweep || said.rehearsal === "fresh") return false;
  begin(onSettled);
  launchAfter = () => { skipped = true; launch(); };
  skip.hidden = false;
  const busy = document.getElementById("launch-button");
  busy.setAttribute("aria-busy", "true");
  busy.querySelector("[data-launch-label]").textContent = "Rehearsing first…";
  return true;
}

export function setUpRehearsal(launch, onSettled) {
  box.hidden = false;
  button.addEventListener("click", () => begin(onSettled));
  part("cancel").addEventListener("click", () => { stop(); onSettled(); });
  skip.addEventListener("click", () => { stop(); skipped = true; launch(); });
  form.addEventListener("input", (event) => {
    if (event.target.closest(".form-tools")) return;
    skipped = false;
    if (cancel || launchAfter) { stop(); onSettled(); }
    skip.hidden = true;
    if (form.elements.rehearsal.value) outdate(true);
  });
}
