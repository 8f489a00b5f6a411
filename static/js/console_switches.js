// Follow, wrap and time of the console: kept in this browser for the next run that is looked at.
const STORED = "console-switches";
const STANDARD = { follow: true, wrap: false, time: true };

const kept = { ...STANDARD, ...load() };

function load() {
  try { return JSON.parse(localStorage.getItem(STORED)); } catch { return null; }
}

export function isOn(name) {
  return kept[name];
}

// `changed(name)` is called after a switch was pressed.
export function connectSwitches(bar, box, changed) {
  for (const input of bar.querySelectorAll("[data-console-switch]")) {
    const name = input.dataset.consoleSwitch;
    const apply = () => box.classList.toggle(name, kept[name]);
    input.checked = kept[name];
    apply();
    input.addEventListener("change", () => {
      kept[name] = input.checked;
      try { localStorage.setItem(STORED, JSON.stringify(kept)); } catch { /* then it holds for this page */ }
      apply();
      changed(name);
    });
  }
}
