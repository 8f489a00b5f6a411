// The filter as rows of a form, for those who do not type; it writes the same text that they would have typed.
import { answerOf } from "./asking.js";
import { element, icon } from "./dom.js";

const OPERATORS = [["=", "is"], ["!=", "is not"], [">", ">"], [">=", "≥"], ["<", "<"], ["<=", "≤"], ["~", "contains"]];
const EMPTY = { joint: "and", not: false, key: "", operator: "=", value: "" };

export function connectBuilder(bar) {
  const dialog = document.getElementById("builder");
  const rows = dialog.querySelector("[data-builder-rows]");
  const shown = dialog.querySelector("[data-builder-text]");
  const judge = judging(bar, dialog.querySelector("[data-builder-said]"));
  let meaning = { rows: [], text: "" };
  const write = () => {
    const text = textOf(rows);
    shown.textContent = text || "Every run";
    judge(text);
  };

  bar.addEventListener("meaning", ({ detail }) => (meaning = detail));
  document.querySelector("[data-opens-builder]").addEventListener("click", () => {
    const isTooDeep = meaning.text === bar.value && !meaning.rows;
    const known = meaning.text === bar.value && meaning.rows?.length ? meaning.rows : [EMPTY];
    dialog.querySelector("[data-builder-note]").hidden = !isTooDeep;
    rows.replaceChildren(...known.map(row));
    write();
    dialog.showModal();
  });
  dialog.querySelector("[data-builder-add]").addEventListener("click", () => {
    rows.append(row(EMPTY));
    rows.lastChild.querySelector("[data-key]").focus();
    write();
  });
  rows.addEventListener("input", write);
  rows.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove]")) return;
    event.target.closest(".builder-row").remove();
    write();
  });
  rows.addEventListener("focusin", (event) => event.target.matches("[data-value]") && offerValues(bar, event.target));
  dialog.querySelector("[data-builder-use]").addEventListener("click", () => {
    dialog.close();
    bar.use(textOf(rows));
  });
}

// What the rows come to, or what is wrong with them, before they are used.
function judging(bar, said) {
  let asked = 0;
  let timer = 0;
  return (text) => {
    clearTimeout(timer);
    const number = ++asked;
    timer = setTimeout(async () => {
      const answer = await answerOf(`${bar.form.dataset.assistUrl}?${new URLSearchParams({ q: text })}`, { quiet: true });
      if (number !== asked || !answer?.ok) return;
      const { error, matching, total } = await answer.json();
      said.classList.toggle("error-text", Boolean(error));
      said.textContent = error?.message ?? `${matching} of ${total} runs`;
    }, 200);
  };
}

let lists = 0;

function row(given) {
  const list = `builder-values-${++lists}`;
  return element(
    "div",
    { class: "builder-row" },
    select("data-joint", "Joined by", [["and", "and"], ["or", "or"]], given.joint),
    select("data-not", "Not", [["", "where"], ["1", "where not"]], given.not ? "1" : ""),
    element("input", { type: "text", class: "mono", "data-key": true, list: "run-keys", value: given.key, placeholder: "name or tag", "aria-label": "Field, setting or metric" }),
    select("data-operator", "Operator", OPERATORS, given.operator),
    element("input", { type: "text", class: "mono", "data-value": true, list, value: given.value, "aria-label": "Value", autocomplete: "off" }),
    element("datalist", { id: list }),
    element("button", { type: "button", class: "icon-button", "data-remove": true, "aria-label": "Remove this row", title: "Remove" }, icon("close")),
  );
}

function select(name, label, options, chosen) {
  const nodes = options.map(([value, text]) => element("option", { value, selected: value === chosen }, text));
  return element("select", { [name]: true, "aria-label": label }, ...nodes);
}

async function offerValues(bar, input) {
  const key = input.closest(".builder-row").querySelector("[data-key]").value.trim();
  if (!key) return;
  const query = new URLSearchParams({ q: `${quoted(key)}:` });
  const answer = await answerOf(`${bar.form.dataset.assistUrl}?${query}`, { quiet: true });
  if (!answer?.ok) return;
  const { completion } = await answer.json();
  document.getElementById(input.getAttribute("list")).replaceChildren(...completion.offers.map(({ text, count, detail }) => element("option", { value: text }, count === null ? detail : `${count} runs`)));
}

// Rows without a value say nothing.
function textOf(rows) {
  const terms = [...rows.children].map(term).filter(([, text]) => text);
  return terms.map(([joint, text], index) => (index ? `${joint === "or" ? "or " : ""}${text}` : text)).join(" ");
}

function term(node) {
  const of = (name) => node.querySelector(`[data-${name}]`).value.trim();
  const value = of("value");
  if (!value) return ["", ""];
  const key = of("key");
  const sign = of("operator") === "=" ? ":" : of("operator");
  const text = key ? `${quoted(key)}${sign}${valueText(value, sign)}` : quoted(value);
  return [of("joint"), `${of("not") ? "-" : ""}${text}`];
}

// The same rules as runs/query/printer.py.
function quoted(word) {
  return /[\s()",:<>=~!]|^-|^(and|or|not)$/i.test(word) ? inQuotes(word) : word;
}

// Commas part values, as they do for those who type; ordered operators take one.
function valueText(value, sign) {
  const parts = sign === ":" || sign === "!=" || sign === "~" ? value.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [] : [value];
  return parts.map((part) => part.trim()).filter(Boolean).map((part) => (/^".*"$/.test(part) ? part : /[\s()",]|^[=:<>~!]/.test(part) ? inQuotes(part) : part)).join(",");
}

function inQuotes(text) {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
