// Thousands of lines in one scroll: pages near the view are in the document, the others are an empty row of their height.
import { element } from "./dom.js";

const NEAR = 0;
const LINE = 28;

export class TablePages extends EventTarget {
  #slots = [];
  #waiting = new Set();

  constructor(holder, source) {
    super();
    Object.assign(this, { holder, source });
  }

  // Takes over the table in the holder; the other pages become slots around the one that is there.
  adopt() {
    const table = this.holder.querySelector("table");
    const loaded = table.querySelector("tbody[data-page]");
    const at = Number(loaded.dataset.page);
    const count = Number(table.dataset.pages);
    this.#seen?.disconnect();
    this.#waiting.clear();
    this.#slots = Array.from({ length: count }, (_, index) => (index + 1 === at ? loaded : empty(index + 1, this.#height(loaded))));
    loaded.before(...this.#slots.slice(0, at - 1));
    loaded.after(...this.#slots.slice(at));
    if (at > 1) loaded.scrollIntoView();
    if (count < 2) return;
    const root = getComputedStyle(this.holder).overflowY === "auto" && this.holder.scrollHeight > this.holder.clientHeight ? this.holder : null;
    this.#seen = new IntersectionObserver((entries) => this.#viewed(entries), { root, rootMargin: "700px" });
    this.#slots.forEach((slot) => this.#seen.observe(slot));
  }

  #seen = null;

  get loaded() {
    return this.#slots.filter((slot) => !isEmpty(slot));
  }

  // The pages that a person sees something of.
  get visible() {
    const { top, bottom } = this.holder.getBoundingClientRect();
    return this.loaded.filter((slot) => {
      const box = slot.getBoundingClientRect();
      return box.bottom > Math.max(top, 0) && box.top < Math.min(bottom, innerHeight);
    });
  }

  #height(loaded) {
    const rows = loaded.rows.length;
    return rows ? Math.round((loaded.getBoundingClientRect().height || rows * LINE) / rows) * 200 : LINE;
  }

  #viewed(entries) {
    for (const { target, isIntersecting } of entries) {
      target.near = isIntersecting;
      if (isIntersecting && isEmpty(target)) this.#load(target);
    }
    this.#leave();
  }

  async #load(slot) {
    const page = Number(slot.dataset.page);
    if (this.#waiting.has(page)) return;
    this.#waiting.add(page);
    // Scrolling past a page does not fetch it.
    await new Promise((done) => setTimeout(done, 60));
    const fragment = slot.near && slot.isConnected ? await this.source.fetch(page).catch(() => null) : null;
    this.#waiting.delete(page);
    const rows = fragment?.querySelector("tbody[data-page]")?.children;
    if (!rows || !slot.isConnected) return;
    slot.replaceChildren(...rows);
    this.dispatchEvent(new CustomEvent("page", { detail: fragment }));
  }

  // Pages far from the view give their rows back, but not those that a person is in.
  #leave() {
    const near = this.#slots.flatMap((slot, index) => (slot.near ? [index] : []));
    if (!near.length) return;
    this.#slots.forEach((slot, index) => {
      const isFar = index < near[0] - NEAR || index > near.at(-1) + NEAR;
      if (!isFar || isEmpty(slot) || slot.contains(document.activeElement) || slot.querySelector(".focused")) return;
      slot.replaceChildren(spacer(slot.getBoundingClientRect().height));
    });
  }
}

function isEmpty(slot) {
  return slot.firstElementChild?.className === "spacer";
}

function empty(page, height) {
  return element("tbody", { "data-page": page }, spacer(height));
}

function spacer(height) {
  const row = element("tr", { class: "spacer", "aria-hidden": "true" }, element("td", { colspan: 999 }));
  row.firstChild.style.height = `${height}px`;
  return row;
}
