// Charts tab and System tab of a run.
import { coloured } from "./ansi.js";
import { answerOf } from "./asking.js";
import { ChartGrid } from "./chart_grid.js";
import { connectToolbar } from "./chart_toolbar.js";
import { element, pageData } from "./dom.js";
import { on, watch } from "./socket.js";

const data = pageData("chart-data");

class RunGrid extends ChartGrid {
  accepts(key) {
    return super.accepts(key) && key.startsWith("system/") === Boolean(data.only) && !key.startsWith("test/");
  }
}

const RAIL_LINES = 8;
const rail = document.getElementById("rail-console");

const grid = new RunGrid(document.getElementById("charts"), data);
connectToolbar(document.querySelector("[data-chart-toolbar]"), grid);

if (rail) {
  watch({ console: true });
  on("update", ({ run, console: output }) => {
    if (run === data.runs[0].id && output) showLines(output.lines);
  });
  on("back", fetchTail);
}

// What was printed while nothing was heard: the last lines replace those shown.
async function fetchTail() {
  const ask = async (query) => (await answerOf(`${rail.dataset.linesUrl}?${query}`, { quiet: true }))?.json();
  const counted = await ask("count=0");
  const tail = counted && (await ask(`first=${Math.max(0, counted.total - RAIL_LINES)}&count=${RAIL_LINES}`));
  if (!tail) return;
  rail.replaceChildren();
  showLines(tail.lines.map(([, ...line]) => line));
}

function showLines(lines) {
  const atEnd = rail.scrollHeight - rail.scrollTop - rail.clientHeight < 24;
  rail.append(...lines.slice(-RAIL_LINES).map(([, stream, text]) => element("span", { class: `console-line ${stream}` }, ...coloured(text), "\n")));
  while (rail.children.length > RAIL_LINES) rail.firstChild.remove();
  if (atEnd) rail.scrollTop = rail.scrollHeight;
}
