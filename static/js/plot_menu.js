// What the head of each plot of a sweep's page offers, as that of a chart does (figure_menu.js). The enlarged one stands
// in the address: chart=space.
import { closeButton, figureMenu, tableOf } from "./figure_menu.js";
import { savePicture } from "./figure_picture.js";
import { read, write } from "./view_state.js";

export class PlotMenu {
  #table = null;

  // `plot`: {title, data, resized}. title() in words, data() gives {head, rows} of what is drawn, resized() draws it anew.
  constructor(card, trials, plot) {
    Object.assign(this, { card, plot, key: card.dataset.figure, box: card.querySelector(".figure-box") });
    const title = card.querySelector("h2");
    // One card shows several plots.
    const file = () => `${document.querySelector("h1").textContent} ${title.textContent}`;
    const figure = { name: title.textContent, file, enlarge: () => this.enlarge(), toggleTable: () => this.toggleTable(), data: () => plot.data(), picture: (format) => savePicture(this.box, plot.title(), file(), format) };
    card.querySelector(".card-head").append(figureMenu(figure), closeButton("Back to the page", "Back to the page (F)", () => this.enlarge()));
    card.addEventListener("keydown", (event) => this.#pressed(event));
    // Before the page takes Escape for its brushes.
    document.addEventListener("keydown", (event) => this.#escape(event), { capture: true });
    for (const event of ["data", "curves", "brush"]) trials.addEventListener(event, ({ detail }) => !detail?.dragging && this.refresh());
    addEventListener("popstate", () => this.show());
    this.show();
  }

  get isEnlarged() {
    return read("chart") === this.key;
  }

  enlarge() {
    write({ chart: this.isEnlarged ? "" : this.key }, { push: true });
    this.show();
    this.box.focus();
  }

  show() {
    if (this.card.classList.contains("enlarged") === this.isEnlarged) return;
    this.card.classList.toggle("enlarged", this.isEnlarged);
    document.documentElement.classList.toggle("chart-is-enlarged", read("chart") !== "");
    this.plot.resized();
  }

  toggleTable() {
    if (this.#table) this.#table = void this.#table.remove();
    else this.#put(tableOf(this.plot.data(), this.plot.title()));
  }

  // What is in the table follows the trials and brushes, and the plot that is chosen.
  refresh() {
    if (!this.#table) return;
    const { scrollTop, scrollLeft } = this.#table;
    const fresh = tableOf(this.plot.data(), this.plot.title());
    this.#table.remove();
    this.#put(fresh);
    fresh.scrollTo(scrollLeft, scrollTop);
  }

  #put(table) {
    this.#table = table;
    this.box.append(table);
  }

  #pressed(event) {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, select, textarea, details")) return;
    const action = { f: () => this.enlarge(), t: () => this.toggleTable() }[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #escape(event) {
    if (event.key !== "Escape" || !this.isEnlarged || document.querySelector("details.menu[open], dialog[open]")) return;
    event.stopPropagation();
    this.enlarge();
  }
}
