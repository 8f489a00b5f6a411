// The x range that all charts of a page share: the zoom, else from the first to the last point, or to the planned end.
const ROOM = 10;

// runs: those shown; known: run id → [first, last] x or null.
export function sharedRange({ runs, known, axis, zoom, logX }) {
  if (zoom) return zoom;
  let low = axis === "wall" ? Infinity : 0;
  let high = -Infinity;
  for (const run of runs) {
    const range = known(run.id);
    if (range) low = Math.min(low, range[0]);
    if (axis === "step" && run.active && run.max_steps) high = Math.max(high, run.max_steps);
    if (range) high = Math.max(high, run.active ? roomy(axis === "wall" ? range[0] : 0, range[1], run) : range[1]);
  }
  if (!Number.isFinite(low)) low = 0;
  if (!(high > low)) high = low + 1;
  return logX && low <= 0 ? [firstPositive(runs, known, high), high] : [low, high];
}

// A run without a known end leaves some room, so that its charts do not move with every point.
function roomy(low, high, { max_steps: end }) {
  const span = high - low;
  if (!(span > 0) || (end && high >= end)) return high;
  const unit = 10 ** Math.floor(Math.log10(span)) / ROOM;
  return low + Math.ceil(span / unit) * unit;
}

function firstPositive(runs, known, high) {
  const starts = runs.map(({ id }) => known(id)?.[0]).filter((start) => start > 0);
  return starts.length ? Math.min(...starts) : high / 1000;
}
