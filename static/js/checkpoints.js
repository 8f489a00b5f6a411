// The ranking without page loads: another metric submits at once, a sheet opens in place, Esc closes it.
// Each of them is a plain form or link, so all works without this file too.
document.querySelector("[data-without-script]")?.setAttribute("hidden", "");

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show(true);
});
addEventListener("popstate", () => show(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("#sheet a[data-sheet]")?.click();
});

// Takes the sheet and the selected row of the page's own address; scrolling and the rest stay as they are.
async function show(focus) {
  const here = location.href;
  const answer = await fetch(here);
  if (!answer.ok || here !== location.href) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of [".checkpoints tbody", "#sheet"]) {
    document.querySelector(place).replaceWith(document.adoptNode(page.querySelector(place)));
  }
  document.querySelector(".checkpoints").className = page.querySelector(".checkpoints").className;
  if (focus) (document.querySelector("#sheet [data-sheet]") ?? document.querySelector(".checkpoints tbody a[data-sheet]"))?.focus();
}
