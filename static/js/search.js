// The index of the value of a sorted array that is nearest to `wanted`; -1 for an empty one.
export function nearest(sorted, wanted) {
  const high = firstAtLeast(sorted, wanted);
  if (high === 0 || high === sorted.length) return Math.min(high, sorted.length - 1);
  return wanted - sorted[high - 1] <= sorted[high] - wanted ? high - 1 : high;
}

// The index of the first value that is `wanted` or more; the length when there is none.
export function firstAtLeast(sorted, wanted) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
