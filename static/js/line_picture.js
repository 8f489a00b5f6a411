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
    for (const line of lines) stroke(this.#image.data, this.width, this.height, line, this.ratio);
    this.#ground.set(this.#words);
  }

  // A line is {ys, rgb, alpha, width, dash}: ys in device pixels, one a column, NaN where it is not.
  draw(lines) {
    this.#words.set(this.#ground);
    for (const line of lines) stroke(this.#image.data, this.width, this.height, line, this.ratio);
    this.#context.putImageData(this.#image, 0, 0);
  }
}

function word([r, g, b]) {
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

// One column after the other: the line covers a few pixels of each, the outer ones in part.
function stroke(data, width, height, { ys, rgb: [r, g, b], alpha, width: thick, dash }, ratio) {
  const half = (thick * ratio) / 2;
  const [on, whole] = dash ? [dash[0] * ratio, (dash[0] + dash[1]) * ratio] : [1, 1];
  for (let x = 0; x < width; x++) {
    const y = ys[x];
    if (!(y >= 0) || (dash && x % whole >= on)) continue;
    const slope = x + 1 < width && ys[x + 1] >= 0 ? ys[x + 1] - y : 0;
    const reach = half * Math.sqrt(1 + slope * slope);
    const middle = y + slope / 2;
    const [from, to] = [Math.max(0, middle - reach), Math.min(height, middle + reach)];
    for (let row = Math.floor(from); row < to; row++) {
      const cover = (Math.min(to, row + 1) - Math.max(from, row)) * alpha;
      const at = (row * width + x) * 4;
      data[at] += (r - data[at]) * cover;
      data[at + 1] += (g - data[at + 1]) * cover;
      data[at + 2] += (b - data[at + 2]) * cover;
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
