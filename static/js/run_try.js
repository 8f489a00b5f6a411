// Try it: one input, asked of one checkpoint or of two side by side.
import { element, post } from "./dom.js";
import { follow } from "./errand.js";
import { number } from "./format.js";
import { prepared } from "./try_file.js";

const form = document.getElementById("try-form");
const results = form?.querySelector("[data-results]");
const error = form?.querySelector("[data-error]");
let cancels = [];
let file = null; // {name, data, url} of the picture or sound

if (form) connect();

function connect() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    predict();
  });
  form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
  const drop = form.querySelector("[data-drop]");
  if (!drop) return;
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files[0]); });
  drop.querySelector("input").addEventListener("change", (event) => take(event.target.files[0]));
}

async function take(chosen) {
  if (!chosen) return;
  say("");
  file = await prepared(chosen, form.dataset.takes).catch((fault) => (say(fault.message), null));
  const shown = form.querySelector("[data-drop-shown]");
  shown.replaceChildren();
  if (!file) return;
  form.querySelector("[data-drop-text]").textContent = chosen.name;
  if (form.dataset.takes === "image") shown.append(element("img", { src: file.url, alt: "" }));
  predict();
}

function predict() {
  for (const cancel of cancels) cancel();
  cancels = [];
  say("");
  if (form.dataset.takes !== "text" && !file) return say("Choose a file first.");
  const selects = [form.elements.checkpoint, form.elements.beside].filter((select) => select.value);
  results.replaceChildren(...selects.map((select) => {
    const box = element("div", { class: "try-result" }, element("h3", {}, select.selectedOptions[0].textContent), element("p", { class: "quiet" }, "Asking a worker…"));
    ask(select.value, box);
    return box;
  }));
}

async function ask(checkpoint, box) {
  const fields = { checkpoint };
  for (const name of ["text", "second"]) if (form.elements[name]) fields[name] = form.elements[name].value;
  if (file) fields[form.dataset.takes] = file.data;
  const answer = await post(form.action, fields).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!said?.errand) return fill(box, element("p", { class: "error-text", role: "alert" }, said?.error ?? "The server cannot be reached. Try again."));
  cancels.push(follow(said.errand, (state) => told(state, box)));
}

function told(state, box) {
  if (state.state === "waiting") return fill(box, element("p", { class: "quiet" }, state.waits ? `Waits: ${state.waits}` : "Starting…"));
  if (state.state === "running") return fill(box, element("p", { class: "quiet" }, state.progress || "starting"));
  if (state.state !== "done") return fill(box, element("p", { class: "error-text" }, state.reason || "It was cancelled."));
  const { result } = state;
  const took = element("p", { class: "hint" }, `${number(1000 * result.seconds, 3)} ms${result.remark ? ` · ${result.remark}` : ""}`);
  fill(box, ...SHOWN[result.kind](result), took);
}

const fill = (box, ...nodes) => box.replaceChildren(box.firstElementChild, ...nodes);

function say(text) {
  error.textContent = text;
  error.hidden = !text;
}

function scores(rows) {
  const body = element("tbody", {}, ...rows.map(([name, score]) => element("tr", {},
    element("th", { scope: "row" }, name), element("td", { class: "number" }, score.toFixed(3)),
    element("td", { class: "bar-column" }, element("progress", { value: score, max: 1, "aria-hidden": "true" })))));
  return element("table", { class: "table" }, body);
}

const SHOWN = {
  classes: ({ scores: rows }) => [scores(rows)],
  labels: ({ scores: rows }) => [scores(rows)],
  number: ({ value }) => [element("p", { class: "try-number" }, number(value))],
  text: ({ text, score }) => [element("pre", { class: "sample-whole" }, text || "(nothing)"), ...(score === undefined ? [] : [element("p", { class: "hint" }, `score ${score.toFixed(3)}`)])],
  masks: ({ masks }) => masks.map((rows) => scores(rows)),
  tags: ({ tokens }) => [element("p", { class: "tag-line" }, ...tokens.map(([piece, tag, score]) => element("span", { class: "tagged", title: score.toFixed(3) }, piece, element("small", {}, tag))))],
};
