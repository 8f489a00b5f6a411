// "Show the first rows" of a batch that stood out: a worker reads them, the server draws them.
import { follow } from "./errand.js";
import { fetchFragment } from "./parts.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-show-rows]");
  if (!button) return;
  const card = button.closest("[data-batch]");
  const say = (text) => { card.querySelector("[data-rows-said]").textContent = text; };
  button.disabled = true;
  say("Asking a worker…");
  const { errand, error } = await ask(button.dataset.showRows);
  if (!errand) {
    button.disabled = false;
    say(error);
    return;
  }
  follow(errand, async ({ state, progress, waits }) => {
    say(waits ? `Waits: ${waits}.` : progress);
    if (!["done", "failed", "cancelled"].includes(state)) return;
    const fragment = await fetchFragment(button.dataset.rowsUrl.replace("ID", errand));
    card.querySelector("[data-rows-here]").replaceChildren(...fragment.childNodes);
    button.disabled = false;
    say("");
  });
});

async function ask(url) {
  try {
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": document.body.dataset.csrf, "X-Requested-With": "fetch" } });
    return await answer.json();
  } catch {
    return { error: "The server did not answer. Try again when it is back." };
  }
}
