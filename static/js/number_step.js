// Arrow keys change the first digit of a number: 3e-4 → 4e-4, 64 → 74; the decade below starts at 1.
export function stepNumber(event) {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return false;
  const value = Number(event.target.value);
  if (event.target.value.trim() === "" || !Number.isFinite(value)) return false;
  event.preventDefault();
  event.target.value = shortNumber(stepped(value, event.key === "ArrowUp" ? 1 : -1, event.target.dataset.number === "int"));
  return true;
}

function stepped(value, direction, whole) {
  if (value === 0) return whole ? direction : direction * 0.1;
  const decade = 10 ** Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const shrinks = Math.sign(value) !== direction && Math.abs(value) < 1.5 * decade;
  const size = shrinks ? decade / 10 : decade;
  const step = whole ? Math.max(1, size) : size;
  return Number((value + direction * step).toPrecision(12));
}

export function shortNumber(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-2 || size >= 1e15 ? value.toExponential().replace("e+", "e") : String(value);
}
