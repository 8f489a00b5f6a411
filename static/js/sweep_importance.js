// Bars of importance with whiskers. The server computes in a process of its own, so the card asks again while it does.
import { element, svg } from "./dom.js";
import { PlotMenu } from "./plot_menu.js";
import { plain } from "./scales.js";
import { read, write } from "./view_state.js";

const NAMES = { fanova: "fANOVA", "ped-anova": "PED-ANOVA", plain: "plain" };
const SPREAD = { fanova: "Whiskers: spread over 20 forests.", "ped-anova": "Whiskers: spread over 20 resamples.", plain: "Share of the differences between trials that goes away within parts of the range. Whiskers: 20 resamples." };
// With fewer trials the order may still turn.
const ROUGH = 30;
const AFTER_BRUSH = 500;
const AGAIN = 700;

export class ImportanceCard {
  #timer = 0;
  #asked = 0;
  #shown = "";
  #answer = { rows: [] };

  constructor(card, trials) {
    Object.assign(this, { card, trials, list: card.querySelector("[data-importance]"), method: card.querySelector("select") });
    this.method.value = read("imp") in NAMES ? read("imp") : "fanova";
    this.method.addEventListener("change", () => {
      write({ imp: this.method.value === "fanova" ? "" : this.method.value });
      this.ask();
    });
    for (const event of ["brush", "data"]) trials.addEventListener(event, () => this.#askSoon(AFTER_BRUSH));
    this.menu = new PlotMenu(card, trials, { title: () => `Importance: ${this.#of()}`, data: () => this.#data(), resized: () => {} });
    this.ask();
  }

  #data() {
    const rows = this.#answer.rows.map(({ name, share, low, high, n }) => [this.#label(name), share, low, high, n]);
    return { head: ["hyperparameter", "share", "from", "to", "trials"], rows };
  }

  #of() {
    const { method, n, state, rows } = this.#answer;
    return rows.length ? `${NAMES[method]}, ${n} trials${state === "computing" ? ", newer on the way" : ""}` : "";
  }

  #label(name) {
    return this.trials.params.find((axis) => axis.id === name)?.label ?? name;
  }

  #askSoon(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), wait);
  }

  // The brushes go along as they stand in the address.
  async ask() {
    const mine = ++this.#asked;
    const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([key]) => key.startsWith("b.") || key === "pruned"));
    query.set("method", this.method.value);
    const answer = await fetch(`${this.card.dataset.url}?${query}`).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (mine !== this.#asked || !answer) return;
    if (answer.state === "computing") this.#askSoon(AGAIN);
    this.#show(answer);
  }

  #show(answer) {
    const text = JSON.stringify(answer);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#answer = answer;
    const { method, n, state, rows, text: words } = answer;
    this.card.querySelector("[data-importance-of]").textContent = this.#of();
    if (rows.length) this.list.replaceChildren(...rows.map((row) => this.#row(row, n)), element("p", { class: "hint" }, `${SPREAD[method]}${n < ROUGH ? ` Rough below ${ROUGH} trials.` : ""}`));
    else this.list.replaceChildren(element("p", { class: "secondary" }, state === "computing" ? "Computing…" : words));
    this.menu.refresh();
  }

  #row({ name, share, low, high, n, where }, all) {
    const label = this.#label(name);
    const percent = (part) => `${Math.round(100 * part)} %`;
    const title = `${label} ${percent(share)}, between ${percent(low)} and ${percent(high)}`;
    const head = element("div", { class: "row" }, element("code", { class: "grow ellipsis", title: label, "data-drawn": true }, label), ...(n < all ? [element("span", { class: "hint" }, `${n} trials have it`)] : []), element("span", { "data-drawn": true }, percent(share)));
    const parts = [head, bar(share, low, high, title)];
    if (where) parts.push(element("p", { class: "hint" }, this.#where(where)));
    return element("div", { class: "importance-row" }, ...parts);
  }

  #where(where) {
    const range = "is" in where ? plain(where.is) : `${plain(where.from)} … ${plain(where.to)}`;
    return `best at ${range}: mean ${plain(where.mean)} over ${where.n} trials, elsewhere ${plain(where.others)}`;
  }
}

function bar(share, low, high, title) {
  const [from, to] = [low, high].map((part) => 1000 * Math.min(1, part));
  return svg("svg", { class: "importance-bar", viewBox: "0 0 1000 10", preserveAspectRatio: "none", role: "img", "aria-label": title },
    svg("rect", { class: "track", width: 1000, height: 10 }), svg("rect", { class: "share", width: 1000 * Math.min(1, share), height: 10 }),
    svg("path", { class: "whisker", d: `M${from} 1v8M${from} 5H${to}M${to} 1v8` }));
}
