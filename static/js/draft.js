// What is being configured stays in this browser, as the link that describes it, until it is launched or discarded.
const keyOf = (project) => `trainboard.draft.${project}`;

function stored(project) {
  try { return JSON.parse(localStorage.getItem(keyOf(project))); } catch { return null; }
}

export function keepDraft(project, link) {
  try {
    if (link) localStorage.setItem(keyOf(project), JSON.stringify({ link, time: Date.now() }));
  } catch { /* storage is full or switched off: the form itself still holds everything */ }
}

export function dropDraft(project) {
  try { localStorage.removeItem(keyOf(project)); } catch { /* nothing was kept then */ }
}

// Only on a form that nothing else has filled in.
export function offerDraft(form) {
  const draft = stored(form.dataset.project);
  if (!draft?.link || "fromLink" in form.dataset || "refused" in form.dataset) return;
  const note = document.getElementById("draft-note");
  note.querySelector("[data-draft-time]").textContent = new Date(draft.time).toLocaleString();
  note.querySelector("[data-draft-link]").href = `?${draft.link}`;
  note.querySelector("[data-draft-drop]").addEventListener("click", () => {
    dropDraft(form.dataset.project);
    note.hidden = true;
  });
  note.hidden = false;
}
