// Where charts stand: sections by the prefix of the series, the objective first in its section.
import { element, icon } from "./dom.js";
import { number } from "./format.js";

const ORDER = ["eval", "test", "train", "speed", "system"];
// By the end of the key: "system/rank1/cpu", "system/gpu0/power".
const UNITS = { cpu: "%", memory: "GiB", machine_cpu: "%", machine_memory: "GiB", disk_free: "GiB", disk_read: "MiB/s", disk_written: "MiB/s", network_received: "MiB/s", network_sent: "MiB/s", utilisation: "%", power: "W", temperature: "°C" };

// With the most that it can be, where that is known: "GiB of 23.5".
export function unitOf(key, limit) {
  const unit = (key.startsWith("system/") && UNITS[key.split("/").pop()]) || "";
  return unit && limit ? `${unit} of ${number(limit, 3)}` : unit;
}

// [[name, keys], …] in the order of the page.
export function sectionsOf(keys, objectives) {
  const groups = Map.groupBy([...keys].sort(), (key) => (key.includes("/") ? key.split("/")[0] : "other"));
  const first = (key) => (objectives.includes(key) ? 0 : 1);
  return [...groups].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b)).map(([name, found]) => [name, found.sort((a, b) => first(a) - first(b))]);
}

function rank(name) {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length - 1.5 : place;
}

// figures: the chart cards of the section.
export function section(name, figures, isFolded, onFold) {
  const details = element("details", { class: "chart-section", open: !isFolded });
  details.append(element("summary", {}, icon("chevron-down"), element("h2", {}, `${name}/`), element("span", { class: "quiet" }, String(figures.length))));
  details.append(element("div", { class: "chart-cells" }, ...figures));
  details.addEventListener("toggle", () => onFold(!details.open));
  return details;
}
