// Thousands of lines as pixels, each a function of x. Chromium without a GPU needs about 0.5 ms to stroke one such line,
// as SVG or on a canvas; filling its columns by hand takes about 0.02 ms, so a brush can move over 1,000 trials.
export class LinePicture {
  #context;
  #image = null;
  #words = null;
  #ground = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  // In CSS pixels; `ratio` device pixels each.
  resize(width, height, ratio) {
    Object.assign(this, { width: Math.round(width * ratio), height: Math.round(height * ratio), ratio });
    Object.assign(this.canvas, { width: this.width, height: this.height });
    this.#image = this.#context.createImageData(this.width, this.height);
    this.#words = new Uint32Array(this.#image.data.buffer);
    this.#ground = new Uint32Array(this.#words.length);
  }

  // What lies under every later picture: a plain colour with lines on it.
  ground(colour, lines) {
    this.#words.fill(word(colour));
    for (const line of lines) stroke(this.#words, this.width, this.height, line, this.ratio);
    this.#ground.set(this.#words);
  }

  // A line is {ys, rgb, alpha, width, dash}: ys in device pixels, one a column, NaN where it is not.
  draw(lines) {
    this.#words.set(this.#ground);
    for (const line of lines) stroke(this.#words, this.width, this.height, line, this.ratio);
    this.#context.putImageData(this.#image, 0, 0);
  }
}

function word([r, g, b]) {
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

// One column after the other: the line covers a few pixels of each, the outer ones in part. Whole numbers up to 256 in
// place of shares, because this runs a million times for a picture.
function stroke(words, width, height, { ys, rgb: [r, g, b], alpha, width: thick, dash }, ratio) {
  const half = (thick * ratio) / 2;
  const full = alpha * 256;
  const [on, whole] = dash ? [dash[0] * ratio, (dash[0] + dash[1]) * ratio] : [1, 1];
  for (let x = 0; x < width - 1; x++) {
    const y = ys[x];
    if (!(y >= 0) || (dash !== null && x % whole >= on)) continue;
    const slope = ys[x + 1] >= 0 ? ys[x + 1] - y : 0;
    const reach = slope * slope < 0.05 ? half : half * Math.sqrt(1 + slope * slope);
    const from = Math.max(0, y + slope / 2 - reach);
    const to = Math.min(height, y + slope / 2 + reach);
    for (let row = from | 0, at = row * width + x; row < to; row++, at += width) {
      const cover = ((row + 1 < to ? row + 1 : to) - (row > from ? row : from)) * full | 0;
      const old = words[at];
      const red = old & 255;
      const green = (old >> 8) & 255;
      const blue = (old >> 16) & 255;
      words[at] = (255 << 24) | ((blue + (((b - blue) * cover) >> 8)) << 16) | ((green + (((g - green) * cover) >> 8)) << 8) | (red + (((r - red) * cover) >> 8));
    }
  }
}

// The columns of a curve through points [x, y] in device pixels, level at each of them; NaN outside.
export function columns(points, width) {
  const ys = new Float32Array(width).fill(NaN);
  for (let at = 1; at < points.length; at++) {
    const [[x0, y0], [x1, y1]] = [points[at - 1], points[at]];
    for (let x = Math.ceil(x0); x <= x1 && x < width; x++) {
      const part = (x - x0) / (x1 - x0);
      ys[x] = y0 + (y1 - y0) * part * part * (3 - 2 * part);
    }
  }
  return ys;
}
