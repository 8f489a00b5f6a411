// data-opens="id" opens a <dialog>; data-closes inside one closes it; a press on the backdrop closes it too.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    document.getElementById(opener.dataset.opens)?.showModal();
    return;
  }
  if (event.target.closest("[data-closes]") || event.target instanceof HTMLDialogElement) event.target.closest("dialog")?.close();
});
