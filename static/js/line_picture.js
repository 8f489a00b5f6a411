// Thousands of lines as pixels, each a function of x. Chromium without a GPU needs about 0.5 ms to stroke one such line,
// as SVG or on a canvas; filling its columns by hand takes less than a tenth of that. And a brush strokes only the lines
// that enter or leave it: every pixel keeps sums that do not depend on the order of the lines, in whole numbers, so
// that a line is taken out exactly as it was put in. Colours are made of the sums by weighted blended
// order-independent transparency (McGuire and Bavoil, Journal of Computer Graphics Techniques 2(2), 2013, 122-141,
// https://jcgt.org/published/0002/02/09/): the mean of all lines by their weights, as opaque as all of them together,
// 1 − ∏(1 − alpha). There the near weigh more, here the good.

// Sums of a pixel: −log ∏(1 − alpha), the weights, and the weights times the shades.
const SUMS = 3;
const LOG = 1024;
// The best line weighs as much as this many of the worst. 16,000 best ones through one pixel are as many as 32 bits hold.
const HEAVIEST = 1024;
const SHADES = 256;
// Shares of 256 by alpha, and back: beyond eight logs nothing of the ground is seen.
const LOGS = Int32Array.from({ length: 257 }, (_, alpha) => Math.round(-LOG * Math.log(1 - Math.min(alpha, 255.5) / 256)));
const ALPHAS = Uint16Array.from({ length: 8 * LOG + 1 }, (_, log) => Math.round(256 * (1 - Math.exp(-log / LOG))));

// How lines look that are only the ground of others.
const FAINT = { goodness: -1, alpha: 0.45, width: 1, dash: null };

export class LinePicture {
  #context;
  #image = null;
  #words = null;
  #ground = null;
  #under = null;
  #layer = null;
  #shades = new Uint8Array(3 * SHADES);

  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  // In CSS pixels; `ratio` device pixels each. With another size the picture is empty afterwards.
  resize(width, height, ratio) {
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio), ratio };
    if (Object.entries(size).every(([name, value]) => this[name] === value)) return;
    Object.assign(this, size);
    Object.assign(this.canvas, { width: this.width, height: this.height });
    this.#image = this.#context.createImageData(this.width, this.height);
    this.#words = new Uint32Array(this.#image.data.buffer);
    this.#ground = new Uint32Array(this.#words.length);
    this.#under = new Layer(size, FAINT);
    this.#layer = new Layer(size);
  }

  // What lies under every later picture: a plain colour with faint lines on it.
  ground(colour, lines, faint) {
    this.#ground.fill(word(colour));
    this.#under.keep(new Set(lines));
    this.#under.resolve(this.#ground, this.#ground, faint, 1);
  }

  // The colours of goodness from 0 to 1 by `ramp`, and that of lines without one.
  colours(ramp, none) {
    this.#shades.set(none);
    for (let shade = 1; shade < SHADES; shade++) this.#shades.set(ramp((shade - 1) / (SHADES - 2)), 3 * shade);
  }

  // A line is {ys, goodness, alpha, width, dash}: ys in device pixels, one a column, NaN where it is not; goodness from
  // 0 to 1, less than 0 for none. `thin` makes all of them thinner, as a share of what 0.9 covers; `top` are
  // lines over all others, with an rgb.
  draw(lines, thin, top) {
    this.#layer.keep(new Set(lines));
    this.#layer.resolve(this.#words, this.#ground, this.#shades, Math.log(1 - 0.9 * thin) / Math.log(1 - 0.9));
    for (const line of top) over(this.#words, this.#layer.spans(line), this.width, line);
    this.#context.putImageData(this.#image, 0, 0);
  }
}

// The sums of the lines that are in it. `look` is that of all of them in place of their own.
class Layer {
  #sums;
  #spans;
  #lines = new Set();

  constructor({ width, height, ratio }, look = null) {
    Object.assign(this, { width, height, ratio, look });
    this.#sums = new Int32Array(SUMS * width * height);
    this.#spans = new Float32Array(2 * width);
  }

