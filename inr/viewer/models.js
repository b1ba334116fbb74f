// Probability tables of integers alone (FORMAT.md, section 6).  BigInt: some products take 97 bits.

const OCTAVE = [65536n, 77936n, 92682n, 110218n];
const TOTAL = 2 ** 24;
const LAPLACE = 1;
const GAUSS = 2;
const tables = new Map();

/**
 * The model of a family at a scale index 0 .. 107.
 * below[s] is the sum of the counts before symbol s, and bits[s] its code length.
 */
function modelOf(family, index) {
  const key = 128 * family + index;
  if (!tables.has(key)) tables.set(key, makeModel(family, index));
  return tables.get(key);
}

function makeModel(family, index) {
  const shift = Math.max(0, (index >> 2) - 9);
  const place = index - 4 * shift;
  const scale = OCTAVE[place & 3] << BigInt(place >> 2);
  const { edge, weights } = family === LAPLACE ? laplace(scale) : gauss(scale);
  return tableOf(countsOf(weights, edge), edge, shift);
}

/** A model of counts that sum to 2^24; the symbols at the edge are escapes. */
function tableOf(counts, edge, shift = 0) {
  const below = new Uint32Array(counts.length + 1);
  counts.forEach((count, s) => (below[s + 1] = below[s] + count));
  const bits = Float64Array.from(counts, (count) => 24 - Math.log2(count));
  return { edge, shift, below, bits, least: Math.min(...bits) };
}

function laplace(scale) {
  const edge = 9 + Number((16n * scale) >> 21n);
  const t = (scale << 32n) / (scale + (1n << 21n));
  const weights = [1n << 48n];
  for (let n = 0; n < edge; n++) weights.push((weights[n] * t) >> 32n);
  return { edge, weights };
}

function gauss(scale) {
  const edge = 5 + Number((6n * scale) >> 21n);
  const x = (1n << 89n) / (scale * scale);
  let term = 1n << 48n;
  let e = term;
  for (let n = 1n; term; n++) {
    term = (term * x) / (n << 48n);
    e += term;
  }
  let r = (1n << 96n) / e;
  const g = (r * r) >> 48n;
  const weights = [1n << 48n];
  for (let n = 0; n < edge; n++) {
    weights.push((weights[n] * r) >> 48n);
    r = (r * g) >> 48n;
  }
  return { edge, weights };
}

function countsOf(weights, edge) {
  const whole = weights.reduce((sum, w) => sum + 2n * w); // w_0 once, the others twice
  const free = BigInt(TOTAL - (2 * edge + 1) - 2048);
  const half = weights.map((w) => 1 + Number((w * free) / whole));
  half[edge] += 1024;
  const counts = [...half.slice(1).reverse(), ...half];
  counts[edge] += TOTAL - counts.reduce((sum, c) => sum + c);
  return counts;
}
