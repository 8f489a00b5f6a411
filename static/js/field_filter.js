// Which fields are shown: those whose name or help holds the words, or only the changed ones.
export function filter(form) {
  const words = document.getElementById("field-search").value.trim().toLowerCase();
  const changedOnly = document.getElementById("changed-only").checked;
  let found = 0;
  for (const row of form.querySelectorAll("[data-row]")) {
    row.hidden = !row.dataset.words.includes(words) || (changedOnly && !row.classList.contains("changed"));
    found += !row.hidden;
  }
  for (const fold of form.querySelectorAll(".group, .others")) {
    fold.hidden = !fold.querySelector("[data-row]:not([hidden])");
    if (words || changedOnly) openFound(fold);
    else closeAgain(fold);
  }
  // What is found stands at the top: sections without such fields make room.
  for (const section of form.querySelectorAll(".form-section"))
    section.hidden = section.querySelector(".group") ? !section.querySelector(".group:not([hidden])") : Boolean(words || changedOnly) && !section.querySelector("[data-row]:not([hidden])");
  document.getElementById("no-match").hidden = found > 0;
}

function openFound(fold) {
  if (fold.hidden || fold.open) return;
  fold.open = true;
  fold.dataset.found = "";
}

// What only the search opened closes with it.
function closeAgain(fold) {
  if (!("found" in fold.dataset)) return;
  fold.open = false;
  delete fold.dataset.found;
}

export function showAll(form) {
  document.getElementById("field-search").value = "";
  document.getElementById("changed-only").checked = false;
  filter(form);
}
