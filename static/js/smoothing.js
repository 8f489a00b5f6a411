// Debiased exponential mean: starts at the first value instead of zero. Gaps stay gaps and carry no weight.
export function smooth(values, factor) {
  if (!factor) return values;
  let mean = 0;
  let weight = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return NaN;
    mean = factor * mean + (1 - factor) * value;
    weight = factor * weight + (1 - factor);
    return mean / weight;
  });
}

// The index of the value of a sorted array that is nearest to `wanted`; -1 for an empty one.
export function nearest(sorted, wanted) {
  if (!sorted.length) return -1;
  let low = 0;
  let high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= wanted) low = middle;
    else high = middle;
  }
  return Math.abs(sorted[high] - wanted) < Math.abs(sorted[low] - wanted) ? high : low;
}
