// Where an x lies in the drawing, in pixels from its left edge, and back.
export class Scale {
  constructor(range, width, isLog = false) {
    this.range = range;
    this.width = width;
    this.isLog = isLog && range[0] > 0;
  }

  // The range as Plotly wants it: of a logarithmic axis the exponents.
  get ends() {
    return this.isLog ? this.range.map(Math.log10) : this.range;
  }

  holds(x) {
    return x >= this.range[0] && x <= this.range[1];
  }

  pixel(x) {
    const [low, high] = this.ends;
    return (((this.isLog ? Math.log10(x) : x) - low) / (high - low)) * this.width;
  }

  value(pixel) {
    const [low, high] = this.ends;
    const at = low + (Math.min(Math.max(pixel, 0), this.width) / this.width) * (high - low);
    return this.isLog ? 10 ** at : at;
  }
}
