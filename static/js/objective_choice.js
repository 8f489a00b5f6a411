// Of more than two objectives: which are across, up and the colour of a plot. They stand in the address: obj=f1,loss,time.
import { read, write } from "./view_state.js";

export class ObjectiveChoice {
  constructor(card, trials) {
    Object.assign(this, { trials, fields: [...card.querySelectorAll("[data-objective-choice]")] });
  }

  // All objectives: the chosen ones, then the others.
  get axes() {
    const { objectives } = this.trials;
    const chosen = read("obj").split(",").map((label) => objectives.find((one) => one.label === label)).filter(Boolean);
    return [...new Set([...chosen, ...objectives])];
  }

  show(isShown) {
    const { axes } = this;
    this.fields.forEach((field, at) => {
      field.hidden = !isShown;
      field.value = axes[at].label;
    });
  }

  // The one that was there takes the place that the chosen one had.
  choose(field) {
    const labels = this.axes.map(({ label }) => label);
    const [to, from] = [this.fields.indexOf(field), labels.indexOf(field.value)];
    [labels[to], labels[from]] = [labels[from], labels[to]];
    const usual = this.trials.objectives.every(({ label }, at) => label === labels[at]);
    write({ obj: usual ? "" : labels.slice(0, this.fields.length).join(",") });
  }
}
