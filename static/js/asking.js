// Asking the server for what a person wants to see now: who gets no answer is told so.
import { toast } from "./toast.js";

// The answer; null when the server is away. What comes by itself (`quiet`) is asked for again once the server is back.
export async function answerOf(url, { quiet = false } = {}) {
  try {
    return await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  } catch {
    if (!quiet) toast("The server did not answer. Try again when it is back.", { error: true });
    return null;
  }
}
