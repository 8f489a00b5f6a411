// The checks follow the workers: "warming up" becomes "connected" without a reload.
import { answerOf } from "./asking.js";
import { on } from "./socket.js";

const checks = document.getElementById("checks");

async function look() {
  const answer = await answerOf(checks.dataset.url, { quiet: true });
  if (answer?.ok && !answer.redirected) checks.innerHTML = await answer.text(); // rendered and escaped by our own server
}

on("workers", look);
on("back", look);
