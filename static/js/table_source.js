// What the runs table is asked for: it stands in the address; a change fetches the rows, and the old ones stay until then.
// Says "rows" with the new fragment, "problem" with what the server does not understand.
import { answerOf } from "./asking.js";
import { read, write } from "./view_state.js";

// Words of the address that ask for other rows or columns.
const TABLE = ["q", "sort", "group", "cols", "pin", "open"];

export class TableSource extends EventTarget {
  #asked = 0;

  // Asks for other rows. {push}: a step for Back. Of several requests only the last one counts.
  async set(changes, { push = false } = {}) {
    write({ ...changes, page: "" }, { push });
    // A view that was edited down to nothing is not the view.
    if (read("view") && !TABLE.some((name) => read(name))) history.replaceState(history.state, "", `${location.href}&q=`);
    const turn = ++this.#asked;
    const fragment = await this.fetch(1, { quiet: false });
    if (fragment && turn === this.#asked) this.#say("rows", fragment);
  }

  // One page of the lines as an element; null when the address cannot be understood or nobody answers.
  async fetch(page, { quiet = true } = {}) {
    const url = new URL(location.href);
    url.searchParams.set("page", page);
    const answer = await answerOf(url, { quiet });
    if (!answer) return null;
    if (answer.status === 422) return this.#say("problem", await answer.json());
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html").body;
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
    return null;
  }
}
