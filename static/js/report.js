// The page of a report: its blocks are fetched anew when one of their runs has news, at most every few seconds.
import { answerOf } from "./asking.js";
import { toast } from "./toast.js";
import { on, watch } from "./socket.js";

const EVERY = 5000;
const body = document.querySelector("[data-report-body]");
const blocks = () => [...body.querySelectorAll("[data-runs]")];
const runsOf = (block) => block.dataset.runs.split(",");
const changed = new Set();
let timer = 0;

watch({ runs: [...new Set(blocks().flatMap(runsOf))].slice(0, 100), console: false });
on("update", ({ run }) => {
  changed.add(run);
  timer ||= setTimeout(refresh, EVERY);
});
on("back", () => {
  blocks().flatMap(runsOf).forEach((run) => changed.add(run));
  timer ||= setTimeout(refresh, 0);
});

// Only blocks with news are replaced, and none with the focus in it: nothing moves under a hand.
async function refresh() {
  timer = 0;
  const news = new Set(changed);
  changed.clear();
  const answer = await answerOf(location.href, { quiet: true });
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const block of blocks()) {
    const next = fresh.querySelector(`[data-block="${block.dataset.block}"]`);
    if (next && runsOf(block).some((run) => news.has(run)) && !block.contains(document.activeElement)) block.replaceWith(next);
  }
}

document.querySelector("[data-copy]")?.addEventListener("click", async ({ currentTarget: { dataset } }) => {
  await navigator.clipboard.writeText(dataset.copy);
  toast("Link copied.");
});
