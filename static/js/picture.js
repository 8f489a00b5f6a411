// Pictures as files: an SVG drawn on a canvas becomes a PNG of twice its size.
import { element } from "./dom.js";

const SCALE = 2;

export function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// What a data: URL holds. Not fetched: the content-security policy lets pages reach this server only.
export function blobOf(url) {
  const [head, content] = [url.slice(5, url.indexOf(",")), url.slice(url.indexOf(",") + 1)];
  const type = head.split(";")[0];
  if (!head.endsWith(";base64")) return new Blob([decodeURIComponent(content)], { type });
  return new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], { type });
}

// url: of an SVG of this server that has a width and a height.
export async function savePng(url, name) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = element("canvas", { width: image.naturalWidth * SCALE, height: image.naturalHeight * SCALE });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  save(await new Promise((done) => canvas.toBlob(done, "image/png")), name);
}
