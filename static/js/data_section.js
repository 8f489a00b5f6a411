// The data section of the New run page: where data comes from, and what a worker sees of it.
import { setUpPreview } from "./data_preview.js";
import { setUpUploads } from "./data_upload.js";

const source = document.getElementById("f-data-source"); // a recipe with data of its own has none
const preview = setUpPreview();

function use(text) {
  source.value = text;
  source.dispatchEvent(new Event("input", { bubbles: true }));
  source.scrollIntoView({ block: "center" });
  preview.begin();
}

if (source) {
  setUpUploads(use);
  document.getElementById("data-tools").addEventListener("click", (event) => {
    const button = event.target.closest("[data-use-source]");
    if (button) use(button.dataset.useSource);
  });
}
