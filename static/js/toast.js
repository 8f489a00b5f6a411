// One line at the bottom left: 6 s, longer while hovered or focused; an error stays until it is closed.
import { icon } from "./dom.js";

export function toast(text, { error = false, action = null } = {}) {
  const box = document.createElement("div");
  box.className = error ? "toast error" : "toast";
  const line = document.createElement("span");
  line.textContent = text;
  box.append(icon(error ? "error" : "check"), line);
  if (action) box.append(action.press ? pressable(action, box) : link(action));
  box.append(closer(box));
  document.getElementById("toasts").append(box);
  if (!error) leaveLater(box);
}

function link({ label, href }) {
  const a = document.createElement("a");
  Object.assign(a, { className: "button small", textContent: label, href });
  return a;
}

function pressable({ label, press }, box) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button small", textContent: label });
  button.addEventListener("click", () => { box.remove(); press(); });
  return button;
}

function closer(box) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "icon-button" });
  button.setAttribute("aria-label", "Close");
  button.append(icon("close"));
  button.addEventListener("click", () => box.remove());
  return button;
}

function leaveLater(box) {
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove());
  setTimeout(leave, 6000);
}
