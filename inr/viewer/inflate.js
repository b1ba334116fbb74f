// Inflating (RFC 1950, RFC 1951): division, frame times and profiles of a file, and reference pictures.
// The browser has this too, but only asynchronously, and it does not say where a stream ends.

const LENGTHS = codes(3, 29, (i) => (i < 8 || i === 28 ? 0 : (i >> 2) - 1));
LENGTHS[28] = { base: 258, extra: 0 };
const DISTANCES = codes(1, 30, (i) => (i < 4 ? 0 : (i >> 1) - 1));
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Base value and number of extra bits of each code. */
function codes(first, count, extraOf) {
  const out = [];
  for (let i = 0, base = first; i < count; i++) {
    out.push({ base, extra: extraOf(i) });
    base += 2 ** extraOf(i);
  }
  return out;
}

/** Exactly `size` bytes out of a zlib stream that ends where `data` ends. */
function inflate(data, size, what) {
  const said = `${what}: is no zlib stream of ${size} bytes`;
  const bad = (why) => new FormatError(`${said} (${why}); the file is damaged`);
  if (data.length < 6 || (data[0] & 15) !== 8 || ((data[0] << 8) | data[1]) % 31 || data[1] & 32) {
    throw bad("its header is wrong");
  }
  const out = new Uint8Array(size);
  const bits = new BitReader(data, 2, bad);
  let at = 0;
  for (let last = 0; !last; ) {
    last = bits.take(1);
    const kind = bits.take(2);
    if (kind === 3) throw bad("it has an unknown block");
    if (kind === 0) at = stored(bits, out, at, bad);
    else at = compressed(bits, kind === 1 ? fixedCodes() : ownCodes(bits, bad), out, at, bad);
  }
  if (at !== size) throw bad(`${at} bytes come out`);
  bits.align();
  if (bits.at + 4 !== data.length) throw bad("it does not end with its section");
  let a = 1;
  let b = 0;
  for (const byte of out) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const sum = data.subarray(bits.at);
  const right = ((sum[0] << 8) | sum[1]) === b && ((sum[2] << 8) | sum[3]) === a;
  if (!right) throw bad("its checksum does not match");
  return out;
}

/** Bits of a byte array, lowest first. */
class BitReader {
  constructor(data, at, bad) {
    this.data = data;
    this.at = at;
    this.bad = bad;
    this.held = 0;
    this.count = 0;
  }

  take(wanted) {
    while (this.count < wanted) {
      if (this.at >= this.data.length) throw this.bad("it ends too early");
      this.held |= this.data[this.at++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << wanted) - 1);
    this.held >>>= wanted;
    this.count -= wanted;
    return value;
  }

  align() {
    this.held = this.count = 0;
  }
}

function stored(bits, out, at, bad) {
  bits.align();
  const head = bits.data.subarray(bits.at, bits.at + 4);
  const length = head[0] | (head[1] << 8);
  const inverse = head[2] | (head[3] << 8);
  if (head.length < 4 || (length ^ 0xffff) !== inverse) throw bad("a stored block is damaged");
  const body = bits.data.subarray(bits.at + 4, bits.at + 4 + length);
  if (body.length < length || at + length > out.length) throw bad("a stored block is too long");
  out.set(body, at);
  bits.at += 4 + length;
  return at + length;
}

function compressed(bits, { literal, distance }, out, at, bad) {
  for (;;) {
    const symbol = readSymbol(bits, literal);
    if (symbol === 256) return at;
    if (symbol < 256) {
      if (at >= out.length) throw bad("it is longer than promised");
      out[at++] = symbol;
      continue;
    }
    const length = LENGTHS[symbol - 257];
    if (!length) throw bad("it has an unknown length");
    const count = length.base + bits.take(length.extra);
    const back = DISTANCES[readSymbol(bits, distance)];
    if (!back) throw bad("it has an unknown distance");
    const from = at - back.base - bits.take(back.extra);
    if (from < 0 || at + count > out.length) throw bad("it is longer than promised");
    for (let i = 0; i < count; i++) out[at + i] = out[from + i];
    at += count;
  }
}

/** A canonical code: how many codes have each length, and the symbols in the order of their codes. */
function canonical(lengths) {
  const count = new Uint16Array(16);
  for (const length of lengths) count[length]++;
  count[0] = 0;
  const next = new Uint16Array(16);
  for (let i = 1; i < 15; i++) next[i + 1] = next[i] + count[i];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length) symbols[next[length]++] = symbol;
  });
  return { count, symbols };
}

function readSymbol(bits, { count, symbols }) {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length < 16; length++) {
    code |= bits.take(1);
    if (code - first < count[length]) return symbols[index + code - first];
    index += count[length];
    first = (first + count[length]) << 1;
    code <<= 1;
  }
  throw bits.bad("it has an unknown code");
}

function fixedCodes() {
  const literal = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return { literal: canonical(literal), distance: canonical(new Array(30).fill(5)) };
}

function ownCodes(bits, bad) {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const given = bits.take(4) + 4;
  const order = new Array(19).fill(0);
  for (let i = 0; i < given; i++) order[CODE_ORDER[i]] = bits.take(3);
  const code = canonical(order);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = readSymbol(bits, code);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    if (symbol === 16 && !lengths.length) throw bad("it repeats nothing");
    const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    for (let i = 0; i < times; i++) lengths.push(value);
  }
  if (lengths.length > literals + distances) throw bad("it has too many code lengths");
  return { literal: canonical(lengths.slice(0, literals)), distance: canonical(lengths.slice(literals)) };
}
