// The view that all charts of a page share (x axis, smoothing, log, zoom, search, the enlarged chart), kept in the address.
// Says "change" with the name of what changed.
import { KINDS } from "./smoothing.js";
import { read, write } from "./view_state.js";

const listOf = (name) => new Set(read(name).split(",").filter(Boolean));
const AXES = ["step", "epoch", "relative", "wall", "tokens"];

export class ChartView extends EventTarget {
  constructor() {
    super();
    this.axis = AXES.includes(read("x")) ? read("x") : "step";
    const kind = KINDS.includes(read("kind")) ? read("kind") : "ema";
    this.smoothing = { kind, amount: Math.min(0.99, Math.max(0, Number(read("sm")) || 0)) };
    this.log = listOf("log");
    this.logX = read("logx") === "1";
    this.folded = listOf("fold");
    this.search = read("charts");
    this.zoom = parseZoom(read("zoom"));
    this.enlarged = read("chart");
    addEventListener("popstate", () => this.#went());
  }

  get isSmoothed() {
    return this.smoothing.amount > 0 && this.smoothing.kind !== "none";
  }

  isLog(key) {
    return this.log.has("all") !== this.log.has(key);
  }

  setAxis(axis) {
    this.axis = axis;
    this.zoom = null;
    this.#changed("axis", { x: axis === "step" ? "" : axis, zoom: "" });
  }

  setSmoothing(changes) {
    Object.assign(this.smoothing, changes);
    const { kind, amount } = this.smoothing;
    this.#changed("smoothing", { sm: amount || "", kind: kind === "ema" ? "" : kind });
  }

  // range: [from, to] in units of the x axis, or null.
  setZoom(range) {
    if (!range && !this.zoom) return;
    const digits = this.axis === "epoch" ? 3 : this.axis === "relative" || this.axis === "wall" ? 1 : 0;
    const ends = range?.map((end) => Number(end.toFixed(digits)));
    this.zoom = ends && ends[1] > ends[0] ? ends : null;
    this.#changed("zoom", { zoom: this.zoom ? this.zoom.join("..") : "" });
  }

  setSearch(text) {
    this.search = text;
    this.#changed("search", { charts: text });
  }

  toggleLog(key = "all") {
    if (key === "all") this.log = new Set(this.log.has("all") ? [] : ["all"]);
    else this.log[this.log.has(key) ? "delete" : "add"](key);
    this.#changed("log", { log: [...this.log].join(",") });
  }

  toggleLogX() {
    this.logX = !this.logX;
    this.#changed("log", { logx: this.logX ? "1" : "" });
  }

  fold(name, folded) {
    this.folded[folded ? "add" : "delete"](name);
    write({ fold: [...this.folded].join(",") });
  }

  enlarge(key) {
    this.enlarged = this.enlarged === key ? "" : key;
    this.#changed("enlarged", { chart: this.enlarged }, { push: true });
  }

  #changed(what, address, options) {
    write(address, options);
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  // Back and forward: what was enlarged is a step of its own.
  #went() {
    if (this.enlarged === read("chart")) return;
    this.enlarged = read("chart");
    this.dispatchEvent(new CustomEvent("change", { detail: "enlarged" }));
  }
}

function parseZoom(text) {
  const ends = text.split("..").map(Number);
  return text && ends.length === 2 && ends.every(Number.isFinite) && ends[1] > ends[0] ? ends : null;
}
