// The dialog that changes the learning rate: what it is now, × ½ and × 2, and a drawing of the schedule with the change.
import { number } from "./format.js";
import { fetchFragment, throttled } from "./parts.js";

const dialog = document.getElementById("rate-dialog");
const form = dialog.querySelector("[data-rate-form]");
const { rate, how } = form.elements;
const slider = dialog.querySelector("[data-rate-slider]");
const plan = dialog.querySelector("[data-rate-plan]");

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
  for (const part of dialog.querySelectorAll("[data-only]")) part.hidden = part.dataset.only !== how.value;
  if (document.activeElement !== slider && current > 0 && wanted > 0) slider.value = Math.log2(wanted / current);
  draw();
}

// The server knows the schedule and what was done to it.
const draw = throttled(async () => {
  const wish = new URLSearchParams(new FormData(form));
  wish.delete("csrfmiddlewaretoken");
  const fragment = await fetchFragment(`${dialog.dataset.previewUrl}?${wish}`);
  plan.replaceChildren(...fragment.childNodes);
}, 150);

slider.addEventListener("input", () => {
  if (now() > 0) rate.value = String(Number((now() * 2 ** Number(slider.value)).toPrecision(3)));
});

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
