// The handle between table and charts: drag, arrow keys, double click resets; kept in the address and for next time.
import { read, write } from "./view_state.js";

const STORED = "workspace-split";
const LEAST = 320;
const STEP = 24;

export function connectSplit(handle, container) {
  const standard = () => parseInt(getComputedStyle(container).getPropertyValue("--split"), 10) || 640;
  const most = () => Math.floor(container.clientWidth * 0.7);
  let width = Number(read("split")) || Number(localStorage.getItem(STORED)) || standard();

  const apply = (value) => {
    width = Math.round(Math.min(Math.max(value, LEAST), most()));
    container.style.setProperty("--split", `${width}px`);
    handle.setAttribute("aria-valuenow", width);
    handle.setAttribute("aria-valuemax", most());
  };
  const keep = () => {
    localStorage.setItem(STORED, width);
    write({ split: width });
  };
  const reset = () => {
    container.style.removeProperty("--split");
    localStorage.removeItem(STORED);
    write({ split: "" });
    width = standard();
    handle.setAttribute("aria-valuenow", width);
  };

  if (read("split") || localStorage.getItem(STORED)) apply(width);
  handle.addEventListener("dblclick", reset);
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) apply(event.clientX - container.getBoundingClientRect().left);
  });
  handle.addEventListener("pointerup", (event) => event.detail < 2 && keep());
  handle.addEventListener("keydown", (event) => {
    const change = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -Infinity, End: Infinity }[event.key];
    if (change === undefined) return;
    event.preventDefault();
    apply(width + change);
    keep();
  });
}
