// Colours of a terminal: the SGR escapes of a line become spans with classes, which console.css gives colours.
import { element } from "./dom.js";

const CODE = /\x1b\[([0-9;]*)m/g;
const SWITCHES = { 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { underline: true }, 7: { inverse: true } };
const OFF = { 22: { bold: false, dim: false }, 23: { italic: false }, 24: { underline: false }, 27: { inverse: false }, 39: { fg: null }, 49: { bg: null } };

export function plain(text) {
  return text.replace(CODE, "");
}

// Texts and spans to append to a line.
export function coloured(text) {
  const nodes = [];
  let [from, style] = [0, {}];
  const add = (part) => part && nodes.push(classes(style) ? element("span", { class: classes(style) }, part) : part);
  for (const { 0: code, 1: parameters, index } of text.matchAll(CODE)) {
    add(text.slice(from, index));
    style = changed(style, parameters.split(";").map(Number));
    from = index + code.length;
  }
  add(text.slice(from));
  return nodes;
}

function changed(style, codes) {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    if (code === 38 || code === 48) {
      style = { ...style, [code === 38 ? "fg" : "bg"]: ofMany(codes, at) };
      at += codes[at + 1] === 2 ? 4 : 2;
    } else style = code === 0 ? {} : { ...style, ...(SWITCHES[code] ?? OFF[code] ?? colour(code)) };
  }
  return style;
}

// 30–37 and 90–97 are the text's 16 colours, 40–47 and 100–107 the ground's.
function colour(code) {
  const bright = code >= 90 ? 8 : 0;
  const place = (code >= 90 ? code - 60 : code) - 30;
  if (place >= 0 && place < 8) return { fg: place + bright };
  return place >= 10 && place < 18 ? { bg: place - 10 + bright } : {};
}

// Of 256 colours the first 16 have a meaning in both themes; the others are left out.
function ofMany(codes, at) {
  return codes[at + 1] === 5 && codes[at + 2] < 16 ? codes[at + 2] : null;
}

function classes({ fg = null, bg = null, ...switches }) {
  const names = Object.keys(switches).filter((name) => switches[name]);
  if (fg !== null) names.push(`fg-${fg}`);
  if (bg !== null) names.push(`bg-${bg % 8}`);
  return names.map((name) => `ansi-${name}`).join(" ");
}
