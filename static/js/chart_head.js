// What the head of a chart says, and the sentence that stands for the chart.
import { element } from "./dom.js";
import { grouped, number, short } from "./format.js";
import { nearest } from "./search.js";

// Once a drawing, because the head follows every move of the pointer. The best is the best measured value over the
// shown runs, never a smoothed one; `hidden` counts what a logarithmic axis cannot show.
export function summaryOf(lines, greater, log) {
  const sign = greater ? 1 : -1;
  let best = null;
  let broken = 0;
  let hidden = 0;
  // In a zoom too the best is that of the whole range.
  for (const { run, whole: { y: raw, step, x } } of lines) {
    for (let at = 0; at < raw.length; at++) {
      const value = raw[at];
      if (Number.isNaN(value)) broken++;
      if (log && value <= 0) hidden++;
      if (Number.isFinite(value) && (!best || sign * value > sign * best.y)) best = { run, step: step[at], x: x[at], y: value };
    }
  }
  return { best, broken, hidden };
}

export function sentence({ group, key, lines, summary: { best } }) {
  const named = best && group.hasBest(key) ? `, best ${number(best.y)} ${best.run.name} at step ${grouped(best.step)}` : "";
  const what = lines.some(({ band }) => band) ? "line" : "run";
  return `${key}, ${lines.length} ${what}${lines.length === 1 ? "" : "s"}${named}`;
}

export function headParts(chart) {
  const { group, key, summary } = chart;
  const parts = group.crosshair === null ? now(chart) : reading(chart, group.crosshair);
  if (summary.broken) parts.push(` · ${summary.broken} NaN`);
  if (summary.hidden) parts.push(` · ${summary.hidden} ≤ 0 hidden`);
  if (group.view.isLog(key)) parts.push(" · log");
  return parts;
}

function now({ group, key, lines, summary: { best } }) {
  if (!best) return [];
  const strong = (value) => element("b", {}, number(value));
  const hasBest = group.hasBest(key);
  if (!group.single) return hasBest ? ["best ", strong(best.y)] : [];
  const last = lines[0]?.whole.y.findLast(Number.isFinite);
  if (!hasBest) return [strong(last)];
  return [element("span", { class: "chart-now" }, `now ${number(last)} · `), "best ", strong(best.y), ` @${grouped(best.step)}`];
}

function reading(chart, x) {
  const line = chart.lines.find(({ run }) => run.id === chart.group.focus) ?? chart.lines[0];
  const at = !line || x < line.x[0] || x > line.x.at(-1) ? -1 : nearest(line.x, x);
  if (at < 0) return now(chart);
  return [chart.group.view.axis === "step" ? `@${short(Math.round(x))} ` : "", element("b", {}, number(line.y[at]))];
}
