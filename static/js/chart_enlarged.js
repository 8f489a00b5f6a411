// The lines of the enlarged chart, by WebGL over Plotly's frame: there are more points than SVG can take.
import { MARGIN, palette, style } from "./chart_traces.js";
import { element } from "./dom.js";
import { WebglLines } from "./webgl_lines.js";

const STRONG = 2.5;
const FADED = 0.4;

// The renderer for a chart's body; null where WebGL is missing, and SVG draws fewer points.
export function renderer(chart) {
  const canvas = element("canvas", { class: "chart-canvas", "aria-hidden": "true" });
  try {
    const lines = new WebglLines(canvas);
    chart.plot.after(canvas);
    return lines;
  } catch {
    return null;
  }
}

export function drawEnlarged(chart, yRange) {
  const { lines, group, scale, key, body, webgl } = chart;
  const height = body.clientHeight - MARGIN.t - MARGIN.b;
  const vertical = verticalScale(yRange, height, group.view.isLog(key));
  const focus = lines.length > 1 && lines.some(({ run }) => run.id === group.focus) ? group.focus : null;
  const usual = lines.length === 1 ? 2.25 : palette().lineWidth;
  const drawn = [];
  for (const { run, x, y, raw } of lines) {
    const { colour, dash } = style(run.mark);
    const line = { xs: x.map((at) => scale.pixel(at)), colour: rgb(colour) };
    if (group.view.isSmoothed && lines.length <= 4) drawn.push({ ...line, ys: raw.map(vertical), opacity: palette().rawOpacity * thinned(raw.length, scale.width), width: 1, dash: null });
    const opacity = focus && focus !== run.id ? FADED : 1;
    drawn.push({ ...line, ys: y.map(vertical), opacity, width: focus === run.id ? STRONG : usual, dash: pattern(dash) });
  }
  webgl.draw(drawn, scale.width, height);
}

// Segments are drawn one over the other: where there are many to a pixel each is fainter.
function thinned(points, width) {
  return Math.min(1, Math.max(0.15, (2 * width) / points));
}

function verticalScale([low, high], height, log) {
  return (value) => height * (1 - ((log ? Math.log10(value) : value) - low) / (high - low));
}

// "5px 3px" → [on, period].
function pattern(dash) {
  const [on, off] = dash.split(" ").map(parseFloat);
  return dash === "solid" ? null : [on, on + off];
}

// "rgb(0, 123, 238)" → parts of 1.
function rgb(colour) {
  return colour.match(/\d+(\.\d+)?/g).slice(0, 3).map((part) => part / 255);
}
