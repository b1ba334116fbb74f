// Grids put together: the 9/7 wavelet by lifting, in place, level by level (FORMAT.md, section 10.6).
//
// Even samples are the coarser half, odd ones details; at its ends a line is mirrored about its first and last.

const LIFTING = [[0, -0.443506852043971], [1, -0.882911075530934], [0, 0.052980118572961], [1, 1.586134342059924]];
const WAVELET_GAIN = Math.SQRT2 / 1.230174104914001;
const NO_PART = new Float32Array(0); // stands for one of zeros

/** Component c of all grids on the finest one; `only`: of one level alone.  A generator that pauses. */
function* synthesised({ header, tensors }, c, only = null) {
  const sizes = shapesOfLevels(header.frame, header.grids);
  const part = (name, used = true) => (used ? valuesOfComponent(tensors.get(name), c) : NO_PART);
  let low = part("grid.low", only === null);
  for (let level = only === null ? header.grids - 1 : only; level >= 0; level--) {
    const details = GRID_PARTS.map((name) => part(gridName(level, name), only === null || level === only));
    low = merged(sizes[level], low, ...details);
    yield;
  }
  return low;
}

function valuesOfComponent({ shape, values }, c) {
  const size = shape[1] * shape[2];
  return values.subarray(c * size, (c + 1) * size);
}

/** One level from its quarters. */
function merged([height, width], low, rows, columns, both) {
  const out = new Float32Array(height * width);
  const square = WAVELET_GAIN * WAVELET_GAIN;
  spread(out, low, height, width, 0, 0, 1 / square);
  spread(out, rows, height, width, 0, 1, 1);
  spread(out, columns, height, width, 1, 0, 1);
  spread(out, both, height, width, 1, 1, square);
  for (const [parity, weight] of LIFTING) liftRows(out, height, width, parity, weight);
  for (const [parity, weight] of LIFTING) liftColumns(out, height, width, parity, weight);
  return out;
}

/** A quarter, times a factor, to every second row and column from (a, b) on. */
function spread(out, quarter, height, width, a, b, factor) {
  if (!quarter.length) return;
  let from = 0;
  for (let row = a; row < height; row += 2) {
    for (let column = b; column < width; column += 2) out[row * width + column] = factor * quarter[from++];
  }
}

/** Rows of one parity from those above and below. */
function liftRows(x, height, width, parity, weight) {
  for (let row = parity; row < height; row += 2) {
    const above = (row ? row - 1 : 1) * width;
    const below = (row + 1 < height ? row + 1 : height - 2) * width;
    const at = row * width;
    for (let i = 0; i < width; i++) x[at + i] += weight * (x[above + i] + x[below + i]);
  }
}

/** Columns of one parity from those to the left and right. */
function liftColumns(x, height, width, parity, weight) {
  for (let row = 0, at = 0; row < height; row++, at += width) {
    for (let column = parity; column < width; column += 2) {
      const left = column ? column - 1 : 1;
      const right = column + 1 < width ? column + 1 : width - 2;
      x[at + column] += weight * (x[at + left] + x[at + right]);
    }
  }
}
