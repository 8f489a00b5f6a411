// The view of a sweep's page in its address: b.<name>, pruned, plot, ax, imp, sort. Defaults are left out.
import { read, write } from "./view_state.js";

// "1.8e-4..5.2e-4", "0.968..", "..3", or words with commas between.
export function brushesOf(trials) {
  const missing = [];
  for (const [key, text] of new URLSearchParams(location.search)) {
    if (!key.startsWith("b.")) continue;
    const axis = trials.axis(key.slice(2));
    const brush = axis && brushOf(text, axis.scale);
    if (brush) trials.brushes.set(axis.name, brush);
    else missing.push(key);
  }
  trials.withPruned = read("pruned") !== "0";
  trials.changed();
  return missing;
}

function brushOf(text, scale) {
  if (!scale.isNumeric) return text.split(",").filter(Boolean);
  const parts = text.split("..");
  if (parts.length === 1) parts.push(parts[0]);
  const ends = [parts[0] === "" ? scale.low : Number(parts[0]), parts[1] === "" ? scale.high : Number(parts[1])];
  return ends.every(Number.isFinite) ? ends : null;
}

export function keepBrushes(trials) {
  const changes = { pruned: trials.withPruned ? "" : "0" };
  for (const key of new URLSearchParams(location.search).keys()) if (key.startsWith("b.")) changes[key] = "";
  for (const [name, brush] of trials.brushes) changes[`b.${name}`] = brushInAddress(brush, trials.axis(name)?.scale);
  write(changes);
}

function brushInAddress(brush, scale) {
  if (!scale?.isNumeric) return brush.join(",");
  return `${brush[0] <= scale.low ? "" : brush[0]}..${brush[1] >= scale.high ? "" : brush[1]}`;
}

// Which plot each card shows: plot=contour,edf names those that are not the card's first.
export function chosenPlot(names) {
  return read("plot").split(",").find((name) => names.includes(name)) ?? names[0];
}

export function choosePlot(names, name) {
  const others = read("plot").split(",").filter((one) => one && !names.includes(one));
  write({ plot: [...others, ...(name === names[0] ? [] : [name])].join(",") }, { push: true });
}

// The two hyperparameters of slice, contour and grid that a person chose.
export function chosenAxes(trials) {
  return read("ax").split(",").map((name) => trials.params.find((axis) => axis.name === name)).filter(Boolean);
}

export function chooseAxes(names) {
  write({ ax: names.join(",") });
}
