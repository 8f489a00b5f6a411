// The objective of each trial over its steps, for sparklines and intermediate values: fetched once the page stands, then
// only those that changed.
import { throttled } from "./parts.js";

const REST = 2000;

export class TrialCurves {
  #known = new Map();
  #wanted = new Set();
  #begun = false;

  constructor(trials, url) {
    Object.assign(this, { trials, url });
    this.fetchSoon = throttled(() => this.#fetch(), REST);
    // Trials that are told anew are new objects: their curves stay what they were until newer ones come.
    trials.addEventListener("data", () => this.#put());
    requestIdleCallback?.(() => this.ask(), { timeout: 1500 }) ?? setTimeout(() => this.ask(), 300);
  }

  ask() {
    if (this.#begun) return;
    this.#begun = true;
    this.changed(this.trials.list.map(({ number }) => number));
  }

  changed(numbers) {
    for (const number of numbers) this.#wanted.add(number);
    if (this.#begun && this.#wanted.size) this.fetchSoon();
  }

  async #fetch() {
    const wanted = [...this.#wanted];
    const isAll = wanted.length >= this.trials.list.length;
    const answer = await fetch(isAll ? this.url : `${this.url}?trials=${wanted.join(",")}`);
    if (!answer.ok) return;
    for (const number of wanted) this.#wanted.delete(number);
    for (const [number, steps, values] of (await answer.json()).curves) this.#known.set(number, { steps, values });
    this.#put();
    this.trials.dispatchEvent(new CustomEvent("curves"));
  }

  #put() {
    for (const trial of this.trials.list) trial.curve = this.#known.get(trial.number);
  }
}
