// <form data-command> is sent in the background: the button shows that it works, a toast says what came of it.
import { icon } from "./dom.js";
import { toast } from "./toast.js";

const VERBS = { stop: "Stopping…", kill: "Killing…", save: "Saving…", resume: "Resuming…", evaluate: "Evaluating…", pause: "Pausing…" };

export async function send(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" } });
    const { text } = answer.headers.get("content-type")?.includes("json") ? await answer.json() : { text: `The server refused this (${answer.status}). Reload the page and try again.` };
    toast(text, { error: !answer.ok });
    return answer.ok;
  } catch {
    toast("The server did not answer, so nothing was sent. Try again when it is back.", { error: true });
    return false;
  }
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
  form.closest("dialog")?.close();
  if (form.closest("dialog")) form.reset();
  await send(form.action, body);
  document.dispatchEvent(new CustomEvent("commandsent"));
  setTimeout(() => restore(button, before), 1500);
});

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
