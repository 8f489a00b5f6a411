// Keys of a run's page: the button that carries data-key is pressed. A capital letter means Shift.
const TYPING = "input, textarea, select, [contenteditable], dialog[open]";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
  const key = event.shiftKey ? event.key.toUpperCase() : event.key;
  const button = document.querySelector(`#run-header [data-key="${CSS.escape(key)}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});

// Typing an hour means that hour.
document.addEventListener("input", ({ target }) => {
  if (target.dataset?.picks) target.form.elements.how.value = target.dataset.picks;
});
