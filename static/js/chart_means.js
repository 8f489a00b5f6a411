// One line for each group of the shown runs: the switch, which lines there are (the server says), and the legend of them.
import { element, markSwatch, middle } from "./dom.js";
import { toast } from "./toast.js";
import { read, write } from "./view_state.js";

export class ChartMeans {
  #lines = [];
  #asked = 0;
  #shown = [];

  // button: the switch; legend: where the lines are named; grid: the charts, made with a (empty) table of groups.
  constructor({ button, legend }, grid) {
    Object.assign(this, { button, legend, grid, isOn: read("means") === "1" });
    button.addEventListener("click", () => this.#toggle());
    this.#paint();
    // Not the single runs first, and then their means.
    if (this.isOn) grid.setShown([]);
  }

  // Draws these runs, alone or in their groups.
  async show(ids) {
    this.#shown = ids;
    const turn = ++this.#asked;
    if (!this.isOn) return this.#draw([], ids);
    try {
      const { by, lines } = await this.#fetch(ids);
      if (turn !== this.#asked) return;
      this.#paint(by);
      this.#draw(lines, ids);
    } catch {
      toast("The groups could not be fetched; the runs are drawn alone. Press M to try again.", { error: true });
      this.isOn = false;
      this.#paint();
      this.#draw([], ids);
    }
  }

  // A run has come to its end, or the table is grouped otherwise: other runs may belong together.
  again() {
    if (this.isOn) this.show(this.#shown);
  }

  // What stands for a run in the charts.
  lineOf(run) {
    return this.#lines.find(({ id, members }) => id && members.includes(run))?.id ?? run;
  }

  #toggle() {
    this.isOn = !this.isOn;
    write({ means: this.isOn ? "1" : "" });
    this.#paint();
    this.show(this.#shown);
  }

  async #fetch(ids) {
    const query = new URLSearchParams({ runs: ids.join(","), group: read("group") === "none" ? "" : read("group") });
    const answer = await fetch(`${this.button.dataset.url}?${query}`);
    if (!answer.ok) throw new Error(`means: ${answer.status}`);
    return answer.json();
  }

  #draw(lines, ids) {
    this.#lines = lines;
    this.grid.setMeans(lines.filter(({ id }) => id));
    const meant = new Set(lines.filter(({ id }) => id).flatMap(({ members }) => members));
    this.grid.setShown([...ids.filter((id) => !meant.has(id)), ...lines.flatMap(({ id }) => id || [])]);
    this.legend.hidden = !lines.length;
    this.legend.replaceChildren(...lines.map((line) => this.#entry(line)));
  }

  #entry({ id, name, mark, members, n }) {
    const line = id || members[0];
    const entry = element("button", { type: "button", title: `${name}: ${n}` }, markSwatch(mark), element("span", { class: "legend-name" }, middle(name)), element("span", { class: "hint" }, n));
    for (const come of ["pointerenter", "focus"]) entry.addEventListener(come, () => this.grid.setFocus(line));
    for (const go of ["pointerleave", "blur"]) entry.addEventListener(go, () => this.grid.setFocus(null));
    return element("li", {}, entry);
  }

  #paint(by = "") {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    const what = by ? `with the same ${by}` : "that differ only by seed";
    this.button.title = `One line for the runs ${what}: the mean of those that have finished, with its 95 % interval (M)`;
    this.legend.setAttribute("aria-label", `Means of the finished runs ${what}, with 95 % interval`);
  }
}
