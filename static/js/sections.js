// The list of sections shows which one is being read.
const LINE = 140; // px from the top: the section that crosses it is the one

export function followSections(form) {
  const column = form.querySelector(".form-column");
  let waiting = false;
  const look = () => { waiting = false; mark(form, current(column)); };
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(look); } };
  column.addEventListener("scroll", soon, { passive: true });
  addEventListener("scroll", soon, { passive: true });
  look();
}

function current(column) {
  const sections = [...column.querySelectorAll(".form-section")].filter((section) => section.getClientRects().length);
  // At the end the last section is meant, though it may be too short to reach the line.
  const end = column.scrollTop > 0 && column.scrollTop + column.clientHeight >= column.scrollHeight - 4;
  return end ? sections.at(-1) : (sections.findLast((section) => section.getBoundingClientRect().top < LINE) ?? sections[0]);
}

function mark(form, section) {
  for (const link of form.querySelectorAll("[data-section]")) {
    if (link.dataset.section === section?.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
