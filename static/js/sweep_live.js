// What keeps a sweep's page live: on news only the trials that may have changed are fetched, with a fresh head.
import { patchParts, throttled } from "./parts.js";
import { on, watch } from "./socket.js";
import { read } from "./view_state.js";

// At most one look in so many ms; a large sweep has more news.
const REST = 1000;
const REST_A_TRIAL = 2;

export function follow(trials, url, project, told) {
  const open = () => trials.list.filter((trial) => !trial.isOver);
  const watchOpen = () => watch({ runs: open().flatMap((trial) => trial.members ?? [trial.run]).slice(0, 200), project, console: false });
  const look = throttled(async () => {
    const last = trials.list.at(-1)?.number ?? -1;
    const asked = new URLSearchParams({ open: open().map(({ number }) => number).join(","), after: last, have: trials.list.length });
    for (const name of ["cols", "pin", "sort"]) if (read(name)) asked.set(name, read(name));
    const answer = await fetch(`${url}?${asked}`, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const news = await answer.json();
    if (news.reload) return location.reload();
    patchParts(document, new DOMParser().parseFromString(news.head, "text/html").body);
    document.title = news.title;
    trials.update(news.data);
    told(news.data.rows.map(([number]) => number));
    watchOpen();
  }, REST + REST_A_TRIAL * trials.list.length);
  on("update", (update) => (update.state || update.points?.[trials.objective.label]) && look());
  on("runs", look);
  on("back", look);
  // What happened between the page and its connection is in neither.
  on("open", () => open().length && look());
  document.addEventListener("commandsent", look);
  watchOpen();
}
