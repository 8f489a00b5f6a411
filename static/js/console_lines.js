// The lines of a console, in pages: fetched when they come into view, forgotten when far from it.
const PAGE = 500;
const MOST_PAGES = 20;

export class ConsoleLines {
  #pages = new Map();
  #asked = new Set();

  // `changed` is called when lines came, with how many the run has now.
  constructor(url, changed) {
    this.url = url;
    this.changed = changed;
  }

  // A line, or undefined: then it is on its way.
  get(number) {
    const found = this.#pages.get(Math.floor(number / PAGE))?.get(number);
    if (!found) this.#ask(Math.floor(number / PAGE));
    return found;
  }

  // [[number, time, stream, text], …]
  keep(lines) {
    for (const [number, time, stream, text] of lines) {
      const page = Math.floor(number / PAGE);
      if (!this.#pages.has(page)) this.#pages.set(page, new Map());
      this.#pages.get(page).set(number, { number, time, stream, text });
    }
  }

  // Pages far from what is looked at go first.
  forgetFarFrom(number) {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= MOST_PAGES) return;
      if (Math.abs(page - Math.floor(number / PAGE)) > 2) this.#pages.delete(page);
    }
  }

  // What came while nothing was heard: the page of this line is fetched again.
  refresh(number) {
    this.#pages.delete(Math.floor(number / PAGE));
    this.#ask(Math.floor(number / PAGE));
  }

  async #ask(page) {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    try {
      const answer = await fetch(`${this.url}?first=${page * PAGE}&count=${PAGE}`);
      const { lines, total } = await answer.json();
      this.keep(lines);
      this.changed(total);
    } catch {
      setTimeout(() => this.changed(0), 3000);
    }
    this.#asked.delete(page);
  }
}
