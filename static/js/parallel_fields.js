// The fields under an axis of parallel coordinates: from and to of numbers, one of the words else.
import { element } from "./dom.js";
import { plain } from "./scales.js";

export function fieldsOf({ name, label, scale }) {
  const set = element("fieldset", { "data-axis": name, "aria-label": `Range of ${label}` });
  if (scale.isNumeric) set.append(field("from", label), "–", field("to", label));
  else if (scale.places.length) set.append(choice(scale.places, label));
  return set;
}

function field(word, label) {
  return element("input", { type: "text", inputmode: "decimal", "aria-label": `${label} ${word}`, placeholder: word });
}

function choice(places, label) {
  const options = places.map((place) => element("option", { value: place }, place));
  return element("select", { "aria-label": `${label} is` }, element("option", { value: "" }, "any"), ...options);
}

// In place, so that the focus stays where it is; what is being typed is nobody else's. An open end stays empty, or it
// would have to be deleted before the other end can be typed.
export function fillFields(box, trials) {
  for (const set of box.children) {
    const brush = trials.brushes.get(set.dataset.axis);
    const texts = brush ? textsOf(brush, trials.axis(set.dataset.axis).scale) : [];
    [...set.elements].forEach((field, place) => {
      field.classList.toggle("set", Boolean(brush));
      if (field === document.activeElement || (brush && field.matches("[aria-invalid]"))) return;
      field.value = texts[place] ?? "";
      told(field, "");
    });
  }
}

function textsOf(brush, { isNumeric, low, high }) {
  if (!isNumeric) return brush.length === 1 ? brush : [];
  return [brush[0] <= low ? "" : plain(brush[0]), brush[1] >= high ? "" : plain(brush[1])];
}

// What the fields say: [low, high], [word], or null for no brush. What is no number is marked, and an open end.
export function typedBrush(fieldset, scale) {
  const texts = [...fieldset.elements].map((field) => field.value.trim());
  if (!scale.isNumeric) return texts[0] ? texts : null;
  const ends = texts.map((text) => (text === "" ? NaN : Number(text)));
  [...fieldset.elements].forEach((field, place) => told(field, texts[place] && Number.isNaN(ends[place]) ? `${texts[place]} is no number. Write it like 3e-4.` : ""));
  if (ends.every(Number.isNaN)) return null;
  const [low, high] = ends.map((end, place) => (Number.isNaN(end) ? [scale.low, scale.high][place] : end));
  return low <= high ? [low, high] : [high, low];
}

function told(field, text) {
  field.title = text;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
