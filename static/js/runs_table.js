// The runs table: ticks, eyes, folds and the keys. Says what happened through events on itself.
import { icon, isTyping, markSwatch } from "./dom.js";
import { read, write } from "./view_state.js";

export const MOST_SHOWN = 100;
const FIRST_SHOWN = 10;

export class RunsTable extends EventTarget {
  // id → {name, state} of the ticked runs, whose rows may be out of the document.
  selected = new Map();

  constructor(root, shown) {
    super();
    this.root = root;
    this.shown = new Set(shown);
    root.addEventListener("click", (event) => this.#click(event));
    root.addEventListener("change", (event) => this.#changed(event));
    root.addEventListener("pointerover", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => this.#say("hover", null));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  get rows() {
    return [...this.root.querySelectorAll("tr[data-run]")];
  }

  row(id) {
    return this.root.querySelector(`tr[data-run="${CSS.escape(id)}"]`);
  }

  // After rows came: what was ticked and shown stays so; of the new runs some come in.
  restore(added = []) {
    const before = this.shown.size;
    for (const id of added) if (this.shown.size < FIRST_SHOWN) this.shown.add(id);
    for (const row of this.rows) {
      this.#paintEye(row);
      this.#paintTick(row);
    }
    if (this.shown.size > before) this.#say("show");
  }

  select(rows, on) {
    for (const row of rows) {
      const { run, name, state } = row.dataset;
      if (on) this.selected.set(run, { name, state });
      else this.selected.delete(run);
      this.#paintTick(row);
    }
    this.#say("select");
  }

  clear() {
    this.selected.clear();
    this.rows.forEach((row) => this.#paintTick(row));
    const all = this.root.querySelector("[data-select-all]");
    if (all) all.checked = false;
    this.#say("select");
  }

  toggleShown(row) {
    const id = row.dataset.run;
    if (this.shown.has(id)) this.shown.delete(id);
    else if (this.shown.size >= MOST_SHOWN) return this.#say("full");
    else this.shown.add(id);
    this.#showChanged();
  }

  // All that are loaded, or back to the first of them.
  showAll() {
    const ids = this.rows.map((row) => row.dataset.run).slice(0, MOST_SHOWN);
    const areAll = ids.every((id) => this.shown.has(id));
    this.showOnly(areAll ? ids.slice(0, FIRST_SHOWN) : ids);
  }

  showOnly(ids) {
    this.shown = new Set(ids.slice(0, MOST_SHOWN));
    this.#showChanged();
  }

  #showChanged() {
    this.rows.forEach((row) => this.#paintEye(row));
    write({ show: [...this.shown].join(",") || "none" });
    this.#say("show");
  }

  #paintEye(row) {
    const eye = row.querySelector("[data-eye]");
    const shown = this.shown.has(row.dataset.run);
    if (eye.getAttribute("aria-pressed") === String(shown)) return;
    eye.setAttribute("aria-pressed", String(shown));
    eye.replaceChildren(icon(shown ? "eye" : "eye-off"), markSwatch(shown ? Number(eye.dataset.mark) : 0));
  }

  #paintTick(row) {
    const ticked = this.selected.has(row.dataset.run);
    row.querySelector("[data-select]").checked = ticked;
    row.classList.toggle("selected", ticked);
  }

  #changed({ target }) {
    if (target.matches("[data-select]")) this.select([target.closest("tr")], target.checked);
    if (target.matches("[data-select-all]")) this.select(this.rows, target.checked);
  }

  #click(event) {
    const eye = event.target.closest("[data-eye]");
    if (eye) return event.shiftKey ? this.showOnly([eye.closest("tr").dataset.run]) : this.toggleShown(eye.closest("tr"));
    if (event.target.closest("[data-eye-all]")) return this.showAll();
    const fold = event.target.closest("[data-fold]");
    if (!fold) return;
    event.preventDefault();
    this.#fold(fold.dataset.fold);
  }

  #fold(group) {
    const open = new Set(read("open").split(",").filter(Boolean));
    if (!open.delete(group)) open.add(group);
    this.#say("ask", { open: [...open].join(",") });
  }

  #hover(event) {
    const row = event.target.closest("tr[data-run]");
    this.#say("hover", row && this.shown.has(row.dataset.run) ? row.dataset.run : null);
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // J K move, X selects (with Shift the move extends), E shows, Shift+E only this, Enter opens.
  #key(event) {
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || event.target.closest?.("dialog, .chart")) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") return this.#move(key === "j" ? 1 : -1, event.shiftKey);
    const row = this.root.querySelector("tr.focused");
    if (!row) return;
    const isOnRow = (event.target === document.body || row.contains(event.target)) && !event.target.closest("a, button");
    if (row.dataset.group) return key === "enter" && isOnRow ? this.#fold(row.dataset.group) : undefined;
    if (key === "x") this.select([row], !this.selected.has(row.dataset.run));
    if (key === "e") event.shiftKey ? this.showOnly([row.dataset.run]) : this.toggleShown(row);
    if (key === "enter" && isOnRow) row.querySelector("a").click();
  }

  #move(by, extend) {
    const lines = [...this.root.querySelectorAll("tr[data-run], tr[data-group]")];
    const now = lines.findIndex((row) => row.classList.contains("focused"));
    const next = lines[Math.min(Math.max(now + by, 0), lines.length - 1)];
    if (!next) return;
    lines[now]?.classList.remove("focused");
    next.classList.add("focused");
    next.scrollIntoView({ block: "nearest" });
    next.querySelector("a").focus({ preventScroll: true });
    if (extend && next.dataset.run) this.select([next], true);
    this.#say("hover", this.shown.has(next.dataset.run) ? next.dataset.run : null);
  }
}
