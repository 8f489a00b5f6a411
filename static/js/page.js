// What every page does: theme, menus, dialogs and the live connection with the top bar's counters.
import "./theme.js";
import "./menus.js";
import "./dialogs.js";
import { followCounts } from "./counts.js";
import { on, start } from "./socket.js";
import { toast } from "./toast.js";

on("workers", ({ total, busy, queued, warming, held }) => {
  const node = document.querySelector("[data-slots-text]");
  if (node) node.textContent = slotsText(total, busy, queued, warming, held);
});

// The same sentence as dashboard/context.py gives.
function slotsText(total, busy, queued, warming, held) {
  const head = warming ? "worker warming up" : total ? `${busy}/${total} device slots` : "no worker";
  return head + (queued ? ` · ${queued} queued` : "") + ((held ?? null) !== null ? " · queue held" : "");
}

// What a rule had to tell stands in the inbox as well; an open page says it at once.
on("notice", ({ unread, text }) => {
  const [count, words] = [document.querySelector("[data-bell-count]"), document.querySelector("[data-bell-words]")];
  if (count) {
    count.textContent = words.textContent = unread;
    count.hidden = !unread;
  }
  if (text) toast(text, { action: { label: "Open", href: document.querySelector("[data-bell]").href } });
});

if (document.querySelector("[data-live-status]")) {
  followCounts();
  start();
}
