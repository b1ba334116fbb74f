// Tables for integers whose spread is known from their neighbours (FORMAT.md, section 10.4).

const FLAG_ODDS = 14n; // the rarest flag is 1 in 2^14
const FLAG_CLASSES = 88;
const SIZE_CLASSES = 48;
const LEAST_FLAG = 64;
const flagTables = new Array(FLAG_CLASSES);
const sizeTables = new Array(SIZE_CLASSES);

/** Whether an integer is not 0, of class z: odds of OCTAVE[z mod 4] 2^(z div 4) to 2^30. */
function flagModel(z) {
  return (flagTables[z] ||= makeFlags(z));
}

/** How large it is then, n = |q| - 1 of class g: geometric, of mean OCTAVE[g mod 4] 2^(g div 4) / 2^21. */
function sizeModel(g) {
  return (sizeTables[g] ||= makeSizes(g));
}

function makeFlags(z) {
  const odds = OCTAVE[z & 3] << BigInt(z >> 2);
  const ones = Number((odds << 24n) / (odds + (1n << (16n + FLAG_ODDS))));
  const kept = Math.min(Math.max(ones, LEAST_FLAG), TOTAL - LEAST_FLAG);
  return tableOf([TOTAL - kept, kept], 1);
}

function makeSizes(g) {
  const { edge, weights } = laplace(OCTAVE[g & 3] << BigInt(g >> 2));
  const whole = weights.reduce((sum, w) => sum + w);
  const free = BigInt(TOTAL - (edge + 1) - 1024);
  const counts = weights.map((w) => 1 + Number((w * free) / whole));
  counts[edge] += 1024;
  counts[0] += TOTAL - counts.reduce((sum, c) => sum + c);
  return tableOf(counts, edge);
}
