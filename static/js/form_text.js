// The text of a sheet: checked while it is typed, applied, copied, kept as a file.
import { announce } from "./dom.js";
import { showDraft } from "./draft.js";
import { ask } from "./form_ask.js";
import { toast } from "./toast.js";

let timer = 0;
let asked = 0;

export function followText(sheet, form, url) {
  const text = sheet.querySelector("[data-sheet-text]");
  if (!text) return;
  const problems = sheet.querySelector("[data-yaml-problems]");
  const check = async (more = {}) => {
    clearTimeout(timer); // a check that waits would outrun an Apply whose answer takes long
    const number = ++asked;
    const said = await ask(form, url, { yaml: text.value, ...more });
    if (!said || number !== asked) return;
    if (said.link !== undefined) return showDraft(form, said.link);
    problems.innerHTML = said.html; // rendered and escaped by our own server
    if (more.apply) problems.querySelector("[data-line]")?.focus();
  };
  if (problems) {
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 200); });
    text.addEventListener("keydown", (event) => { if (isSubmit(event)) { event.preventDefault(); event.stopPropagation(); check({ apply: 1 }); } });
    sheet.querySelector("[data-yaml-apply]").addEventListener("click", () => check({ apply: 1 }));
    sheet.querySelector("[data-open-file]").addEventListener("change", async (event) => {
      text.value = await event.target.files[0].text();
      text.focus();
      check();
    });
    problems.addEventListener("click", (event) => goToLine(text, event.target.closest("[data-line]")));
    check();
  }
  sheet.querySelector("[data-copy]").addEventListener("click", () => copy(text));
  sheet.querySelector("[data-download]").addEventListener("click", (event) => keep(text.value, event.currentTarget.dataset.download));
}

const isSubmit = (event) => event.key === "Enter" && (event.metaKey || event.ctrlKey);

function goToLine(text, button) {
  if (!button) return;
  const lines = text.value.split("\n").slice(0, Number(button.dataset.line) - 1);
  const place = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(button.dataset.column) - 1;
  const end = text.value.indexOf("\n", place);
  text.focus();
  text.setSelectionRange(place, end < 0 ? text.value.length : end);
  text.scrollTop = Math.max(0, lines.length * 18 - text.clientHeight / 2);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text.value);
    announce("Copied");
    toast("Copied");
  } catch { // not on https or not allowed: the text is selected for the person's own ⌘C
    text.select();
    toast("Selected; copy it with Ctrl C or ⌘ C");
  }
}

function keep(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
