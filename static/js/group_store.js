// The series of a page on which groups of runs are drawn as one line: mean and interval come from the server.
// groups: {id of the line: {runs: [ids], ci}}; every other id is a run.
import { SeriesStore } from "./series_store.js";

export class GroupStore extends SeriesStore {
  constructor(axis, groups) {
    super(axis);
    this.groups = groups;
  }

  async ask(runs, keys, query) {
    const alone = runs.filter((id) => !this.groups[id]);
    const grouped = runs.filter((id) => this.groups[id]);
    const [plain, means] = await Promise.all([
      alone.length ? super.ask(alone, keys, query) : { versions: {}, series: [] },
      grouped.length ? this.#means(grouped, keys, query) : [],
    ]);
    return { versions: plain.versions, series: [...plain.series, ...means] };
  }

  async #means(ids, keys, query) {
    const groups = ids.map((id) => this.groups[id].runs.join(",")).join(";");
    const { series } = await this.fetch("series/groups", { ...query, groups, keys: keys.join(","), ci: this.groups[ids[0]].ci });
    return series.map((item) => ({ ...item, run: ids[item.group] }));
  }
}
