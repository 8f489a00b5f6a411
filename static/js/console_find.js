// Search in the console: the server names the lines that hold a text, the page goes from one to the next.
import { plain } from "./ansi.js";
import { grouped } from "./format.js";
import { read, write } from "./view_state.js";

export class ConsoleFind {
  numbers = [];
  count = 0;
  current = read("line") === "" ? null : Number(read("line"));

  // `goTo(line)` shows a line; `redraw()` draws what is in view again; `from()` is the first line in view.
  constructor(bar, page) {
    this.page = page;
    this.url = bar.dataset.findUrl;
    this.input = bar.querySelector("[data-console-find]");
    this.output = bar.querySelector("[data-console-found]");
    this.steps = bar.querySelectorAll("[data-console-step]");
    this.input.value = read("find");
    this.input.addEventListener("input", () => this.#soon());
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && this.#enter(event));
    for (const button of this.steps) button.addEventListener("click", () => this.step(Number(button.dataset.consoleStep)));
    if (this.text) this.search({ go: this.current === null });
  }

  get text() {
    return this.input.value.toLowerCase();
  }

  async search({ go = true, rank = this.page.rank() } = {}) {
    const text = this.text;
    write({ find: this.input.value });
    const found = text ? await this.#ask(text, rank) : { lines: [], count: 0 };
    if (text !== this.text) return;
    [this.numbers, this.count] = [found.lines, found.count];
    if (!text) this.#choose(null);
    else if (go) this.#nearest();
    this.show();
  }

  // The next line that holds the text (1), or the one before (-1); after the last comes the first.
  step(direction) {
    if (!this.numbers.length) return;
    const from = this.current ?? this.page.from();
    const after = direction > 0 ? this.numbers.find((number) => number > from) : this.numbers.findLast((number) => number < from);
    this.#choose(after ?? this.numbers.at(direction > 0 ? 0 : -1));
    this.show();
  }

  // Lines [number, time, stream, text] that were printed just now.
  hear(lines) {
    if (!this.text) return;
    const fresh = lines.filter(([number, , , text]) => number > (this.numbers.at(-1) ?? -1) && plain(text).toLowerCase().includes(this.text));
    this.numbers.push(...fresh.map(([number]) => number));
    this.count += fresh.length;
    if (fresh.length) this.show();
  }

  show() {
    const place = this.numbers.indexOf(this.current) + 1;
    const count = `${grouped(this.count)} ${this.count === 1 ? "line" : "lines"}`;
    this.output.textContent = !this.text ? "" : !this.count ? "No line" : place ? `${grouped(place)} of ${count}` : count;
    this.output.title = this.count > this.numbers.length ? `The first ${grouped(this.numbers.length)} can be gone through.` : "";
    for (const button of this.steps) button.disabled = !this.numbers.length;
    this.page.redraw();
  }

  // Marks the text in the rows that are in view.
  mark(view) {
    if (!CSS.highlights) return;
    CSS.highlights.delete("found");
    if (this.text) CSS.highlights.set("found", new Highlight(...rangesOf(view, this.text)));
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), 200);
  }

  #enter(event) {
    event.preventDefault();
    this.step(event.shiftKey ? -1 : 1);
  }

  async #ask(text, rank) {
    try {
      const answer = await fetch(`${this.url}?${new URLSearchParams({ q: text, rank })}`);
      if (answer.ok) return await answer.json();
    } catch { /* the connection is gone, which the page says already */ }
    return { lines: [], count: 0 };
  }

  #nearest() {
    const from = this.current ?? this.page.from();
    this.#choose(this.numbers.find((number) => number >= from) ?? this.numbers.at(-1) ?? null);
  }

  #choose(number) {
    this.current = number;
    write({ line: number });
    if (number !== null) this.page.goTo(number);
  }
}

function rangesOf(view, text) {
  const ranges = [];
  const walker = document.createTreeWalker(view, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest(".console-time") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  while (walker.nextNode()) {
    const hay = walker.currentNode.data.toLowerCase();
    for (let at = hay.indexOf(text); at >= 0; at = hay.indexOf(text, at + text.length)) {
      const range = new Range();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, Math.min(at + text.length, walker.currentNode.length));
      ranges.push(range);
    }
  }
  return ranges;
}
