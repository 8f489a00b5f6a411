// “Extend…”: shows what would change while it is typed, sends it in the background, and keeps what was typed when the
// server refuses it.
import { element } from "./dom.js";
import { fetchFragment } from "./parts.js";
import { toast } from "./toast.js";

const form = document.querySelector("form[data-edit]");
const button = form.querySelector(".primary");
const shown = form.querySelector("[data-changes]");

form.addEventListener("input", show);
form.addEventListener("submit", send);
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "p" && !event.target.closest?.("input, select, textarea, dialog") && !event.metaKey && !event.ctrlKey) document.querySelector("[data-key='p']")?.click();
});

function show() {
  const changes = changesOf();
  shown.replaceChildren(...(changes.length ? [element("h3", {}, "This changes"), element("ul", {}, ...changes.map((text) => element("li", {}, text)))] : []));
  button.disabled = !changes.length;
  button.textContent = changes.length ? `Apply ${changes.length === 1 ? "1 change" : `${changes.length} changes`}` : "Nothing changed yet";
}

function changesOf() {
  const { n, parallel } = form.elements;
  const changes = [];
  if (n.value.trim()) changes.push(`trials: ${n.dataset.wanted} → ${Number(n.dataset.wanted) + Number(n.value) || "?"}`);
  if (parallel.value.trim() !== parallel.dataset.was) changes.push(`runs at once: ${parallel.dataset.was || "as many as there is room for"} → ${parallel.value.trim() || "as many as there is room for"}`);
  const rows = [...form.querySelectorAll("tr[data-label]")];
  const budgets = [...form.querySelectorAll("[data-budget]")].filter((field) => field.value.trim() !== field.dataset.was);
  return [...changes, ...budgets.map(budgetChange), ...rows.flatMap(changesOfRow), ...pointOf(rows)];
}

function budgetChange({ name, value, dataset: { budget, was, unit, used } }) {
  const words = (text) => (text ? `${text} ${unit}`.trim() : "none");
  const given = value.trim();
  const isLimit = name !== "target" || form.dataset.greater;
  const isReached = given && used && (isLimit ? Number(given) <= Number(used) : Number(given) >= Number(used));
  return `${budget}: ${words(was)} → ${words(given)}${isReached ? "; that is reached already, so no new trial comes" : ""}`;
}

function changesOfRow(row) {
  const { label } = row.dataset;
  const dropped = [...row.querySelectorAll("input[type=checkbox]:not(:checked)")].map((box) => `${label}: ${box.dataset.text} is tried no more; trials that wait with it are cancelled`);
  const ends = [...row.querySelectorAll("[data-was]")];
  if (ends.some((end) => end.value.trim() !== end.dataset.was)) dropped.push(`${label}: ${ends.map((end) => end.dataset.was).join(" … ")} → ${ends.map((end) => end.value.trim() || end.dataset.was).join(" … ")}`);
  return dropped;
}

function pointOf(rows) {
  const given = rows.map((row) => [row.dataset.label, row.querySelector("[name^='point.']")]).filter(([, field]) => field.value.trim());
  const text = ([label, field]) => `${label} ${field.selectedOptions?.[0].textContent ?? field.value.trim()}`;
  return given.length ? [`1 point is tried next: ${given.map(text).join(", ")}`] : [];
}

async function send(event) {
  event.preventDefault();
  button.disabled = true;
  const headers = { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" };
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  const told = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : { text: "The server did not answer, so nothing was changed. Try again when it is back." };
  if (answer?.ok) await done(told.text);
  else tell(told.problems ?? { form: told.text });
}

// The form begins anew with what the sweep is now.
async function done(text) {
  form.closest("dialog").close();
  toast(text);
  document.dispatchEvent(new CustomEvent("commandsent"));
  tell({});
  const fresh = await fetchFragment(location.href).catch(() => null);
  if (fresh) document.getElementById("extend-body").replaceWith(fresh.querySelector("#extend-body"));
  show();
}

function tell(problems) {
  const places = new Map([...form.querySelectorAll("[data-problem]")].map((node) => [node.dataset.problem, node]));
  for (const node of places.values()) node.textContent = "";
  for (const [name, text] of Object.entries(problems)) (places.get(name) ?? places.get("form")).append(text);
  button.disabled = false;
}
