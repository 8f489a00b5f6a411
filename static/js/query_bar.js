// The query bar: a text field with a coloured copy of its text over it, offers below, and what is wrong with the text.
// Says "query" with a text that is understood, and "meaning" with what the server made of it.
import { answerOf } from "./asking.js";
import { element } from "./dom.js";

const ASK_AFTER = 90;
const SHOW_AFTER = 200;

export class QueryBar extends EventTarget {
  #tokens = [];
  #error = null;
  #unfinished = null;
  #offers = [];
  // The text that the offers are for: those of another one would replace the wrong part.
  #offered = "";
  #active = -1;
  #timer = 0;
  #turn = 0;

  constructor(form) {
    super();
    this.form = form;
    this.input = form.querySelector('[name="q"]');
    this.list = form.querySelector("#query-offers");
    this.mirror = form.querySelector("[data-query-mirror]");
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("focus", () => this.#ask(0));
    this.input.addEventListener("click", () => this.#ask(0));
    this.input.addEventListener("blur", () => this.#left());
    this.input.addEventListener("scroll", () => this.#follow());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("pointerdown", (event) => this.#pressed(event));
    form.addEventListener("submit", (event) => this.#submit(event));
    form.querySelector("[data-query-error]").addEventListener("click", (event) => this.#fix(event));
    form.classList.add("has-mirror");
    this.#paint();
    if (this.input.value) this.#ask(0, false);
  }

  get value() {
    return this.input.value;
  }

  // Another text, as if it was typed and entered.
  use(text) {
    this.input.value = text;
    this.#error = null;
    this.#paint();
    this.#ask(0, false);
    this.#say("query", { text, push: true });
  }

  refuse(error) {
    this.#error = error;
    this.#unfinished = null;
    this.#paint();
  }

  #typed() {
    this.#error = null;
    this.#paint();
    this.#ask(ASK_AFTER);
  }

  #ask(wait, offer = true) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#assist(offer), wait);
  }

  async #assist(offer) {
    const turn = ++this.#turn;
    const text = this.value;
    const query = new URLSearchParams({ q: text, at: this.input.selectionStart });
    const answer = await answerOf(`${this.form.dataset.assistUrl}?${query}`, { quiet: true });
    if (!answer?.ok || turn !== this.#turn || text !== this.value) return;
    const said = await answer.json();
    this.#tokens = said.tokens;
    this.#unfinished = this.#isUnfinished(said.error) ? said.error : null;
    this.#error = this.#unfinished ? null : said.error;
    this.#paint();
    this.#say("meaning", { ...said, text });
    if (offer && document.activeElement === this.input) this.#offer(said.completion);
    if (!said.error && said.matching) this.#ripe(text);
  }

  // What lacks only its end is no mistake while somebody types it.
  #isUnfinished(error) {
    return error && !error.nearest && error.end >= this.value.trimEnd().length && document.activeElement === this.input;
  }

  // Rows follow once the typing rests; a word that nothing matches may be half of one, so it waits for Enter.
  #ripe(text) {
    setTimeout(() => text === this.value && !this.#error && this.#say("query", { text, push: false }), SHOW_AFTER);
  }

  // --- the coloured copy ---

  #paint() {
    const text = this.value;
    const parts = [];
    let at = 0;
    for (const [begin, end, kind] of this.#marks(text)) {
      if (begin < at) continue;
      parts.push(text.slice(at, begin), element("span", { class: `query-${kind}` }, text.slice(begin, end)));
      at = end;
    }
    this.mirror.replaceChildren(...parts, text.slice(at));
    this.#follow();
    const bad = this.#error;
    this.input.setAttribute("aria-invalid", String(Boolean(bad)));
    const line = this.form.querySelector("[data-query-error]");
    line.hidden = !bad;
    if (bad) line.replaceChildren(bad.fault, ...(bad.fixed ? [" ", element("button", { type: "button", class: "link-button", "data-fix": bad.fixed }, `Use ${bad.nearest}`)] : []));
    this.#drop();
  }

  // What was coloured before stays so as far as the text is the same.
  #marks(text) {
    const known = this.#tokens.filter(([, end]) => end <= text.length);
    if (!this.#error) return known;
    const { at, end } = this.#error;
    const wrong = [Math.min(at, text.length), Math.min(Math.max(end, at + 1), text.length), "wrong"];
    return [...known.filter(([begin, stop]) => stop <= at || begin >= end), wrong].sort((a, b) => a[0] - b[0]);
  }

  #follow() {
    this.mirror.scrollLeft = this.input.scrollLeft;
  }

  #fix(event) {
    const button = event.target.closest("[data-fix]");
    if (!button) return;
    this.input.focus();
    this.use(button.dataset.fix);
  }

  // --- offers: a combobox with a list ---

  #offer({ offers, begin, end }) {
    this.#offered = this.value;
    this.#offers = offers.map((offer) => ({ ...offer, begin, end }));
    this.#active = -1;
    this.list.replaceChildren(...this.#offers.map((offer, at) => option(offer, at, this.form.dataset.counts ?? "run")));
    this.list.hidden = !offers.length;
    this.#drop();
  }

  #drop() {
    const line = this.form.querySelector("[data-query-error]");
    this.form.querySelector("[data-query-drop]").hidden = this.list.hidden && line.hidden;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.list.hidden) this.input.removeAttribute("aria-activedescendant");
  }

  #left() {
    if (this.#unfinished) this.refuse(this.#unfinished);
    this.#close();
  }

  #close() {
    this.list.hidden = true;
    this.#active = -1;
    this.#drop();
  }

  #key(event) {
    const isOpen = !this.list.hidden && this.#offered === this.value;
    if (event.key === "Escape") return this.#escape(event, isOpen);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      return isOpen ? this.#point(event.key === "ArrowDown" ? 1 : -1) : this.#ask(0);
    }
    if ((event.key === "Enter" || event.key === "Tab") && isOpen && this.#active >= 0) {
      event.preventDefault();
      this.#take(this.#offers[this.#active]);
    }
  }

  #escape(event, isOpen) {
    event.stopPropagation();
    if (isOpen) this.#close();
    else this.input.blur();
  }

  #point(by) {
    const options = [...this.list.children];
    options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = (this.#active + by + options.length + (this.#active < 0 && by < 0 ? 1 : 0)) % options.length;
    const now = options[this.#active];
    now.setAttribute("aria-selected", "true");
    now.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", now.id);
  }

  #pressed(event) {
    const item = event.target.closest("[role=option]");
    if (!item) return;
    event.preventDefault();
    if (this.#offered === this.value) this.#take(this.#offers[[...this.list.children].indexOf(item)]);
  }

  // A key is followed by its value, a value by the next term.
  #take({ begin, end, insert }) {
    const isKey = /[:<>=~]$/.test(insert);
    const [before, after] = [this.value.slice(0, begin), this.value.slice(end)];
    const text = `${before}${insert}${isKey || after.startsWith(" ") ? "" : " "}`;
    this.input.value = text + after;
    this.input.setSelectionRange(text.length, text.length);
    this.#typed();
  }

  #submit(event) {
    event.preventDefault();
    this.#close();
    this.#say("query", { text: this.value.trim(), push: true });
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function option({ text, detail, count }, index, noun) {
  const beside = [detail, count === null ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`].filter(Boolean).join(" · ");
  return element("li", { role: "option", id: `query-offer-${index}`, "aria-selected": "false" }, element("span", { class: "mono grow ellipsis" }, text), element("span", { class: "hint" }, beside));
}
