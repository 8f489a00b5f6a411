// Turning Sweep on: the single value becomes the middle of a list and of a range.
import { shortNumber } from "./number_step.js";

export function seedSweep(row) {
  const single = document.getElementById(row.dataset.row);
  const list = row.querySelector('[name^="list."][type=text]');
  if (!list) return seedChoices(row, single.value);
  const values = around(Number(single.value), single.dataset.number === "int", row.dataset.row.endsWith("seed"));
  if (!values.length) return;
  fill(list, values.map(shortNumber).join(", "));
  fill(row.querySelector('[name^="low."]'), shortNumber(values[0]));
  fill(row.querySelector('[name^="high."]'), shortNumber(values.at(-1)));
}

function seedChoices(row, value) {
  const boxes = [...row.querySelectorAll('[name^="list."]')];
  if (boxes.some((box) => box.checked)) return;
  for (const box of boxes) box.checked = box.value === value || boxes.length === 2;
}

function around(value, whole, isSeed) {
  if (!Number.isFinite(value)) return [];
  if (isSeed) return [value, value + 1, value + 2];
  if (value === 0) return whole ? [0, 1, 2] : [0, 0.01, 0.1];
  if (whole) return [...new Set([Math.max(1, Math.round(value / 2)), value, value * 2])];
  // A share near 1, such as adam_beta2: what counts is how far it is from 1, and 1 itself is mostly forbidden.
  const near = value >= 0.75 && value < 1;
  const values = near ? [2 * value - 1, value, (1 + value) / 2] : [value / 2, value, value * 2];
  return values.map((number) => Number(number.toPrecision(near ? 6 : 3)));
}

function fill(input, text) {
  if (input && input.value.trim() === "") input.value = text;
}
