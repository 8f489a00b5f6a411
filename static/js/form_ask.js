import { post } from "./dom.js";
import { toast } from "./toast.js";

// The server's answer to the form with something more; null when there was none, which is told.
export async function ask(form, url, more = {}) {
  const fields = new FormData(form);
  for (const [name, value] of Object.entries(more)) fields.set(name, value);
  try {
    const answer = await post(url, fields);
    if (answer.headers.get("content-type")?.includes("json")) return await answer.json();
    toast(answer.status === 413 || answer.status === 400 ? "The server refused this: it is too large." : `The server refused this (${answer.status}). Reload the page and try again.`, { error: true });
  } catch {
    toast("The server did not answer. Try again when it is back.", { error: true });
  }
  return null;
}
