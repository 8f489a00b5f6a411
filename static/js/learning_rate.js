// The dialog that changes the learning rate: what it is now, × ½ and × 2, and how much of the plan the new one is.
import { number } from "./format.js";

const dialog = document.getElementById("rate-dialog");
const form = dialog.querySelector("[data-rate-form]");
const { rate, how } = form.elements;
const HINTS = {
  schedule: "The rest of the schedule keeps its shape.",
  hold: "It stays at this rate until the end.",
  restart: "The schedule begins again from this peak, over the steps that are left.",
};

// The last rate that was logged, as the list of latest values shows it.
function now() {
  const cell = document.querySelector(`#run-rail [data-latest="${dialog.dataset.series}"]`);
  return cell ? Number(cell.dataset.value) : NaN;
}

function show() {
  const current = now();
  const wanted = Number(rate.value);
  dialog.querySelector("[data-rate-now]").textContent = Number.isFinite(current) ? `now ${number(current)}` : "";
  dialog.querySelector("[data-rate-share]").textContent = current > 0 && wanted > 0 ? `${(wanted / current).toFixed(2)} × now` : "";
  dialog.querySelector("[data-rate-hint]").textContent = `${HINTS[how.value]} Recorded with your name and marked on every chart.`;
  for (const part of dialog.querySelectorAll("[data-only]")) part.hidden = part.dataset.only !== how.value;
}

form.addEventListener("input", show);
form.addEventListener("click", ({ target }) => {
  if (!target.dataset.times) return;
  const base = Number(rate.value) || now();
  if (base > 0) rate.value = String(Number((base * Number(target.dataset.times)).toPrecision(4)));
  show();
});
new MutationObserver(() => {
  if (!dialog.open) return;
  if (!rate.value && now() > 0) rate.value = String(Number(now().toPrecision(4)));
  show();
}).observe(dialog, { attributeFilter: ["open"] });
