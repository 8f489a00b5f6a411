// The fields under an axis of parallel coordinates: from and to of numbers, one of the words else.
import { element } from "./dom.js";

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
