// The checks follow the workers: "warming up" becomes "connected" without a reload.
import { on } from "./socket.js";

const checks = document.getElementById("checks");

async function look() {
  const answer = await fetch(checks.dataset.url, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) checks.innerHTML = await answer.text(); // rendered and escaped by our own server
}

on("workers", look);
on("back", look);
