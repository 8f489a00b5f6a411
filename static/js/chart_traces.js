// What Plotly is given: traces and layout of one chart, and the colours of the tokens.
import { logTicks, ticks, valueLabel, xTicks } from "./chart_axes.js";
import { token } from "./theme.js";

export const MARGIN = { l: 40, r: 12, t: 6, b: 24 };
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"];
const MERGE_OVER = 24;
const BAND = 0.16;
const NAMES = ["surface", "grid", "tick", "cross", "tx", "tx3"];
let colours = null;

document.addEventListener("themechange", () => (colours = null));

export function palette() {
  colours ??= {
    ...Object.fromEntries(NAMES.map((name) => [name, token(name)])),
    marks: Array.from({ length: 12 }, (_, place) => token(`mark-${place + 1}`)),
    lineWidth: Number(getComputedStyle(document.documentElement).getPropertyValue("--line-width")) || 1.5,
    rawOpacity: getComputedStyle(document.documentElement).colorScheme === "dark" ? 0.26 : 0.22,
  };
  return colours;
}

// Colour, dash and end shape of a run's mark.
export function style(mark) {
  const place = (Math.max(mark, 1) - 1) % 12;
  const dash = mark > 12 ? "1px 3px" : place >= 6 ? "5px 3px" : "solid";
  return { colour: palette().marks[place], dash, symbol: SYMBOLS[place % 6] };
}

function lineTrace({ run, x, y }, width) {
  const { colour, dash } = style(run.mark);
  return { type: "scatter", mode: "lines", x, y, line: { color: colour, width, dash }, hoverinfo: "skip", meta: run.id };
}

function rawTrace(line) {
  const trace = lineTrace({ ...line, y: line.raw }, 1);
  return { ...trace, opacity: palette().rawOpacity, line: { ...trace.line, dash: "solid" }, meta: null };
}

// A trace costs more than its points: of many runs those of one style are one trace, with gaps between them.
function mergedTraces(lines, width) {
  const groups = Map.groupBy(lines, ({ run }) => Object.values(style(run.mark)).join());
  return [...groups.values()].map((group) => {
    const joined = (name) => group.flatMap((line) => [...line[name], NaN]);
    return { ...lineTrace({ run: group[0].run, x: joined("x"), y: joined("y") }, width), meta: "many" };
  });
}

// The last drawn point of each line, in the mark's shape; hollow while live updates are lost.
function endTrace(lines, hollow) {
  const points = lines.map((line) => ({ line, at: line.y.findLastIndex(Number.isFinite) })).filter(({ at }) => at >= 0);
  const styles = points.map(({ line }) => style(line.run.mark));
  return {
    type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis: false,
    x: points.map(({ line, at }) => line.x[at]),
    y: points.map(({ line, at }) => line.y[at]),
    marker: {
      symbol: styles.map(({ symbol }) => (hollow ? `${symbol}-open` : symbol)), size: 7, opacity: 1,
      color: styles.map(({ colour }) => colour), line: { width: 1, color: hollow ? styles.map(({ colour }) => colour) : palette().surface },
    },
  };
}

// Where a value was NaN or infinite: × on the bottom edge, ▲ at the top, ▼ at the bottom. On an axis of its own.
function brokenTrace(lines) {
  const x = [], y = [], symbol = [], color = [];
  for (const line of lines) {
    line.raw.forEach((value, at) => {
      if (Number.isFinite(value)) return;
      x.push(line.x[at]);
      y.push(value === Infinity ? 0.97 : 0.03);
      symbol.push(Number.isNaN(value) ? "x-thin" : value > 0 ? "triangle-up" : "triangle-down");
      color.push(style(line.run.mark).colour);
    });
  }
  return { type: "scatter", mode: "markers", x, y, yaxis: "y2", hoverinfo: "skip", cliponaxis: false, marker: { symbol, color, size: 6, line: { color, width: 1.4 } } };
}