  // Begins with nothing where that is less than what changes.
  keep(lines) {
    const added = lines.difference(this.#lines);
    const gone = this.#lines.difference(lines);
    if (added.size + gone.size > lines.size) {
      this.#sums.fill(0);
      for (const line of lines) this.#gather(line, 1);
    } else {
      for (const line of added) this.#gather(line, 1);
      for (const line of gone) this.#gather(line, -1);
    }
    this.#lines = lines;
  }

  resolve(words, ground, shades, power) {
    resolve(words, ground, this.#sums, shades, power);
  }

  spans(line) {
    spansOf(line.ys, this.look ?? line, this.ratio, this.height, this.#spans);
    return this.#spans;
  }

  #gather(line, sign) {
    gather(this.#sums, this.spans(line), this.width, sign, this.look ?? line);
  }
}

function word([r, g, b]) {
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

// From where to where a line covers each column; 0 to 0 where it is not.
function spansOf(ys, { width: thick, dash }, ratio, height, spans) {
  const half = (thick * ratio) / 2;
  const [on, whole] = dash ? [dash[0] * ratio, (dash[0] + dash[1]) * ratio] : [1, 1];
  spans.fill(0);
  for (let x = 0; x < ys.length - 1; x++) {
    const y = ys[x];
    if (!(y >= 0) || (dash && x % whole >= on)) continue;
    const slope = ys[x + 1] >= 0 ? ys[x + 1] - y : 0;
    const reach = slope * slope < 0.05 ? half : half * Math.sqrt(1 + slope * slope);
    spans[2 * x] = Math.max(0, y + slope / 2 - reach);
    spans[2 * x + 1] = Math.min(height, y + slope / 2 + reach);
  }
}

// Whole numbers up to 256 in place of shares, because these three run a hundred thousand times for a picture.
function gather(sums, spans, width, sign, { goodness, alpha }) {
  const shade = goodness < 0 ? 0 : 1 + Math.round(goodness * (SHADES - 2));
  const heavy = goodness < 0 ? 0 : Math.round(HEAVIEST ** goodness);
  for (let x = 0; x < width; x++) {
    const from = spans[2 * x];
    const to = spans[2 * x + 1];
    for (let row = from | 0, at = (row * width + x) * SUMS; row < to; row++, at += width * SUMS) {
      const cover = ((row + 1 < to ? row + 1 : to) - (row > from ? row : from)) * 256 | 0;
      const weight = sign * ((cover * heavy + 255) >> 8);
      sums[at] += sign * LOGS[(cover * alpha) | 0];
      sums[at + 1] += weight;
      sums[at + 2] += weight * shade;
    }
  }
}

// `power`: lines that are thinner let the same power more through.
function resolve(words, ground, sums, shades, power) {
  const last = ALPHAS.length - 1;
  for (let at = 0, sum = 0; at < words.length; at++, sum += SUMS) {
    const log = sums[sum];
    const old = ground[at];
    if (log === 0) {
      words[at] = old;
      continue;
    }
    const cover = ALPHAS[log * power < last ? (log * power) | 0 : last];
    const weight = sums[sum + 1];
    const shade = weight && 3 * (((sums[sum + 2] >>> 0) / weight + 0.5) | 0);
    const red = old & 255;
    const green = (old >> 8) & 255;
    const blue = (old >> 16) & 255;
    words[at] = (255 << 24) | ((blue + (((shades[shade + 2] - blue) * cover) >> 8)) << 16) | ((green + (((shades[shade + 1] - green) * cover) >> 8)) << 8) | (red + (((shades[shade] - red) * cover) >> 8));
  }
}

function over(words, spans, width, { rgb: [r, g, b], alpha }) {
  for (let x = 0; x < width; x++) {
    const from = spans[2 * x];
    const to = spans[2 * x + 1];
    for (let row = from | 0, at = row * width + x; row < to; row++, at += width) {
      const cover = ((row + 1 < to ? row + 1 : to) - (row > from ? row : from)) * alpha * 256 | 0;
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
