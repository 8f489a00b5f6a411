// <form data-command> is sent in the background: the button shows that it works, a toast says what came of it.
import { element, icon } from "./dom.js";
import { toast } from "./toast.js";

const VERBS = { stop: "Stopping…", kill: "Killing…", save: "Saving…", resume: "Resuming…", evaluate: "Evaluating…", pause: "Pausing…" };

// ``refused`` takes what the server did not do, and why; without it a toast says so.
export async function send(url, body, refused = (text) => toast(text, { error: true })) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" } });
    const { text, ask } = answer.headers.get("content-type")?.includes("json") ? await answer.json() : { text: `The server refused this (${answer.status}). Reload the page and try again.` };
    if (ask) return (await confirmed(ask)) && send(url, withConfirm(body), refused);
    if (answer.ok) toast(text);
    else refused(text);
    return answer.ok;
  } catch {
    refused("The server did not answer, so nothing was sent. Try again when it is back.");
    return false;
  }
}

function withConfirm(body) {
  const fields = body ?? new FormData();
  fields.append("confirm", "1");
  return fields;
}

// A dialog of what the server asks before it does it; whether the person says yes. The HTML is the server's own.
function confirmed({ title, html, yes }) {
  const dialog = element("dialog", { "aria-labelledby": "ask-title", class: "ask" });
  const content = element("div", { class: "ask-content" });
  content.innerHTML = html;
  const press = element("button", { class: "button primary", type: "button" }, yes);
  const actions = element("div", { class: "dialog-actions" }, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), press);
  dialog.append(element("div", { class: "stack" }, element("h2", { id: "ask-title" }, title), content, actions));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    press.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-command]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  const before = [...button.childNodes];
  // With the pressed button's own value, which a disabled one would not have.
  const body = new FormData(form, button);
  working(button, VERBS[form.action.split("/").at(-1)] ?? "Sending…");
  const dialog = form.closest("dialog");
  const done = await send(form.action, body, dialog ? (text) => refuse(dialog, form, text) : undefined);
  if (dialog && done) {
    dialog.close();
    form.reset();
  }
  if (dialog) restore(button, before);
  document.dispatchEvent(new CustomEvent("commandsent"));
  if (!dialog) setTimeout(() => restore(button, before), 1500);
});

// What was typed stays, with the reason under it, until it is sent again or the dialog is closed.
function refuse(dialog, form, text) {
  form.querySelector("[data-refused]")?.remove();
  const reason = element("p", { class: "error-text", role: "alert", "data-refused": true }, text);
  form.querySelector(".dialog-actions").before(reason);
  form.querySelector("input[type=text], input[type=datetime-local]")?.focus();
  dialog.addEventListener("close", () => { reason.remove(); form.reset(); }, { once: true });
}

function working(button, text) {
  button.style.minWidth = `${button.offsetWidth}px`;
  button.disabled = true;
  button.classList.add("busy");
  button.replaceChildren(icon("spinner"), text);
}

function restore(button, before) {
  button.disabled = false;
  button.classList.remove("busy");
  button.replaceChildren(...before);
}
