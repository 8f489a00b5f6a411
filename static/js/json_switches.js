// Switches of a field that holds an object: a pressed name stands in it, with options that can be typed behind it.
const form = document.getElementById("new-run");

function read(area) {
  try {
    const value = JSON.parse(area.value.trim() || "{}");
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null; // a mistake is told at the field; nothing typed is touched
  }
}

function show(box) {
  const value = read(document.getElementById(box.dataset.switches));
  for (const button of box.querySelectorAll("[data-switch]")) {
    button.disabled = value === null;
    button.setAttribute("aria-pressed", String(Boolean(value && button.dataset.switch in value)));
  }
}

function press(button) {
  const box = button.closest("[data-switches]");
  const area = document.getElementById(box.dataset.switches);
  const value = read(area) ?? {};
  const name = button.dataset.switch;
  if (name in value) delete value[name];
  else value[name] = {};
  area.value = Object.keys(value).length ? JSON.stringify(value, null, 2) : "";
  for (const type of ["input", "change"]) area.dispatchEvent(new Event(type, { bubbles: true }));
}

export function setUpSwitches() {
  const boxes = form.querySelectorAll("[data-switches]");
  form.addEventListener("click", ({ target }) => target.dataset?.switch && press(target));
  form.addEventListener("input", () => boxes.forEach(show));
  boxes.forEach(show);
}
