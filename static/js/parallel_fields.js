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

// In place, so that the focus stays where it is.
export function fillFields(box, { brushes }) {
  for (const set of box.children) {
    const brush = brushes.get(set.dataset.axis);
    [...set.elements].forEach((field, place) => {
      field.value = brush && (field.tagName === "INPUT" || brush.length === 1) ? plain(brush[place]) : "";
      field.classList.toggle("set", Boolean(brush));
    });
  }
}

// What the fields say: [low, high], [word], or null for no brush. What is no number is an open end.
export function typedBrush(fieldset, scale) {
  const fields = [...fieldset.elements];
  const texts = fields.map((field) => field.value.trim());
  if (texts.every((text) => text === "")) return null;
  if (!scale.isNumeric) return texts;
  const [low, high] = texts.map((text, place) => (text === "" || Number.isNaN(Number(text)) ? [scale.low, scale.high][place] : Number(text)));
  return low <= high ? [low, high] : [high, low];
}
