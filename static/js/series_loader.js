// Collects what the charts lack and fetches it: what is asked for in the same moment goes in one request.
const RETRY = 3000;
const REFETCH_AFTER = 400;

export class SeriesLoader {
  #wanted = new Map();
  #timer = 0;
  #running = 0;

  // loaded(keys) is called with the keys of each answer.
  constructor(store, loaded) {
    this.store = store;
    this.loaded = loaded;
  }

  // A chart needs these runs of its series in that many points; `later` when the need comes from a live update.
  need({ key, runs, points, window = null }, later = false) {
    const missing = runs.filter((run) => this.store.lacks(run, key, points, window));
    if (!missing.length) return;
    const id = `${window} ${[...missing].sort()}`;
    if (!this.#wanted.has(id)) this.#wanted.set(id, { runs: missing, window, keys: new Map() });
    this.#wanted.get(id).keys.set(key, points);
    this.#timer ||= setTimeout(() => this.#load(), later || this.#running ? REFETCH_AFTER : 0);
  }

  async #load() {
    const batches = [...this.#wanted.values()];
    this.#wanted.clear();
    this.#timer = 0;
    this.#running++;
    await Promise.all(batches.map((batch) => this.#fetch(batch)));
    this.#running--;
  }

  async #fetch({ runs, keys, window }) {
    try {
      await this.store.load(runs, [...keys.keys()], Math.max(...keys.values()), window);
    } catch {
      setTimeout(() => keys.forEach((points, key) => this.need({ key, runs, points, window })), RETRY);
      return;
    }
    this.loaded([...keys.keys()]);
  }
}
