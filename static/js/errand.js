// Errands of this page: what a worker does for it. The socket says that something changed, the server says what.
import { on } from "./socket.js";

// ms between two questions without a word from the socket; they also say that the page still waits for it.
const ASK_EVERY = 5000;
const ENDED = new Set(["done", "failed", "cancelled"]);
const followed = new Map(); // id → the function that asks how it is

// Calls tell({state, progress, waits, result, reason, details, …}) until the errand has ended; gives back what cancels it.
export function follow(id, tell) {
  let timer = 0;
  const ask = async () => {
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_EVERY);
    const said = await state(id);
    if (!said || !followed.has(id)) return;
    if (ENDED.has(said.state)) leave();
    tell(said);
  };
  const leave = () => { clearTimeout(timer); followed.delete(id); };
  followed.set(id, ask);
  ask();
  return () => { if (followed.has(id)) { leave(); forget(id); } };
}

async function state(id) {
  const answer = await fetch(`/api/v1/errands/${id}`).catch(() => null);
  if (answer?.status === 404) return { state: "cancelled", reason: "The server does not know it any more.", progress: "" };
  return answer?.ok ? answer.json() : null; // away: asked again soon
}

function forget(id) {
  const headers = { "X-CSRFToken": document.body.dataset.csrf };
  fetch(`/api/v1/errands/${id}`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
}

on("errand", ({ errand }) => followed.get(errand)?.());
on("back", () => { for (const ask of followed.values()) ask(); });
// Nobody waits for it any more.
addEventListener("pagehide", () => { for (const id of followed.keys()) forget(id); });
