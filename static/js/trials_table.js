// The trials as a table: those inside the brush, sorted by the column of the address. Only the rows near the view are
// in the document, so a sweep of thousands scrolls like one of ten.
import { answerOf } from "./asking.js";
import { connectColumns } from "./column_sheet.js";
import { element } from "./dom.js";
import { pinColumns, stickWhenScrolled } from "./pinned_columns.js";
import { rangeOf } from "./sparkline.js";
import { cellOf, seconds } from "./trial_cells.js";
import { inTurn } from "./turns.js";
import { read, write } from "./view_state.js";

const ROW = 28;
const BEYOND = 12;

export class TrialsTable {
  #order = [];
  #view = [0, innerHeight];
  #range = { steps: [0, 1], values: [0, 1] };
  #rows = new Map();

  constructor(table, trials, reSort) {
    Object.assign(this, { table, trials, reSort, body: table.tBodies[0], holder: table.parentElement });
    this.icons = new Map([...document.getElementById("trial-states").content.children].map((node) => [node.dataset.state, node]));
    this.#readHead();
    stickWhenScrolled(this.holder);
    this.holder.addEventListener("scroll", () => this.#viewed(), { passive: true });
    new ResizeObserver(() => {
      pinColumns(this.holder);
      this.#viewed();
    }).observe(this.holder);
    table.addEventListener("click", (event) => event.target.closest("thead") && this.#sort(event));
    this.body.addEventListener("pointerover", ({ target }) => trials.hover(this.#trial(target)));
    this.body.addEventListener("pointerleave", () => trials.hover(null));
    reSort.addEventListener("click", () => this.sort());
    trials.addEventListener("brush", () => inTurn(this.#sortAndDraw));
    trials.addEventListener("data", () => this.#news());
    trials.addEventListener("curves", () => this.#curves());
    trials.addEventListener("hover", () => this.#mark());
    addEventListener("popstate", () => (columnsOf() === this.asked ? this.sort() : this.#fetchColumns()));
    connectColumns({ set: (changes, how) => this.#choose(changes, how) });
    this.sort();
  }

  // --- columns ---
  #readHead() {
    const heads = [...this.table.tHead.rows[0].cells];
    this.asked = columnsOf();
    this.columns = heads.map((cell) => cell.dataset.column);
    this.pins = new Map(heads.map((cell) => [cell.dataset.column, cell.className.replace("number", "").trim()]).filter(([, classes]) => classes));
  }

  async #choose(changes, how) {
    write(changes, how);
    await this.#fetchColumns();
  }

  // The server writes the heads; the rows are drawn from what the page has.
  async #fetchColumns() {
    const answer = await answerOf(location.href);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const table = fresh.querySelector("#trials");
    this.table.querySelector("colgroup").replaceWith(table.querySelector("colgroup"));
    this.table.tHead.replaceWith(table.tHead);
    this.#readHead();
    this.#rows.clear();
    // Metrics that are columns now come with all trials; their order is that of the address.
    this.trials.update(JSON.parse(fresh.querySelector("#sweep-data").textContent));
    this.sort();
    pinColumns(this.holder);
  }

  // --- order ---
  get by() {
    const name = read("sort", this.trials.greater ? "-objective" : "objective");
    return { key: name.replace(/^-/, ""), down: name.startsWith("-") };
  }

  sort() {
    this.#arrange();
    this.#drawSoon();
  }

  #sortAndDraw = () => {
    this.#arrange();
    this.#draw();
  };

  #arrange() {
    const { key, down } = this.by;
    const value = this.#reader(key);
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    const known = [...this.trials.kept].map((trial) => [trial, value(trial)]);
    const present = known.filter(([, one]) => one !== null && one !== undefined).sort(([a, x], [b, y]) => (down ? -1 : 1) * compare(x, y) || a.number - b.number);
    const missing = known.filter(([, one]) => one === null || one === undefined);
    this.#order = [...present, ...missing].map(([trial]) => trial);
    this.reSort.hidden = true;
    this.#head(key, down);
  }

  // Values change in place. The order changes only while nobody is in the table; else it is offered.
  #news() {
    const before = this.#order.map(({ number }) => number);
    const fresh = new Map(this.trials.list.map((trial) => [trial.number, trial]));
    this.#order = this.#order.map((trial) => fresh.get(trial.number) ?? trial);
    this.#rows.clear();
    if (!this.holder.matches(":hover, :focus-within")) return this.sort();
    this.#drawSoon();
    const isNew = this.trials.kept.size !== before.length;
    this.reSort.hidden = !isNew && !this.#moved();
  }

  #moved() {
    const value = this.#reader(this.by.key);
    const sign = this.by.down ? -1 : 1;
    return this.#order.some((trial, at) => at && sign * (value(trial) - value(this.#order[at - 1])) < 0);
  }

  #reader(key) {
    const plainOnes = { trial: (one) => one.number, state: (one) => (one.pruned ? "pruned" : one.state), steps: (one) => one.step, time: seconds, objective: (one) => one.value, name: (one) => one.name, started: (one) => one.started, ended: (one) => one.ended, seeds: (one) => one.runs, front: (one) => (this.trials.front.has(one) ? 1 : null) };
    return plainOnes[key] ?? this.trials.column(key)?.read ?? plainOnes.objective;
  }

  #head(key, down) {
    for (const cell of this.table.tHead.rows[0].cells) {
      const link = cell.querySelector("a");
      if (!link) continue;
      const isSorted = cell.dataset.column === key;
      link.querySelector("[data-arrow]").textContent = isSorted ? (down ? "↓" : "↑") : "";
      if (isSorted) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  #sort(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const column = link.closest("th").dataset.column;
    const { key, down } = this.by;
    const isBetterLarge = column === "objective" ? this.trials.greater : false;
    const isDown = column === key ? !down : isBetterLarge;
    write({ sort: `${isDown ? "-" : ""}${column}` }, { push: true });
    this.sort();
  }

  // --- rows ---
  #viewed() {
    this.#view = [this.holder.scrollTop, this.holder.clientHeight];
    this.#drawSoon();
  }

  #drawSoon() {
    inTurn(this.#draw);
  }

  #draw = () => {
    const [top, high] = this.#view;
    const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
    const last = Math.min(this.#order.length, Math.ceil((top + high) / ROW) + BEYOND);
    const best = this.trials.best();
    const rows = this.#order.slice(first, last).map((trial) => this.#row(trial, trial === best));
    const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.number : null;
    become(this.body, [...this.#spacer(first), ...rows, ...this.#spacer(this.#order.length - last), ...(this.#order.length ? [] : [this.#nothing()])]);
    if (focused) this.body.querySelector(`tr[data-number="${focused}"] a`)?.focus({ preventScroll: true });
    this.#mark();
  };

  #row(trial, isBest) {
    // Whether it is on the front depends on the brushes.
    const isOnFront = this.columns.includes("front") && this.trials.front.has(trial);
    const known = this.#rows.get(trial.number);
    if (known && known.isOnFront === isOnFront) return known;
    const row = element("tr", { "data-run": trial.run, "data-number": trial.number, class: trial.pruned ? "pruned" : null }, ...this.columns.map((name) => this.#cell(name, trial, { isBest, isOnFront })));
    row.isOnFront = isOnFront;
    this.#rows.set(trial.number, row);
    return row;
  }

  #cell(name, trial, marks) {
    const cell = cellOf(name, trial, { ...marks, axis: this.trials.column(name), icons: this.icons, range: this.#range });
    if (this.pins.has(name)) cell.className += ` ${this.pins.get(name)}`;
    return cell;
  }

  #spacer(count) {
    if (!count) return [];
    const row = element("tr", { class: "spacer", "aria-hidden": "true" }, element("td", { colspan: this.columns.length }));
    row.firstChild.style.height = `${count * ROW}px`;
    return [row];
  }

  #nothing() {
    const words = this.trials.list.length ? "No trial matches the brush." : "No trial yet.";
    return element("tr", {}, element("td", { colspan: this.columns.length, class: "secondary" }, words));
  }

  #curves() {
    this.#range = rangeOf(this.trials.list);
    this.#rows.clear();
    this.#drawSoon();
  }

  #trial(target) {
    const number = target.closest("tr[data-number]")?.dataset.number;
    return number === undefined ? null : (this.#order.find((trial) => trial.number === Number(number)) ?? null);
  }

  #mark() {
    const number = String(this.trials.hovered?.number);
    for (const row of this.body.rows) row.classList.toggle("hovered", row.dataset.number === number);
  }
}

// Only what is not there yet is put in: rows that stay need no new layout.
function become(body, rows) {
  const wanted = new Set(rows);
  for (const row of [...body.rows]) if (!wanted.has(row)) row.remove();
  rows.forEach((row, at) => body.rows[at] !== row && body.insertBefore(row, body.rows[at] ?? null));
}

const columnsOf = () => `${read("cols")} ${read("pin")}`;
