// The ranking without page loads: another metric submits at once, a sheet opens in place, Esc closes it, and what is
// pressed in it is done in place. Each of them is a plain form or link, so all works without this file too.
import { answerOf } from "./asking.js";
import { isTyping } from "./dom.js";
import { QueryBar } from "./query_bar.js";
import { on, watch } from "./socket.js";
import { toast } from "./toast.js";

const CHECK_AGAIN = 2000;
const PLACES = [".checkpoints tbody", "#lineage", "#sheet"];
const field = document.querySelector("[data-query]");
let timer = 0;

document.querySelector("[data-without-script]")?.setAttribute("hidden", "");
if (field) new QueryBar(field).addEventListener("query", ({ detail }) => filter(detail));
soon();

// Runs that train now: what they save appears.
const training = document.querySelector("[data-training]")?.dataset.training.split(" ").filter(Boolean) ?? [];
if (training.length) watch({ runs: training });
on("update", ({ run, checkpoints }) => checkpoints && training.includes(run) && soon(true));

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet], a[data-lineage]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href") ? new URL(link.getAttribute("href"), location.href) : location.href);
  show({ focus: true });
});
addEventListener("popstate", () => show());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) document.querySelector("#sheet a[data-sheet][aria-label=Close]")?.click();
  if (event.key === "/" && !isTyping(event)) { event.preventDefault(); field?.querySelector("input")?.focus(); }
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  form.closest("dialog")?.close();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  toast(said?.text ?? "The server did not answer. Nothing was changed.", { error: !answer?.ok });
  show();
});

// Another filter replaces the rows and stays in the address; a checkpoint that is open stays open.
function filter({ text, push }) {
  const address = new URL(location.href);
  if ((address.searchParams.get("q") ?? "") === text) return;
  if (text) address.searchParams.set("q", text);
  else address.searchParams.delete("q");
  history[push ? "pushState" : "replaceState"](null, "", address);
  show();
}

// Takes the sheet and the rows of the page's own address; scrolling, and what somebody types, stay as they are.
// What comes by itself (``quiet``) leaves the order of the rows alone while the pointer or the focus is among them, and an
// export that somebody is putting together.
async function show({ focus = false, quiet = false } = {}) {
  const here = location.href;
  const answer = await answerOf(here, { quiet });
  if (!answer?.ok || here !== location.href) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of PLACES) {
    const [old, fresh] = [document.querySelector(place), page.querySelector(place)];
    if (old && fresh && !isEdited(old) && !(quiet && wouldDisturb(old, fresh))) old.replaceWith(document.adoptNode(fresh));
  }
  document.querySelector(".checkpoints").className = page.querySelector(".checkpoints").className;
  const [count, newCount] = [document, page].map((side) => side.querySelector("[data-query-count]"));
  if (count && newCount) count.textContent = newCount.textContent;
  if (focus) (document.querySelector("#sheet [data-sheet]") ?? document.querySelector(".checkpoints tbody a[data-sheet]"))?.focus();
  soon();
}

// What is being written or read changes by itself, as does what a training has just saved.
function soon(saved = false) {
  if (!timer && (saved || document.querySelector("[data-checking], [data-writing]"))) {
    timer = setTimeout(() => ((timer = 0), document.hidden ? soon(saved) : show({ quiet: true })), CHECK_AGAIN);
  }
}

function wouldDisturb(old, fresh) {
  if (old.querySelector("[data-export-sheet]")) return true;
  const order = (part) => [...part.querySelectorAll("tr a.run-name")].map((link) => link.getAttribute("href")).join();
  return old.matches("tbody") && old.matches(":hover, :focus-within") && order(old) !== order(fresh);
}

function isEdited(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("textarea, input[type=text]") && document.activeElement.value !== document.activeElement.defaultValue;
}
