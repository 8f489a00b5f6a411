// A chosen file as it is sent: a picture scaled down to a PNG or JPEG, a sound as mono WAV of bounded length, in base64.
const PIXELS = 512;
const SECONDS = 5;
const RATE = 16000;
const MOST = 240000;

export async function prepared(file, takes) {
  const data = takes === "image" ? await picture(file) : await sound(file);
  if (data.length > MOST) throw new Error(`${file.name} is too large even when scaled down.`);
  return { name: file.name, data, url: URL.createObjectURL(file) };
}

async function picture(file) {
  const image = await createImageBitmap(file).catch(() => { throw new Error(`${file.name} is no picture that this browser can read.`); });
  const scale = Math.min(1, PIXELS / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = canvas.toDataURL("image/png").split(",")[1];
  return png.length <= MOST ? png : canvas.toDataURL("image/jpeg", 0.85).split(",")[1];
}

async function sound(file) {
  const context = new OfflineAudioContext(1, RATE * SECONDS, RATE);
  const decoded = await context.decodeAudioData(await file.arrayBuffer()).catch(() => { throw new Error(`${file.name} is no sound that this browser can read.`); });
  const source = context.createBufferSource();
  source.buffer = decoded;
  source.connect(context.destination);
  source.start();
  const samples = (await context.startRendering()).getChannelData(0).subarray(0, Math.ceil(Math.min(SECONDS, decoded.duration) * RATE));
  return base64(wav(samples));
}

// 16-bit PCM with the usual 44 bytes of header.
function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((sign, i) => view.setUint8(at + i, sign.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true); view.setUint32(28, 2 * RATE, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, 32767 * Math.max(-1, Math.min(1, value)), true));
  return new Uint8Array(view.buffer);
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
