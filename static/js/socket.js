// The page's one live connection. Parts of the page call watch() and listen for
// "update", "runs", "workers", "open" and, after a loss or when the tab is looked at again, "back".
// Lost for 2 s: the dot turns to an amber ring; for 10 s: the bar with "Try now" (never earlier, never blocking).
import { clock } from "./format.js";

const events = new EventTarget();
const wanted = { runs: [], project: null, console: false };
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
// A tab that is out of sight this long, in ms, is told nothing until it is looked at again.
const ASLEEP_AFTER = 3000;
const NOTHING = { runs: [], project: null, console: false };
const NOT_LOGGED_IN = 4403;

let socket = null;
let wait = FIRST_WAIT;
let retryAt = 0;
let retryTimer = 0;
let lostAt = 0;
let ringTimer = 0;
let barTimer = 0;
let everConnected = false;
let asleep = false;
let sleepTimer = 0;
let leaving = false;

export function on(type, listener) {
  events.addEventListener(type, (event) => listener(event.detail));
}

// Replaces what is watched; parts not named stay as they are.
export function watch(changes) {
  Object.assign(wanted, changes);
  if (socket?.readyState === WebSocket.OPEN) sendWatch();
}

function sendWatch() {
  socket.send(JSON.stringify({ watch: asleep ? NOTHING : wanted }));
}

function looked() {
  clearTimeout(sleepTimer);
  if (document.hidden) sleepTimer = setTimeout(() => sleep(true), ASLEEP_AFTER);
  else if (asleep) sleep(false);
}

// Awake again: what happened meanwhile is fetched, as after a loss.
function sleep(whether) {
  asleep = whether;
  if (socket?.readyState !== WebSocket.OPEN) return;
  sendWatch();
  if (!asleep) events.dispatchEvent(new CustomEvent("back"));
}

function connect() {
  clearTimeout(retryTimer);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = (socket = new WebSocket(`${scheme}://${location.host}/ws/live/`));
  mine.addEventListener("open", () => mine === socket && opened());
  mine.addEventListener("message", (event) => received(JSON.parse(event.data)));
  mine.addEventListener("close", (event) => mine === socket && closed(event.code));
}

function opened() {
  const wasLost = everConnected;
  everConnected = true;
  wait = FIRST_WAIT;
  lostAt = 0;
  clearTimeout(ringTimer);
  clearTimeout(barTimer);
  sendWatch();
  show("live");
  bar().hidden = true;
  events.dispatchEvent(new CustomEvent("open"));
  if (wasLost) events.dispatchEvent(new CustomEvent("back"));
}

function received(message) {
  events.dispatchEvent(new CustomEvent(message.type, { detail: message }));
}

function closed(code) {
  socket = null;
  if (leaving) return;
  if (code === NOT_LOGGED_IN && reloaded()) return;
  if (!lostAt) {
    lostAt = Date.now();
    ringTimer = setTimeout(() => show("lost"), 2000);
    barTimer = setTimeout(showBar, 10000);
  }
  retryAt = Date.now() + wait;
  retryTimer = setTimeout(connect, wait * (0.8 + 0.4 * Math.random()));
  wait = Math.min(wait * 1.7, LONGEST_WAIT);
}

// Logged out, here or in another tab: the server shows the log-in page and comes back here after it.
function reloaded() {
  const before = Number(sessionStorage.getItem("reloaded-at"));
  if (Date.now() - before < LONGEST_WAIT) return false;
  sessionStorage.setItem("reloaded-at", Date.now());
  location.reload();
  return true;
}

function show(status) {
  document.body.dataset.live = status;
  for (const node of document.querySelectorAll("[data-live-status]")) {
    node.dataset.status = status;
    node.querySelector("[data-live-word]").textContent = status === "live" ? "Live" : "Reconnecting";
  }
  events.dispatchEvent(new CustomEvent("status", { detail: status }));
}

const bar = () => document.getElementById("lost-bar");

function showBar() {
  bar().querySelector("[data-lost-since]").textContent = clock(lostAt / 1000);
  bar().hidden = false;
  countDown();
}

function countDown() {
  if (bar().hidden) return;
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  bar().querySelector("[data-lost-retry]").textContent = seconds > 0 ? `Trying again in ${seconds} s` : "Trying…";
  setTimeout(countDown, 1000);
}

export function isLost() {
  return document.body.dataset.live === "lost";
}

function retryNow() {
  wait = FIRST_WAIT;
  if (!socket) connect();
}

export function start() {
  bar().querySelector("[data-lost-now]").addEventListener("click", retryNow);
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", looked);
  addEventListener("pagehide", () => {
    leaving = true;
    socket?.close();
  });
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted && !socket) connect();
  });
  connect();
}
