// The range decoder (FORMAT.md, section 5) in pairs of 32-bit words, which doubles hold exactly.
//
// Only `point - lower` is needed to decode, and it never wraps.  `lower` is kept beside it with its
// carries, because the stream must be the very one that an encoder would have sealed (5.3).

const WORD = 2 ** 32;

class RangeDecoder {
  /** what: named in messages. */
  constructor(payload, what = "weights") {
    need(payload.length % 4 === 0, `${what} take ${payload.length} bytes, which are no 32-bit words`);
    this.what = what;
    const word = (_, i) => littleEndian(payload.subarray(4 * i));
    this.words = Uint32Array.from({ length: payload.length / 4 }, word);
    this.next = 2;
    this.aheadHigh = this.words[0] || 0; // point - lower
    this.aheadLow = this.words[1] || 0;
    this.rangeHigh = this.rangeLow = WORD - 1;
    this.lowHigh = this.lowLow = 0; // lower: its last 64 bits, and the words before them
    this.sealed = new Uint32Array(this.words.length + 1);
    this.shifts = 0;
    this.bits = 0; // code length of all that was read
    this.symbols = 0;
    this.high = this.low = 0; // of the last product
  }

  stop(why) {
    throw new FormatError(`${this.what} ${why}`);
  }

  /** Refuse to go on where the stream is too short for what was and will be read; a word for rounding. */
  claim(bits) {
    if (this.bits + bits > 32 * (this.words.length + 1)) this.stop("hold less than is promised; the file is damaged");
  }

  /** scale · count, as the pair high, low; scale < 2^40 and count <= 2^24. */
  multiply(scale, count) {
    const small = scale % 268435456; // 28 bits: its product stays under 2^53
    const a = small * count;
    const b = ((scale - small) / 268435456) * count;
    const aHigh = Math.floor(a / WORD);
    const bHigh = Math.floor(b / 16);
    const low = a - aHigh * WORD + (b - bHigh * 16) * 268435456;
    const carry = low >= WORD ? 1 : 0;
    this.high = aHigh + bHigh + carry;
    this.low = low - carry * WORD;
  }

  /** (point - lower) div scale. */
  quantile() {
    this.scale = this.rangeHigh * 256 + Math.floor(this.rangeLow / 16777216);
    // A double holds 53 of the 64 bits, so the quotient may be one off.
    let quantile = Math.floor((this.aheadHigh * WORD + this.aheadLow) / this.scale);
    if (quantile <= TOTAL) {
      this.multiply(this.scale, quantile);
      const rest = (this.aheadHigh - this.high) * WORD + (this.aheadLow - this.low);
      if (rest < 0) quantile -= 1;
      else if (rest >= this.scale) quantile += 1;
    }
    if (quantile >= TOTAL) this.stop("are no valid stream of the range coder; the file is damaged");
    return quantile;
  }

  /** Go on past a symbol with `count` of 2^24, after the symbols that have `below` together. */
  consume(below, count) {
    this.multiply(this.scale, below);
    this.aheadHigh -= this.high;
    this.aheadLow -= this.low;
    if (this.aheadLow < 0) {
      this.aheadLow += WORD;
      this.aheadHigh -= 1;
    }
    this.raiseLower(this.high, this.low);
    this.multiply(this.scale, count);
    this.rangeHigh = this.high;
    this.rangeLow = this.low;
    this.symbols += 1;
    if (this.rangeHigh === 0) this.shift();
  }

  raiseLower(high, low) {
    this.lowLow += low;
    this.lowHigh += high;
    if (this.lowLow >= WORD) {
      this.lowLow -= WORD;
      this.lowHigh += 1;
    }
    if (this.lowHigh >= WORD) {
      this.lowHigh -= WORD;
      let place = this.shifts - 1;
      while (this.sealed[place] === WORD - 1) this.sealed[place--] = 0;
      this.sealed[place] += 1;
    }
  }

  shift() {
    if (this.shifts >= this.words.length) this.stop("end too early; the file was cut short or damaged");
    this.sealed[this.shifts++] = this.lowHigh;
    this.lowHigh = this.lowLow;
    this.lowLow = 0;
    this.aheadHigh = this.aheadLow;
    this.aheadLow = this.words[this.next++] || 0;
    this.rangeHigh = this.rangeLow;
    this.rangeLow = 0;
  }

  /** An integer of 0 .. 2^width - 1. */
  raw(width) {
    if (!width) return 0;
    const size = 24 - width;
    const value = this.quantile() >> size;
    this.consume(value << size, 1 << size);
    this.bits += width;
    return value;
  }

  gamma() {
    const length = this.raw(5);
    if (length > 23) this.stop(`hold an excess of ${length + 1} bits; at most 24 are allowed`);
    return 2 ** length + this.raw(length) - 1;
  }

  /** A symbol 0 .. 2 edge of a model's table. */
  symbol(model) {
    const { below, bits } = model;
    const quantile = this.quantile();
    let first = 0;
    let last = bits.length - 1;
    while (first < last) {
      const middle = (first + last + 1) >> 1;
      if (below[middle] <= quantile) first = middle;
      else last = middle - 1;
    }
    this.consume(below[first], below[first + 1] - below[first]);
    this.bits += bits[first];
    return first;
  }

  /** `count` signed integers, section 6.4; a generator that pauses now and then. */
  *values(count, model) {
    const { edge, shift } = model;
    const out = new Float64Array(count);
    const low = shift ? new Int32Array(count) : null;
    for (let i = 0; i < count; i++) {
      out[i] = this.symbol(model) - edge;
      if (i % 8192 === 8191) yield;
    }
    for (let i = 0; low && i < count; i++) {
      low[i] = this.raw(shift);
      if (i % 8192 === 8191) yield;
    }
    for (let i = 0; i < count; i++) {
      if (out[i] === edge) out[i] += this.gamma();
      else if (out[i] === -edge) out[i] -= this.gamma();
      if (low) out[i] = out[i] * 2 ** shift + low[i];
    }
    return out;
  }

  /** Section 5.3: the words must be those that follow from the symbols. */
  finish() {
    let right = this.words.length === 0;
    if (this.symbols) {
      const sum = this.lowLow + this.rangeLow;
      const end = (this.lowHigh + this.rangeHigh + (sum >= WORD ? 1 : 0)) % WORD;
      this.raiseLower(0, WORD - 1);
      const expected = [...this.sealed.subarray(0, this.shifts), this.lowHigh];
      if (end === this.lowHigh) expected.push(0);
      right = expected.length === this.words.length && expected.every((word, i) => word === this.words[i]);
    }
    if (!right) this.stop("are a stream that does not end where its last integer ends; the file is damaged");
  }
}