function bestTrace({ x, y }) {
  return { type: "scatter", mode: "markers", x: [x], y: [y], hoverinfo: "skip", cliponaxis: false, marker: { symbol: "star", size: 10, color: palette().tx, line: { color: palette().surface, width: 1 } } };
}

// The interval of each group's mean, in pieces where it has gaps; of many those of one colour are one trace.
function bandTraces(lines) {
  const banded = lines.filter(({ band }) => band);
  const together = banded.length > MERGE_OVER ? [...Map.groupBy(banded, ({ run }) => style(run.mark).colour).values()] : banded.map((line) => [line]);
  return together.map(bandTrace);
}

function bandTrace(lines) {
  const outline = { x: [], y: [] };
  for (const { x, band: { low, high } } of lines) {
    for (const [from, to] of stretches(low)) {
      const there = x.slice(from, to);
      outline.x.push(...there, ...there.toReversed(), null);
      outline.y.push(...high.slice(from, to), ...low.slice(from, to).toReversed(), null);
    }
  }
  const [{ run }] = lines;
  return { type: "scatter", mode: "none", ...outline, fill: "toself", fillcolor: style(run.mark).colour, opacity: BAND, hoverinfo: "skip", meta: null };
}

// [from, to) of every stretch of numbers.
function stretches(values) {
  const found = [];
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) return;
    if (found.at(-1)?.[1] === at) found.at(-1)[1]++;
    else found.push([at, at + 1]);
  });
  return found;
}

function lineTraces(lines, smoothed) {
  const width = lines.length === 1 ? 2.25 : palette().lineWidth;
  if (lines.length > MERGE_OVER) return mergedTraces(lines, width);
  const raw = smoothed && lines.length <= 4 ? lines.map(rawTrace) : [];
  return [...raw, ...lines.map((line) => lineTrace(line, width))];
}

// lines: [{run, x, y (drawn), raw}]; best: {x, y} or null; isDrawn: not when WebGL draws the lines.
export function traces(lines, { smoothed, best, hollow, isDrawn }) {
  const result = bandTraces(lines);
  if (isDrawn) result.push(...lineTraces(lines, smoothed));
  if (lines.some((line) => line.raw.some((value) => !Number.isFinite(value)))) result.push(brokenTrace(lines));
  result.push(endTrace(lines, hollow));
  if (best) result.push(bestTrace(best));
  return result;
}

export function layout({ width, height, axis, scale, yRange, log, events, limit }) {
  const { grid, tick } = palette();
  const x = xTicks(axis, scale);
  const y = log ? logTicks(...yRange) : ticks(...yRange, Math.max(3, Math.min(5, Math.floor(height / 40))));
  const common = { zeroline: false, showline: false, fixedrange: true, tickmode: "array", tickfont: { size: 10, color: tick }, ticks: "outside", ticklen: 4, tickcolor: "rgba(0,0,0,0)", automargin: false };
  return {
    width, height, margin: MARGIN, showlegend: false, dragmode: false, hovermode: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "Inter, system-ui, sans-serif", size: 10, color: tick },
    xaxis: { ...common, type: scale.isLog ? "log" : "linear", range: scale.ends, showgrid: false, tickvals: x.values, ticktext: x.texts },
    yaxis: { ...common, type: log ? "log" : "linear", range: yRange, gridcolor: grid, gridwidth: 1, tickvals: y, ticktext: y.map(valueLabel) },
    yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
    shapes: [...events.map(eventLine), ...(limit && !log && limit <= yRange[1] ? [limitLine(limit)] : [])],
  };
}

function limitLine(limit) {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: limit, y1: limit, line: { width: 1, color: palette().tx3, dash: "dash" } };
}

function eventLine({ step, person }) {
  return { type: "line", x0: step, x1: step, yref: "paper", y0: 0, y1: 1, line: { width: 1, color: person ? palette().cross : palette().tx3, dash: person ? "solid" : "dot" }, opacity: 0.7 };
}
