// What stands in a box as one SVG that needs no page: its drawings and canvases where they are, styles written out.
import { svg } from "./dom.js";
import { fileName } from "./figure_menu.js";
import { blobOf, save, savePng } from "./picture.js";
import { token } from "./theme.js";

const SVG = "http://www.w3.org/2000/svg";
const STYLES = ["display", "fill", "fill-opacity", "font-family", "font-size", "font-weight", "opacity", "paint-order", "stroke", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-width", "text-anchor", "vector-effect"];
const HEAD = 28;
const EDGE = 12;

// A PNG has the ground of the page, which other programs would show black.
export async function savePicture(box, title, file, format) {
  const whole = standalone(box, title, format === "png");
  const url = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(whole))}`;
  if (format === "png") await savePng(url, fileName(file, "png"));
  else save(blobOf(url), fileName(file, "svg"));
}

export function standalone(box, title, hasGround = false) {
  const parts = [...box.querySelectorAll("canvas, svg:not(svg svg), [data-drawn]")];
  // What is scrolled out of view belongs to the picture too.
  const areas = [box, ...parts].map((part) => part.getBoundingClientRect());
  const area = { left: Math.min(...areas.map(({ left }) => left)), top: areas[0].top };
  const width = Math.ceil(Math.max(...areas.map(({ right }) => right)) - area.left);
  const height = Math.ceil(Math.max(...areas.map(({ bottom }) => bottom)) - area.top) + HEAD;
  const whole = svg("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  if (hasGround) whole.append(svg("rect", { width, height, fill: token("surface") }));
  const { fontFamily } = getComputedStyle(document.body);
  whole.append(svg("text", { x: EDGE, y: 18, fill: token("tx"), "font-family": fontFamily, "font-size": 13, "font-weight": 500 }, title));
  whole.append(...parts.map((part) => placed(part, area)));
  return whole;
}

function placed(part, area) {
  const at = part.getBoundingClientRect();
  const place = { x: at.left - area.left, y: at.top - area.top + HEAD, width: at.width, height: at.height };
  if (part instanceof HTMLCanvasElement) return svg("image", { ...place, href: part.toDataURL(), preserveAspectRatio: "none" });
  const copy = part instanceof SVGElement ? written(part) : words(part, at);
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
  return copy;
}

// Words of the page beside a drawing.
function words(part, { height }) {
  const { color, fontFamily, fontSize } = getComputedStyle(part);
  return svg("svg", {}, svg("text", { x: 0, y: height * 0.75, fill: color, "font-family": fontFamily, "font-size": fontSize }, part.textContent));
}

function written(drawing) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((node, at) => {
    const styles = getComputedStyle(node);
    for (const name of STYLES) to[at].setAttribute(name, styles.getPropertyValue(name));
    to[at].removeAttribute("class");
    to[at].removeAttribute("style");
  });
  return copy;
}
