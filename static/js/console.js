// The console of a run: every line can be reached, but only those in view are in the document.
import { coloured, plain } from "./ansi.js";
import { answerOf } from "./asking.js";
import { ConsoleFind } from "./console_find.js";
import { ConsoleLines } from "./console_lines.js";
import { Shown } from "./console_shown.js";
import { connectSwitches, isOn } from "./console_switches.js";
import { element } from "./dom.js";
import { clock, grouped } from "./format.js";
import { on, watch } from "./socket.js";
import { read, write } from "./view_state.js";

const LINE = 17;
// Browsers draw boxes up to about 33 million pixels; more lines than that are reached by download.
const MOST_LINES = 1_900_000;

const box = document.getElementById("console");
const bar = document.querySelector(".console-bar");
const space = box.querySelector(".console-space");
const view = box.querySelector(".console-window");
const news = document.querySelector("[data-console-news]");
const ranks = bar.querySelector("[data-console-rank]");
const run = document.getElementById("run").dataset.run;

const shown = new Shown(Number(box.dataset.total));
const lines = new ConsoleLines(box.dataset.linesUrl, (total) => {
  shown.grow(total, [], () => false);
  draw();
});
let seen = shown.size;
let following = read("line") === "" && isOn("follow");
let frame = 0;
let top = 0;

const base = () => Math.max(0, shown.size - MOST_LINES);
const rank = () => ranks?.value ?? "";
const belongs = ([, , , text]) => (rank() === "0" ? !text.startsWith("[rank") : text.startsWith(`[rank${rank()}] `));

function draw() {
  frame ||= requestAnimationFrame(show);
}

// A place of the scroll bar is a line, however high it is when wrapped; only the last screenful is as high as it is.
function show() {
  frame = 0;
  const rows = Math.ceil(box.clientHeight / LINE);
  const spare = isOn("wrap") ? 0 : 20;
  const latest = Math.max(base(), shown.size - rows);
  top = following ? latest : Math.min(latest, base() + Math.floor(box.scrollTop / LINE));
  const first = Math.max(base(), top - spare);
  if (getSelection().isCollapsed || !view.contains(getSelection().anchorNode)) fill(first, Math.min(shown.size, top + rows + 20));
  const end = top === latest && isOn("wrap") ? (first - base()) * LINE + view.offsetHeight : 0;
  space.style.height = `${Math.max((shown.size - base()) * LINE, end) + 12}px`;
  if (following) box.scrollTop = box.scrollHeight;
  showNews();
}

function fill(first, last) {
  const rows = [];
  for (let place = first; place < last; place++) {
    const found = lines.get(shown.at(place));
    rows.push(found ? row(found) : element("div", { class: "console-line" }, "…"));
  }
  view.style.transform = `translateY(${(first - base()) * LINE}px)`;
  if (shown.size) view.replaceChildren(...rows);
  if (first < last) lines.forgetFarFrom(shown.at(first));
  find.mark(view);
}

// What a line says of itself: a level as loggers write it, or the last line of an exception.
const LEVELS = [["error", /\b(ERROR|CRITICAL|FATAL)\b|^[\w.]*(Error|Exception)(:|$)/], ["warning", /\bWARN(ING)?\b|\b\w*Warning:/]];

function levelOf(text) {
  const level = LEVELS.find(([, words]) => words.test(plain(text)))?.[0];
  return level ? ` level-${level}` : "";
}

function row({ number, time, stream, text }) {
  const current = number === find.current ? " current" : "";
  const stamp = element("span", { class: "console-time" }, clock(time));
  return element("div", { class: `console-line ${stream}${levelOf(text)}${current}`, "aria-current": current && "true" }, stamp, ...coloured(text));
}

function showNews() {
  bar.querySelector("[data-console-count]").textContent = `${grouped(shown.size)} ${shown.size === 1 ? "line" : "lines"}`;
  if (following) seen = shown.size;
  const fresh = shown.size - seen;
  news.hidden = following || isAtEnd() && !fresh;
  news.querySelector("span").textContent = fresh > 0 ? `${grouped(fresh)} new ${fresh === 1 ? "line" : "lines"}` : "To the end";
}

function isAtEnd() {
  return box.scrollHeight - box.scrollTop - box.clientHeight < LINE * 2;
}

function toEnd() {
  seen = shown.size;
  following = isOn("follow");
  box.scrollTop = box.scrollHeight;
  draw();
}

function goTo(number) {
  following = false;
  // The scroll bar must reach there before the lines do.
  space.style.height = `${(shown.size - base()) * LINE + 12}px`;
  const above = isOn("wrap") ? 0 : Math.floor(box.clientHeight / 3);
  box.scrollTop = (shown.placeOf(number) - base()) * LINE - above;
  draw();
}

async function showRank() {
  write({ rank: rank() });
  const answer = rank() && (await answerOf(`${box.dataset.rangesUrl}?rank=${rank()}`));
  shown.ranges = answer ? (await answer.json()).ranges : null;
  seen = shown.size;
  if (find.text) find.search({ go: false });
  if (find.current === null) toEnd();
  else goTo(find.current);
}

const find = new ConsoleFind(bar, { goTo, redraw: draw, rank, from: () => (shown.size ? shown.at(top) : 0) });

box.addEventListener("scroll", () => {
  following = isOn("follow") && isAtEnd();
  draw();
});
news.addEventListener("click", toEnd);
connectSwitches(bar, box, (name) => (name === "follow" && isOn("follow") ? toEnd() : draw()));
bar.addEventListener("change", (event) => {
  if (event.target.matches("[data-console-switch=follow]")) following = event.target.checked;
});
ranks?.addEventListener("change", showRank);
addEventListener("resize", draw);

on("update", ({ run: id, console: output }) => {
  if (id !== run || !output) return;
  const fresh = output.lines.map((entry, at) => [output.first + at, ...entry]);
  lines.keep(fresh);
  shown.grow(output.first + fresh.length, fresh, belongs);
  find.hear(rank() ? fresh.filter(belongs) : fresh);
  draw();
});
on("back", () => lines.refresh(shown.total));
watch({ console: true });
if (ranks && read("rank")) ranks.value = read("rank");
if (rank()) showRank();
else if (find.current !== null) goTo(find.current);
draw();
