// The colours of the tokens as numbers, and the ramp from worst to best: what pixels are made of.
// Best is the end of the ramp that stands out from the ground: dark in light, bright in dark.
import { isDark, token } from "./theme.js";

const STOPS = 4;
let known = new Map();
document.addEventListener("themechange", () => (known = new Map()));

export function colour(name) {
  if (!known.has(name)) known.set(name, token(name).match(/[\d.]+/g).slice(0, 3).map(Number));
  return known.get(name);
}

// `part` from 0 (worst) to 1 (best), as [r, g, b].
export function rampColour(part) {
  const along = isDark() ? part : 1 - part;
  const place = Math.min(0.9999, Math.max(0, along)) * (STOPS - 1);
  const [low, high] = [colour(`ramp-${Math.floor(place) + 1}`), colour(`ramp-${Math.floor(place) + 2}`)];
  return low.map((channel, at) => Math.round(channel + (high[at] - channel) * (place % 1)));
}
