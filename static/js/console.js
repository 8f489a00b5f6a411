// The console of a run: every line can be reached, but only those in view are in the document.
import { coloured } from "./ansi.js";
import { element } from "./dom.js";
import { clock, grouped } from "./format.js";
import { on, watch } from "./socket.js";

const LINE = 17;
const PAGE = 500;
const MOST_PAGES = 20;
// Browsers draw boxes up to about 33 million pixels; more lines than that are reached by download.
const MOST_LINES = 1_900_000;

const box = document.getElementById("console");
const space = box.querySelector(".console-space");
const view = box.querySelector(".console-window");
const follow = document.querySelector("[data-console-follow]");
const run = document.getElementById("run").dataset.run;

const pages = new Map();
let total = Number(box.dataset.total);
let seen = total;
let following = true;
let frame = 0;

function base() {
  return Math.max(0, total - MOST_LINES);
}

function line(number) {
  return pages.get(Math.floor(number / PAGE))?.get(number);
}

function keep(lines) {
  for (const [number, time, stream, text] of lines) {
    const page = Math.floor(number / PAGE);
    if (!pages.has(page)) pages.set(page, new Map());
    pages.get(page).set(number, { time, stream, text });
  }
}

// The pages least recently looked at go first.
function forget(current) {
  for (const page of pages.keys()) {
    if (pages.size <= MOST_PAGES) return;
    if (Math.abs(page - current) > 2) pages.delete(page);
  }
}

const asked = new Set();

async function need(page) {
  if (asked.has(page)) return;
  asked.add(page);
  try {
    const answer = await fetch(`${box.dataset.linesUrl}?first=${page * PAGE}&count=${PAGE}`);
    const { lines, total: known } = await answer.json();
    total = Math.max(total, known);
    keep(lines);
    draw();
  } catch {
    setTimeout(() => draw(), 3000);
  }
  asked.delete(page);
}

function draw() {
  frame ||= requestAnimationFrame(show);
}

function show() {
  frame = 0;
  space.style.height = `${(total - base()) * LINE + 12}px`;
  if (following) box.scrollTop = box.scrollHeight;
  const first = Math.max(base(), base() + Math.floor(box.scrollTop / LINE) - 20);
  const last = Math.min(total, first + Math.ceil(box.clientHeight / LINE) + 40);
  if (getSelection().isCollapsed || !view.contains(getSelection().anchorNode)) fill(first, last);
  showFollow();
}

function fill(first, last) {
  const rows = [];
  for (let number = first; number < last; number++) {
    const found = line(number);
    if (!found) need(Math.floor(number / PAGE));
    rows.push(found ? row(found) : element("div", { class: "console-line" }, "…"));
  }
  view.style.transform = `translateY(${(first - base()) * LINE}px)`;
  if (total) view.replaceChildren(...rows);
  forget(Math.floor(first / PAGE));
}

function row({ time, stream, text }) {
  return element("div", { class: `console-line ${stream}` }, element("span", { class: "console-time" }, clock(time)), ...coloured(text));
}

function showFollow() {
  document.querySelector("[data-console-count]").textContent = `${grouped(total)} lines`;
  const fresh = total - seen;
  follow.hidden = following;
  follow.querySelector("span").textContent = fresh > 0 ? `${grouped(fresh)} new lines` : "Follow";
  if (following) seen = total;
}

box.addEventListener("scroll", () => {
  following = box.scrollHeight - box.scrollTop - box.clientHeight < LINE * 2;
  draw();
});
follow.addEventListener("click", () => {
  following = true;
  draw();
});
document.querySelector("[data-console-time]").addEventListener("change", (event) => box.classList.toggle("no-time", !event.target.checked));
addEventListener("resize", draw);

on("update", ({ run: id, console: output }) => {
  if (id !== run || !output) return;
  keep(output.lines.map((entry, at) => [output.first + at, ...entry]));
  total = Math.max(total, output.first + output.lines.length);
  draw();
});
on("back", () => {
  pages.delete(Math.floor(total / PAGE));
  need(Math.floor(total / PAGE));
});
watch({ console: true });
draw();
