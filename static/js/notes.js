// Notes are edited in place: a preview while typing, saved without leaving the page; what was typed is never lost.
import { post } from "./dom.js";
import { toast } from "./toast.js";

const PAUSE = 300;
let timer = 0;

document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-notes-form]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => preview(form), PAUSE);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-notes-form]");
  if (form && event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit();
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-notes-form]");
  if (!form) return;
  event.preventDefault();
  const answer = await post(form.action, new FormData(form)).catch(() => null);
  if (!answer || ![200, 409, 422].includes(answer.status)) return toast("The notes could not be saved: the server does not answer. What you wrote stays here.", { error: true });
  const card = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-notes]");
  form.closest("[data-notes]").replaceWith(card);
  if (answer.ok) toast("Notes saved.");
});

async function preview(form) {
  const answer = await post(form.dataset.previewUrl, { text: form.elements.text.value }).catch(() => null);
  if (!answer?.ok) return;
  const box = form.querySelector("[data-notes-preview]");
  box.innerHTML = (await answer.json()).html;
  box.hidden = !box.textContent.trim();
}
