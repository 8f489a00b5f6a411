// The editor of a report: a preview that follows the typing, blocks put in at the cursor, and nothing lost by leaving.
import { element, post } from "./dom.js";

const PAUSE = 400;
const form = document.querySelector("[data-report-editor]");
const text = form.querySelector("[data-report-text]");
const preview = form.querySelector("[data-report-preview]");
const problems = form.querySelector("[data-report-problems]");
let timer = 0;
let asked = 0;
let saved = text.value;

text.addEventListener("input", later);
form.addEventListener("submit", () => (saved = text.value));
addEventListener("beforeunload", (event) => text.value !== saved && event.preventDefault());
for (const button of form.querySelectorAll("[data-insert]")) button.addEventListener("click", () => insert(button));

function later() {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
}

// An answer that a later question has overtaken is not shown.
async function show() {
  const mine = ++asked;
  preview.setAttribute("aria-busy", "true");
  const answer = await post(form.dataset.previewUrl, { text: text.value }).catch(() => null);
  if (mine !== asked) return;
  preview.removeAttribute("aria-busy");
  if (!answer?.ok) return told([{ line: 0, text: "The preview cannot be made now: the server does not answer. What you wrote stays here." }]);
  const found = await answer.json();
  preview.innerHTML = found.html;
  told(found.problems);
}

function told(found) {
  problems.replaceChildren(...found.map(({ line, text: said }) => element("li", {}, line ? `Line ${line}: ${said}` : said)));
}

// On lines of its own, with an empty one on either side.
function insert(button) {
  const { selectionStart: at, value } = text;
  const before = value.slice(0, at).replace(/\n*$/, "");
  const after = value.slice(at).replace(/^\n*/, "");
  const head = before ? `${before}\n\n` : "";
  text.value = `${head}${button.dataset.insert}\n${after ? `\n${after}` : ""}`;
  text.selectionStart = text.selectionEnd = head.length + button.dataset.insert.length + 1;
  button.closest("details").open = false;
  text.focus();
  later();
}
