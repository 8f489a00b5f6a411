// The focused run strong, the others at 40 %: on what Plotly drew, because to draw anew takes a frame or more a chart.
import { MARGIN, style } from "./chart_traces.js";
import { svg } from "./dom.js";

const FADED = 0.4;
const STRONG = 2.5;

export function showFocus(chart, yRange) {
  const focus = chart.lines.length > 1 ? chart.group.focus : null;
  const here = focus && chart.lines.some(({ run }) => run.id === focus);
  const nodes = chart.plot.querySelectorAll(".scatterlayer .trace");
  const lines = (chart.plot.data ?? []).map((trace, at) => ({ trace, node: nodes[at] })).filter(({ trace, node }) => node && trace.mode === "lines" && trace.meta);
  for (const { trace, node } of lines) {
    const isFocus = trace.meta === focus;
    const path = node.querySelector(".js-line");
    node.style.opacity = here && !isFocus ? FADED : "";
    if (path) path.style.strokeWidth = isFocus ? `${STRONG}px` : `${trace.line.width}px`;
  }
  const drawnAlone = lines.some(({ trace }) => trace.meta === focus);
  const over = chart.lines.find(({ run }) => run.id === chart.group.focus);
  const seeds = over ? chart.group.seedsOf(chart.key).map((series) => overline(chart, over.run, series, yRange, 1)) : [];
  chart.strong.replaceChildren(...seeds, ...(here && !drawnAlone ? [overline(chart, over.run, over, yRange, STRONG)] : []));
}

// What is drawn over Plotly's lines: the focused run where many share a trace, and the single runs of a focused group.
function overline({ scale, group, key, body }, run, { x, y }, [low, high], width) {
  const log = group.view.isLog(key);
  const height = body.clientHeight - MARGIN.t - MARGIN.b;
  let pen = "M";
  let path = "";
  for (let at = 0; at < x.length; at++) {
    const value = log ? Math.log10(y[at]) : y[at];
    if (Number.isFinite(value)) path += `${pen}${scale.pixel(x[at]).toFixed(1)} ${(height * (1 - (value - low) / (high - low))).toFixed(1)}`;
    pen = Number.isFinite(value) ? "L" : "M";
  }
  const { colour, dash } = style(run.mark);
  return svg("path", { d: path, fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash === "solid" ? "none" : dash });
}
