// The brush of an axis by keys: arrows move it, with Shift they make it wider (up) or narrower (down), Home and End take it
// to an end of the axis. Where there is none yet an arrow begins one, up from the bottom and down from the top.
const STEP = 0.05;
const FIRST = 0.25;

// What the brush becomes; undefined when the key is not for it.
export function brushAfter({ key, shiftKey }, scale, brush) {
  const by = { ArrowUp: 1, ArrowDown: -1, Home: -Infinity, End: Infinity }[key];
  if (!by) return undefined;
  const axis = scale.places ? placesOf(scale) : partsOf(scale);
  const ends = brush?.length ? axis.read(brush) : by > 0 ? [0, axis.first] : [axis.last - axis.first, axis.last];
  if (!brush?.length) return axis.brush(ends);
  if (!shiftKey || !Number.isFinite(by)) return axis.brush(moved(ends, by * axis.step, axis.last));
  return axis.brush(widened(ends, by * axis.step, axis));
}

function moved([low, high], by, last) {
  const to = Math.min(last - high, Math.max(-low, by));
  return [low + to, high + to];
}

function widened([low, high], by, { last, least }) {
  if (high - low + 2 * by < least) return [(low + high - least) / 2, (low + high + least) / 2];
  return [Math.max(0, low - by), Math.min(last, high + by)];
}

// A range in shares of the axis.
function partsOf({ position, value }) {
  const clamped = (end) => Math.min(1, Math.max(0, position(end)));
  return { step: STEP, first: FIRST, last: 1, least: STEP, read: (brush) => brush.map(clamped), brush: (ends) => ends.map((part) => Number(value(part).toPrecision(4))) };
}

// A list in places: of numbers a brush holds the ends, of words each one.
function placesOf({ places, isNumeric, position }) {
  const last = places.length - 1;
  const read = (brush) => {
    const at = brush.map((one) => Math.min(last, Math.max(0, Math.round(position(one) * last))));
    return [Math.min(...at), Math.max(...at)];
  };
  const brush = ([low, high]) => {
    const [from, to] = [Math.round(low), Math.round(high)];
    return isNumeric ? [places[from], places[to]] : places.slice(from, to + 1);
  };
  return { step: 1, first: 0, last, least: 0, read, brush };
}
