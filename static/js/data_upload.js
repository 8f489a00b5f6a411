// Uploads a file in parts, which go on after a cut connection; lists and deletes what was uploaded.
import { announce } from "./dom.js";
import { fetchFragment } from "./parts.js";

// Bytes of a part; the server takes 1 MiB.
const PART = 1000 * 1024;
const TRIES = 6;
// ms in which Delete has to be pressed again.
const SURE_WITHIN = 4000;

const box = document.getElementById("data-tools");
const part = (name) => box.querySelector(`[data-upload-${name}]`);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

let stop = null; // while a file is on its way

class Refused extends Error {}

async function ask(path, method, body, signal) {
  const type = body instanceof Blob ? "application/octet-stream" : "application/json";
  const headers = { "X-CSRFToken": document.body.dataset.csrf, "Content-Type": type };
  const answer = await fetch(`/api/v1/uploads${path}`, { method, headers, body, signal });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status >= 500 && answer.status !== 507) throw new Error(`${answer.status}`); // tried again
  throw new Refused(said.error ?? `The server answered ${answer.status}.`);
}

// What fails on the way is tried again; what the server refuses is not.
async function insist(path, method, body, signal) {
  for (let tried = 1; ; tried++) {
    try {
      return await ask(path, method, body, signal);
    } catch (error) {
      if (error instanceof Refused || signal?.aborted) throw error;
      if (tried === TRIES) throw new Refused("The server cannot be reached. Nothing was uploaded.");
      await wait(300 * 2 ** tried);
    }
  }
}

async function send(file, signal) {
  const begun = await insist("", "POST", JSON.stringify({ name: file.name, size: file.size }), signal);
  signal.addEventListener("abort", () => ask(`/${begun.id}`, "DELETE").catch(() => {}));
  for (let sent = 0; sent < file.size;) {
    const answer = await insist(`/${begun.id}?offset=${sent}`, "PUT", file.slice(sent, sent + PART), signal);
    sent = answer.received;
    show(`${file.name}: ${Math.floor((100 * sent) / file.size)} %`, sent / file.size);
  }
  show(`${file.name}: checking`, 1);
  return insist(`/${begun.id}/finish`, "POST", undefined, signal);
}

async function upload(file, use) {
  if (!file || stop) return;
  part("error").textContent = "";
  stop = new AbortController();
  show(`${file.name}: 0 %`, 0);
  try {
    const done = await send(file, stop.signal);
    await list();
    announce(`${done.name} is uploaded.`);
    use(done.source);
  } catch (error) {
    part("error").textContent = stop.signal.aborted ? "" : error.message;
  } finally {
    stop = null;
    show("", 0);
  }
}

function show(text, share) {
  part("now").hidden = !text;
  part("text").textContent = text;
  part("bar").value = share;
}

async function list() {
  const fragment = await fetchFragment(box.dataset.uploadsUrl).catch(() => null);
  if (!fragment) return;
  const fresh = fragment.querySelector("ul");
  part("list").hidden = fresh.dataset.count === "0";
  part("count").textContent = fresh.dataset.count;
  box.querySelector("[data-uploads]").replaceChildren(fresh);
}

async function remove(button) {
  if (!("sure" in button.dataset)) return makeSure(button);
  try {
    await ask(`/${button.dataset.deleteUpload}`, "DELETE");
    part("error").textContent = "";
  } catch (error) {
    part("error").textContent = error.message;
  }
  await list();
}

function makeSure(button) {
  const text = button.firstChild;
  const before = text.textContent;
  text.textContent = "Delete for good?";
  button.classList.add("danger");
  button.dataset.sure = "";
  setTimeout(() => { text.textContent = before; button.classList.remove("danger"); delete button.dataset.sure; }, SURE_WITHIN);
}

// `use(source)` is called with what was uploaded.
export function setUpUploads(use) {
  box.hidden = false;
  const chosen = document.getElementById("data-file");
  chosen.addEventListener("change", () => { upload(chosen.files[0], use); chosen.value = ""; });
  part("cancel").addEventListener("click", () => stop?.abort());
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-delete-upload]");
    if (button) remove(button);
  });
  addEventListener("beforeunload", (event) => { if (stop) event.preventDefault(); });
}
