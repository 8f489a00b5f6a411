// Numbers as people read them; the same rules as dashboard/numbers.py.
const THIN = "\u2009";
const MINUS = "\u2212";

export function number(value, digits = 4) {
  if (value === null || value === undefined) return "—";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : `${MINUS}Inf`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-3 || size >= 1e6 ? scientific(size, digits) : Number.isInteger(size) ? grouped(size) : decimal(size, digits);
  return value < 0 ? MINUS + text : text;
}

function scientific(size, digits) {
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${short}e${Number(exponent)}`;
}

function decimal(size, digits) {
  if (size < 0.01) return String(Number(size.toPrecision(digits)));
  const before = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0;
  const [whole, fraction] = size.toFixed(Math.max(0, digits - before)).split(".");
  return grouped(Number(whole)) + (fraction ? `.${fraction}` : "");
}

export function grouped(value) {
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

// A step on an axis or in a head: 2k, 1.5k, 340.
export function short(value) {
  if (Math.abs(value) >= 1e12) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  if (Math.abs(value) >= 1e9) return `${+(value / 1e9).toPrecision(3)}G`;
  if (Math.abs(value) >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (Math.abs(value) >= 1000) return `${+(value / 1000).toPrecision(3)}k`;
  return `${+value.toPrecision(4)}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function clock(seconds, withSeconds = true) {
  const date = new Date(seconds * 1000);
  const two = (part) => String(part).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${text}:${two(date.getSeconds())}` : text;
}

// A moment to the minute, as "2026-11-26 14:31".
export function minute(seconds) {
  const date = new Date(seconds * 1000);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return `${day} ${clock(seconds, false)}`;
}

// A point of an x axis in words: "step 2 000", "epoch 4.02", "12 min", "14:31:20".
export function xLabel(axis, x) {
  if (axis === "tokens") return `${short(x)} tokens`;
  if (axis === "step") return `step ${grouped(Math.round(x))}`;
  if (axis === "epoch") return `epoch ${x.toFixed(2)}`;
  return axis === "relative" ? duration(x) : clock(x);
}
