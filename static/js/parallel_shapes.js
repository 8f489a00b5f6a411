// Curves, colours and names of parallel coordinates.
const RAMP = ["--ramp-a", "--ramp-b", "--ramp-c", "--ramp-d"];

// A name that fits between its neighbours, shortened in the middle: at 11 px a letter is 7 px wide.
export function fitting(label, width) {
  const most = Math.max(6, Math.floor((width - 12) / 7));
  if (label.length <= most) return label;
  const end = Math.ceil((most - 1) / 2);
  return `${label.slice(0, most - 1 - end)}…${label.slice(-end)}`;
}

export function curve([x0, y0], [x1, y1]) {
  const middle = (x0 + x1) / 2;
  return `C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
}

// `part` 0 … 1 of the ramp, worst to best.
export function rampColour(part) {
  const place = Math.min(part, 0.9999) * (RAMP.length - 1);
  const share = Math.round((1 - (place % 1)) * 100);
  return `color-mix(in oklab, var(${RAMP[Math.floor(place)]}) ${share}%, var(${RAMP[Math.floor(place) + 1]}))`;
}
