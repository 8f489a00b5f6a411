// Smoothing of a curve by distances in x: of a curve that was thinned out it makes the same as of the whole one.
// Gaps stay gaps and carry no weight. Every kind costs one pass over the points.
export const KINDS = ["ema", "gaussian", "mean", "none"];
// How fine a mean over many points can be seen: parts of the whole width.
const FINEST = 1000;
// Of the whole width, at full strength: the window of a running mean, the standard deviation of a Gaussian.
const WIDEST = { mean: 0.3, gaussian: 0.1 };

// kind: one of KINDS; amount: 0 to 0.99; count: how many points were measured, also those that were left out.
export function smooth({ kind, amount }, { x, y, count = x.length }) {
  const span = x.length > 1 ? x.at(-1) - x[0] : 0;
  if (!amount || kind === "none" || !(span > 0)) return y;
  if (kind === "ema") return weighted(x, y, amount, Math.max(span / Math.max(1, count - 1), span / FINEST));
  if (kind === "mean") return runningMean(x, y, amount ** 2 * WIDEST.mean * span);
  return gaussian(x, y, amount ** 2 * WIDEST.gaussian * span);
}

// Debiased, time-weighted exponential mean: starts at the first value instead of zero, and forgets by the distance
// to the point before, counted in `unit`: the usual distance of two points.
function weighted(x, y, factor, unit) {
  let mean = 0;
  let weight = 0;
  let last = NaN;
  return y.map((value, at) => {
    if (!Number.isFinite(value)) return NaN;
    const keep = factor ** (Number.isNaN(last) ? 1 : Math.max(0, x[at] - last) / unit);
    last = x[at];
    mean = keep * mean + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return mean / weight;
  });
}

// The mean of the points at most half of `width` away, on either side equally far: at the ends the window is narrower.
function runningMean(x, y, width) {
  const sums = [0];
  const counts = [0];
  y.forEach((value, at) => {
    const counted = Number.isFinite(value);
    sums.push(sums[at] + (counted ? value : 0));
    counts.push(counts[at] + (counted ? 1 : 0));
  });
  let low = 0;
  let high = 0;
  return y.map((value, at) => {
    const reach = Math.min(width / 2, x[at] - x[0], x.at(-1) - x[at]);
    while (x[low] < x[at] - reach) low++;
    while (high < x.length && x[high] <= x[at] + reach) high++;
    return Number.isFinite(value) ? (sums[high] - sums[low]) / (counts[high] - counts[low]) : NaN;
  });
}

// Three running means in a row are a Gaussian to within a few per cent: σ² = 3 · width² / 12.
function gaussian(x, y, sigma) {
  const width = 2 * sigma;
  return runningMean(x, runningMean(x, runningMean(x, y, width), width), width);
}
