// Replaces the changed [data-part] elements of the page by those of a fragment the server rendered.
// A part with the focus or an open menu inside stays as it is: nothing moves under the hand.
export function patchParts(root, fragment) {
  const parts = new Map([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  for (const fresh of fragment.querySelectorAll("[data-part]")) {
    const old = parts.get(fresh.dataset.part);
    if (old) patch(old, fresh);
  }
}

function patch(old, fresh) {
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (same(old.innerHTML, fresh.innerHTML) || old.contains(document.activeElement) || old.querySelector("details[open]")) return;
  old.innerHTML = fresh.innerHTML;
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
