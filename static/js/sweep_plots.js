// The two cards of plots: each shows one of its plots, which stands in the address, and draws it again when trials or
// brushes change, in its turn and only while it is in view.
import { contour } from "./plot_contour.js";
import { curves } from "./plot_curves.js";
import { edf } from "./plot_edf.js";
import { HEIGHT, pointable, ring } from "./plot_frame.js";
import { heat } from "./plot_heat.js";
import { ObjectiveChoice } from "./objective_choice.js";
import { PlotMenu } from "./plot_menu.js";
import { pareto } from "./plot_pareto.js";
import { slice } from "./plot_slice.js";
import { timeline } from "./plot_timeline.js";
import { history } from "./trial_history.js";
import { number } from "./format.js";
import { inTurn } from "./turns.js";
import { chooseAxes, chosenAxes, choosePlot, chosenPlot } from "./sweep_address.js";

const PLOTS = { grid: heat, history, pareto, curves, edf, timeline, slice, contour };

export class PlotCard {
  #places = [];
  #inView = false;
  // Kept, because asking for it in every frame of a brush lays the page out once more.
  #size = [0, 0];

  // `askCurves` fetches the curves of the trials when a plot needs them.
  constructor(card, trials, askCurves) {
    Object.assign(this, { card, trials, askCurves, box: card.querySelector(".plot") });
    this.names = [...card.querySelectorAll("[name^=plot-]")].map((input) => input.value);
    this.objectives = new ObjectiveChoice(card, trials);
    this.list = card.querySelector("[data-plot-list]");
    this.list.addEventListener("pointerover", ({ target }) => trials.hover(trials.list.find(({ number }) => String(number) === target.dataset.trial) ?? null));
    this.list.addEventListener("pointerleave", () => trials.hover(null));
    card.addEventListener("change", (event) => this.#changed(event));
    for (const event of ["data", "brush", "curves"]) trials.addEventListener(event, () => this.drawSoon());
    trials.addEventListener("hover", () => ring(this.box, trials, () => this.#places));
    document.addEventListener("themechange", () => this.drawSoon());
    addEventListener("popstate", () => this.show());
    new ResizeObserver(([{ contentRect: { width, height } }]) => {
      this.#size = [width, height].map(Math.round);
      this.drawSoon();
    }).observe(this.box);
    new IntersectionObserver(([{ isIntersecting }]) => (this.#inView = isIntersecting) && this.drawSoon()).observe(this.box);
    pointable(this.box, trials, () => this.#places, (trial) => `trial ${trial.number}: ${number(trial.value)}, ${trial.pruned ? "pruned" : trial.state}`);
    this.box.addEventListener("click", ({ target }) => this.plot.press?.(trials, target));
    this.show();
    this.menu = new PlotMenu(card, trials, { title: () => this.#title(), data: () => this.plot.data(trials, { axes: this.#axes() }), resized: () => this.drawSoon() });
  }

  #title() {
    return `${this.plot.title}: ${this.box.querySelector("[aria-label]")?.getAttribute("aria-label") ?? this.plot.hint(this.trials, { axes: this.#axes() })}`;
  }

  get plot() {
    return PLOTS[chosenPlot(this.names)];
  }

  // Title, hint, legend and fields of what the address says.
  show() {
    const name = chosenPlot(this.names);
    for (const input of this.card.querySelectorAll("[name^=plot-]")) input.checked = input.value === name;
    this.card.dataset.plot = name;
    this.card.querySelector("[data-plot-title]").textContent = this.plot.title;
    for (const part of this.card.querySelectorAll("[data-legend]")) part.hidden = !this.plot.legend?.includes(part.dataset.legend);
    this.#fillAxes(name);
    this.objectives.show(name === "pareto");
    this.list.hidden = !this.plot.drawn;
    if (this.plot.needsCurves) this.askCurves();
    this.menu?.refresh();
    this.drawSoon();
  }

  drawSoon() {
    if (this.#inView) inTurn(this.#draw);
  }

  #draw = () => {
    const axes = this.#axes();
    const [width, room] = this.#size;
    if (width < 50) return;
    const height = this.menu.isEnlarged ? Math.max(HEIGHT, room) : HEIGHT;
    this.box.style.setProperty("--plot-height", `${height}px`);
    this.card.querySelector("[data-plot-hint]").textContent = this.plot.hint(this.trials, { axes });
    const { node, places } = this.plot.draw(this.trials, width, { axes, height });
    this.plot.drawn?.(this.card, this.trials, { axes });
    this.#places = places;
    // Without a trial an axis would show numbers that nobody measured.
    this.box.replaceChildren(places.length || this.plot.press ? node : empty(this.trials));
  };

  // Those of the address, filled up with the first others; a slice takes one or shows all.
  #axes() {
    const chosen = chosenAxes(this.trials);
    const name = this.card.dataset.plot;
    if (name === "pareto") return this.objectives.axes;
    if (name === "slice") return chosen.length === 1 ? chosen : [];
    return [...chosen, ...this.trials.params.filter((axis) => !chosen.includes(axis))].slice(0, 2);
  }

  #fillAxes(name) {
    const fields = [...this.card.querySelectorAll("[data-axis-choice]")];
    const axes = this.#axes();
    fields.forEach((field, at) => {
      field.hidden = !(name === "contour" || (name === "grid" && this.trials.params.length > 2) || (name === "slice" && !at && this.trials.params.length > 1));
      field.querySelector("option[value='']").hidden = name !== "slice";
      field.value = axes[at]?.name ?? "";
    });
  }

  #changed({ target }) {
    if (target.name?.startsWith("plot-")) choosePlot(this.names, target.value);
    else if (target.matches("[data-axis-choice]")) this.#choose(target);
    else if (target.matches("[data-objective-choice]")) this.objectives.choose(target);
    else return;
    this.show();
  }

  // Choosing the other's axis swaps the two.
  #choose(field) {
    if (this.card.dataset.plot === "slice") return chooseAxes(field.value ? [field.value] : []);
    const fields = [...this.card.querySelectorAll("[data-axis-choice]")];
    const before = this.#axes().map(({ name }) => name);
    const names = fields.map(({ value }) => value);
    if (names[0] === names[1]) names[1 - fields.indexOf(field)] = before[fields.indexOf(field)];
    chooseAxes(names);
  }
}

function empty(trials) {
  const line = document.createElement("p");
  line.className = "plot-empty secondary";
  line.textContent = trials.isBrushed ? "No measured trial matches the brush." : `No trial has measured ${trials.objective.label} yet.`;
  return line;
}
