// The preview of the form's data: asked of a worker, followed, shown, marked outdated when the form changes.
import { announce, element, post } from "./dom.js";
import { follow } from "./errand.js";
import { fetchFragment } from "./parts.js";

const form = document.getElementById("new-run");
const box = document.getElementById("data-preview");
const part = (name) => box?.querySelector(`[data-preview-${name}]`);

let cancel = null; // while one is under way
let asked = 0;

async function begin() {
  stop();
  const number = ++asked;
  show("asking a worker");
  const answer = await post(box.dataset.begin, new FormData(form)).catch(() => null);
  if (number !== asked) return;
  const said = (await answer?.json().catch(() => null)) ?? {};
  if (!answer?.ok) return refuse(said.error ?? "The server cannot be reached. Try again.");
  cancel = follow(said.errand, (state) => number === asked && told(said.errand, state));
}

function told(errand, state) {
  if (state.state === "waiting") return show(state.waits ? `waits: ${state.waits}` : "starting");
  if (state.state === "running") return show(state.progress || "starting");
  cancel = null;
  ended(errand, asked);
}

async function ended(errand, number) {
  const fragment = await fetchFragment(box.dataset.result.replace("ERRAND", errand)).catch(() => null);
  if (number !== asked) return;
  if (!fragment) return refuse("The result could not be fetched. Try again.");
  show("");
  outdate(false);
  part("idle").hidden = true;
  part("result").replaceChildren(...fragment.childNodes);
  part("begin").lastChild.textContent = "Look again";
  atFields();
  announce(part("result").querySelector(".note.error") ? "The preview found problems." : "The preview is there.");
}

// Each problem also stands at its field, until the form changes.
function atFields() {
  clearFields();
  for (const link of part("result").querySelectorAll("[data-found]")) {
    const sentence = link.parentElement.querySelector("[data-sentence]").textContent;
    const place = document.getElementById(link.dataset.found)?.closest(".control");
    place?.append(element("p", { class: "previewed-problem" }, `Preview: ${sentence}`));
  }
}

function clearFields() {
  for (const text of form.querySelectorAll(".previewed-problem")) text.remove();
}

function refuse(sentence) {
  show("");
  part("result").replaceChildren(element("p", { class: "data-trouble", role: "alert" }, sentence));
}

function stop() {
  asked++;
  cancel?.();
  cancel = null;
  show("");
}

function show(text) {
  part("now").hidden = !text;
  part("text").textContent = text;
  part("cancel").hidden = !text;
  part("begin").hidden = Boolean(text);
}

function outdate(whether) {
  part("outdated").hidden = !whether;
  box.toggleAttribute("data-outdated", whether);
  if (whether) clearFields();
}

// A role chosen here is written into the field "columns", as JSON; null says that an optional role has none.
function chooseColumn(select) {
  const field = document.getElementById("f-data-columns");
  let columns = {};
  try { columns = JSON.parse(field.value || "{}"); } catch { /* what stands there is no JSON: begun anew */ }
  columns[select.dataset.role] = select.value || null;
  field.value = JSON.stringify(columns);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  begin();
}

// What a run is called and where it is kept changes nothing in its data.
const LABELS = new Set(["name", "tags", "project", "new_project"]);

export function setUpPreview() {
  box.hidden = false;
  part("begin").addEventListener("click", begin);
  part("cancel").addEventListener("click", stop);
  box.addEventListener("change", (event) => { if (event.target.dataset.role) chooseColumn(event.target); });
  form.addEventListener("input", (event) => {
    if (event.target.name && !LABELS.has(event.target.name) && part("result").childElementCount) outdate(true);
  });
  return { begin };
}
