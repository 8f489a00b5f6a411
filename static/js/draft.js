// What is being configured: kept in the page's address, so that a reload shows it, and in this browser until it is
// launched or discarded.
const keyOf = (project) => `trainboard.draft.${project}`;
// Longer links are not put into an address: some servers and proxies refuse them. They travel in the body of a POST.
const LONGEST = 6000;

function stored(project) {
  try { return JSON.parse(localStorage.getItem(keyOf(project))); } catch { return null; }
}

export function keepDraft(form, link, isTouched) {
  address(link);
  if (!isTouched) return;
  try {
    localStorage.setItem(keyOf(form.dataset.project), JSON.stringify({ link, time: Date.now() }));
  } catch { /* storage is full or switched off: the form itself still holds everything */ }
}

export function dropDraft(project) {
  try { localStorage.removeItem(keyOf(project)); } catch { /* nothing was kept then */ }
}

// What the page shows beside the draft stays in its address.
function address(link) {
  const query = new URLSearchParams(link.length > LONGEST ? "draft=kept" : link);
  const before = new URLSearchParams(location.search);
  for (const name of ["changed", "section", "against"]) if (before.has(name)) query.set(name, before.get(name));
  history.replaceState(history.state, "", `?${query}${location.hash}`);
}

export function setInAddress(name, value) {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value);
  else query.delete(name);
  history.replaceState(history.state, "", `?${query}${location.hash}`);
}

// Shows the form that a link describes.
export function showDraft(form, link) {
  const page = form.getAttribute("action");
  if (link.length <= LONGEST) return location.assign(`${page}?${link}`);
  const carrier = document.createElement("form");
  Object.assign(carrier, { method: "post", action: page, hidden: true });
  for (const [name, value] of Object.entries({ continue: link, csrfmiddlewaretoken: document.body.dataset.csrf })) {
    const input = document.createElement("input");
    Object.assign(input, { name, value });
    carrier.append(input);
  }
  document.body.append(carrier);
  carrier.submit();
}

// Only on a form that nothing else has filled in. A reload of a form too long for an address goes on by itself.
export function offerDraft(form) {
  const draft = stored(form.dataset.project);
  const kept = new URLSearchParams(location.search).get("draft") === "kept";
  if (!draft?.link || "continued" in form.dataset || "refused" in form.dataset) return;
  if (!kept && "fromLink" in form.dataset) return;
  if (kept) return showDraft(form, draft.link);
  const note = document.getElementById("draft-note");
  note.querySelector("[data-draft-time]").textContent = new Date(draft.time).toLocaleString();
  note.querySelector("[data-draft-continue]").addEventListener("click", () => showDraft(form, draft.link));
  note.querySelector("[data-draft-drop]").addEventListener("click", () => {
    dropDraft(form.dataset.project);
    note.hidden = true;
  });
  note.hidden = false;
}
