// Which lines are shown, by place: all of them, or those of one process as ranges of numbers.
export class Shown {
  #ranges = null;

  constructor(total) {
    this.total = total;
  }

  // [[first line, count], …] in order; null shows all.
  set ranges(ranges) {
    this.#ranges = null;
    if (!ranges) return;
    this.#ranges = [];
    for (const [first, count] of ranges) this.#append(first, count);
  }

  get size() {
    if (!this.#ranges) return this.total;
    const last = this.#ranges.at(-1);
    return last ? last.place + last.count : 0;
  }

  // New lines [[number, …], …] of which `belongs` says which are of the process that is shown.
  grow(total, lines, belongs) {
    for (const line of lines) if (this.#ranges && line[0] >= this.total && belongs(line)) this.#append(line[0], 1);
    this.total = Math.max(this.total, total);
  }

  // The number of the line at a place.
  at(place) {
    if (!this.#ranges) return place;
    const range = this.#last((one) => one.place <= place);
    return range.first + place - range.place;
  }

  // The place of a line, or of the next one that is shown.
  placeOf(number) {
    if (!this.#ranges) return number;
    const range = this.#last((one) => one.first <= number);
    return range ? range.place + Math.min(number - range.first, range.count) : 0;
  }

  #append(first, count) {
    const last = this.#ranges.at(-1);
    if (last && last.first + last.count === first) last.count += count;
    else this.#ranges.push({ first, count, place: this.size });
  }

  // The last range that fits, by halving.
  #last(fits) {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fits(this.#ranges[middle])) low = middle + 1;
      else high = middle;
    }
    return this.#ranges[low - 1];
  }
}
