// What of a page's view stands in the address: read once, written when it changes; defaults are left out.
export function read(name, fallback = "") {
  return new URLSearchParams(location.search).get(name) ?? fallback;
}

// Choosing adds a history entry; sliding and typing replace it.
export function write(changes, { push = false } = {}) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null || value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  // Commas and slashes are readable in a query, so they stay.
  url.search = url.search.replaceAll("%2C", ",").replaceAll("%2F", "/");
  if (url.href !== location.href) history[push ? "pushState" : "replaceState"](history.state, "", url);
}
