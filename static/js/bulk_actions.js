// What the footer offers for ticked runs, or for all that match: tags, archive, stop, delete with undo, export, compare.
import { element, isTyping } from "./dom.js";
import { toast } from "./toast.js";
import { read } from "./view_state.js";

const ENDED = ["finished", "stopped", "failed", "crashed"];
const NAMED = 8;
// Longer addresses are not sent.
const MOST_IN_ADDRESS = 500;

export class BulkActions extends EventTarget {
  #every = false;

  constructor(page, table) {
    super();
    Object.assign(this, { page, table, box: page.querySelector("[data-selection]") });
    table.addEventListener("select", () => this.#picked());
    const on = (name, act) => this.box.querySelector(`[data-${name}]`)?.addEventListener("click", act);
    on("clear", () => table.clear());
    on("select-matching", () => this.#all());
    on("tag", () => this.#open("tag"));
    on("add-to-sweep", () => this.#open("sweep"));
    on("stop", () => this.#open("stop"));
    on("delete", () => this.#open("delete"));
    on("show-only", () => table.showOnly([...table.selected.keys()]));
    on("archive", () => this.#do("archive"));
    on("unarchive", () => this.#do("unarchive"));
    this.box.addEventListener("click", (event) => this.#export(event));
    page.querySelector("[data-undo-all]").addEventListener("click", () => this.#send(page.dataset.undoUrl, new FormData()));
    document.addEventListener("submit", (event) => this.#submit(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.show();
  }

  get matching() {
    return Number(this.page.querySelector("table").dataset.matching);
  }

  get count() {
    return this.#every ? this.matching : this.table.selected.size;
  }

  #picked() {
    this.#every = false;
    this.show();
  }

  #all() {
    this.#every = true;
    this.show();
  }

  show() {
    const { count, matching } = this;
    this.#tellDeleted();
    this.box.hidden = !count;
    this.box.querySelector("[data-selected-count]").textContent = this.#every ? `All ${matching} that match` : `${count} selected`;
    const every = this.box.querySelector("[data-select-matching]");
    every.hidden = this.#every || count >= matching || count < 2;
    every.textContent = `Select all ${matching} that match`;
    const compare = this.box.querySelector("[data-compare]");
    compare.hidden = this.#every && !read("q");
    compare.firstChild.textContent = `Compare ${count} `;
    const which = this.#every ? `q=${encodeURIComponent(read("q"))}` : `runs=${[...this.table.selected.keys()].join(",")}`;
    compare.href = `${this.page.dataset.compareUrl}?${which}`;
    this.box.querySelector("[data-show-only]").hidden = this.#every;
    this.box.querySelector("[data-stop]").hidden = !this.#every && !this.#alive().length;
  }

  // At the end of thousands of lines nobody would find it.
  #tellDeleted() {
    const deleted = Number(this.page.querySelector("table").dataset.deleted);
    this.page.querySelector("[data-deleted-note]").hidden = !deleted;
    this.page.querySelector("[data-deleted-text]").textContent = `${deleted} deleted ·`;
  }

  #alive() {
    return [...this.table.selected.values()].filter(({ state }) => !ENDED.includes(state) && state !== "stopping");
  }

  #open(verb) {
    const dialog = document.getElementById(`${verb}-dialog`);
    const runs = verb === "stop" && !this.#every ? this.#alive() : [...this.table.selected.values()];
    const count = this.#every ? this.count : runs.length;
    dialog.querySelector("[data-count]").textContent = count === 1 ? runs[0].name : `${count} runs`;
    const names = runs.slice(0, NAMED).map(({ name }) => element("li", {}, name));
    if (count > names.length) names.push(element("li", {}, `and ${count - names.length} more`));
    dialog.querySelector("[data-names]")?.replaceChildren(...(count === 1 ? [] : names));
    dialog.showModal();
  }

  #submit(event) {
    const { bulk } = event.target.dataset;
    if (bulk) {
      event.preventDefault();
      event.target.closest("dialog").close();
      this.#do(bulk, new FormData(event.target));
      if (bulk === "tag") event.target.reset();
    }
    if (event.target.matches("[data-undo]")) {
      event.preventDefault();
      this.#send(this.page.dataset.undoUrl, new FormData());
    }
  }

  async #do(verb, body = new FormData()) {
    this.#name(body);
    const url = (name) => this.page.dataset.doUrl.replace("VERB", name);
    const back = verb === "archive" && !this.#every ? () => this.#send(url("unarchive"), body) : null;
    const said = await this.#send(url(verb), body, verb === "delete", back);
    // Tagged runs stay ticked: mostly something else is done with them next.
    if (said && verb !== "tag") this.table.clear();
  }

  #name(fields) {
    if (this.#every) for (const [name, value] of [["all", 1], ["q", read("q")], ["expected", this.matching]]) fields.set(name, value);
    else fields.set("runs", [...this.table.selected.keys()].join(","));
    return fields;
  }

  async #send(url, body, canUndo = false, back = null) {
    const headers = { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" };
    const answer = await fetch(url, { method: "POST", body, headers }).catch(() => null);
    const said = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : null;
    if (!said) return void toast("The server did not answer, so nothing was done. Try again when it is back.", { error: true });
    const press = canUndo && said.undo ? () => this.#undo(said) : back;
    const undo = press && answer.ok ? { label: "Undo", press } : null;
    toast(said.text, { error: !answer.ok, action: undo });
    this.dispatchEvent(new Event("done"));
    return answer.ok ? said : null;
  }

  #undo({ undo, runs }) {
    const body = new FormData();
    body.set("runs", runs);
    this.#send(undo, body);
  }

  #export(event) {
    const link = event.target.closest("[data-export-selected]");
    if (!link) return;
    if (!this.#every && this.count > MOST_IN_ADDRESS) {
      event.preventDefault();
      return toast(`At most ${MOST_IN_ADDRESS} ticked runs are exported at once. Filter, then choose all that match.`, { error: true });
    }
    const query = this.#every ? `q=${encodeURIComponent(read("q"))}` : `runs=${[...this.table.selected.keys()].join(",")}`;
    link.href = `${this.page.dataset.exportUrl.replace(/csv$/, link.dataset.exportSelected)}?${query}`;
  }

  #key(event) {
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || event.target.closest?.("dialog, .chart") || !this.count) return;
    if (event.key === "c" && !this.#every) this.box.querySelector("[data-compare]").click();
    if (event.key === "t") {
      event.preventDefault();
      this.#open("tag");
    }
    if (event.key === "Escape") this.table.clear();
  }
}
