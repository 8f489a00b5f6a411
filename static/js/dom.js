// Small helpers around the DOM.
const SVG = "http://www.w3.org/2000/svg";
const sprite = document.body.dataset.sprite;

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `${sprite}#${name}` }));
}

// Characters at the end of a name that always stay, as in dashboard/templatetags/trainboard.py.
const NAME_TAIL = 8;

// A name that loses its middle where it is too long.
export function middle(name) {
  const start = element("span", { class: "middle-start" }, name.slice(0, -NAME_TAIL));
  return element("span", { class: "middle" }, start, element("span", { class: "middle-end" }, name.slice(-NAME_TAIL)));
}

const SHAPES = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"];

// A run's mark: the same picture as templates/components/mark.html.
export function markSwatch(number) {
  const place = (number - 1) % 12;
  const dash = number > 12 ? " mark-dotted" : place >= 6 ? " mark-dashed" : "";
  const box = svg("svg", { class: number ? `mark mark-${place + 1}${dash}` : "mark", viewBox: "0 0 26 12", "aria-hidden": "true" });
  box.append(svg("line", { x1: number ? 1 : 5, y1: 6, x2: number ? 25 : 21, y2: 6 }));
  if (number) box.append(svg("use", { href: `${sprite}#shape-${SHAPES[place % 6]}`, x: 7, y: 0, width: 12, height: 12 }));
  return box;
}

export function isTyping(event) {
  return event.target.closest?.("input:not([type=checkbox],[type=radio],[type=range]), textarea, select, [contenteditable]") !== null;
}

export function announce(text) {
  document.getElementById("announce").textContent = text;
}

// A JSON <script type="application/json"> of the page (Django's json_script).
export function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

export function post(url, fields) {
  const headers = { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" };
  return fetch(url, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
}
