// Columns that stay in view while a table is scrolled sideways: the one of names, and those pinned beside it.
export function stickWhenScrolled(holder) {
  holder.addEventListener("scroll", () => holder.classList.toggle("scrolled", holder.scrollLeft > 0), { passive: true });
}

// Each pinned column stands beside the one before it.
export function pinColumns(holder) {
  const heads = [...holder.querySelectorAll("thead th")];
  let left = heads.find((head) => head.classList.contains("name-column"))?.getBoundingClientRect().width ?? 0;
  heads.filter((head) => head.classList.contains("pinned")).forEach((head, index) => {
    holder.style.setProperty(`--pin-${index}`, `${left}px`);
    left += head.getBoundingClientRect().width;
  });
}
