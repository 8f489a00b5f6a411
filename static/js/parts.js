// Replaces the changed [data-part] elements of the page by those of a fragment the server rendered.
// A part in which somebody types, has a menu open or presses the mouse stays as it is: nothing moves under the hand.
// A button that has the focus gives it to its successor, so that a run that stopped does not go on offering Stop.
export function patchParts(root, fragment) {
  const parts = new Map([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  for (const fresh of fragment.querySelectorAll("[data-part]")) {
    const old = parts.get(fresh.dataset.part);
    if (old) patch(old, fresh);
  }
}

function patch(old, fresh) {
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (same(old.innerHTML, fresh.innerHTML) || old.querySelector("details[open]")) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (focused && (pressed || !focused.matches(PRESSED))) return;
  const place = focused ? [...old.querySelectorAll(PRESSED)].indexOf(focused) : -1;
  old.innerHTML = fresh.innerHTML;
  if (focused) successor(old, focused, place)?.focus({ preventScroll: true });
}

// What is pressed, not typed into; whether the mouse is down on something now.
const PRESSED = "a, button, summary";
let pressed = false;
addEventListener("pointerdown", () => { pressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pressed = false; }, true);

function successor(part, focused, place) {
  const offered = [...part.querySelectorAll(PRESSED)];
  return offered.find((node) => node.textContent === focused.textContent) ?? offered[Math.min(place, offered.length - 1)];
}

// The server writes the secret of a form otherwise each time; a button must not be replaced under a click for that.
const SECRET = /name="csrfmiddlewaretoken" value="[^"]*"/g;

function same(one, other) {
  return one === other || one.replace(SECRET, "") === other.replace(SECRET, "");
}

export async function fetchFragment(url) {
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").body;
}

// Calls `action` at most once in `wait` ms, the last request included; slower while the tab is hidden.
export function throttled(action, wait) {
  let timer = 0;
  let last = -Infinity;
  let busy = false;
  const run = async () => {
    timer = 0;
    last = performance.now();
    busy = true;
    try {
      await action();
    } catch {
      // The server is away: the next update or the reconnect asks again.
    }
    busy = false;
  };
  return () => {
    if (timer) return;
    const pause = document.hidden ? Math.max(wait, 5000) : wait;
    timer = setTimeout(function again() {
      if (busy) timer = setTimeout(again, 100);
      else run();
    }, Math.max(0, last + pause - performance.now()));
  };
}
