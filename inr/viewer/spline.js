// What grids hold anywhere: cubic splines through the planes T and D (FORMAT.md, section 10.7).

const GRID_SCALE = 4;

/**
 * {rows, columns, coefficients: [Float32Array]} of T_0 .., D_0 .., made once and kept with the file; of a clip, at
 * the time coordinate t, the last ones are kept.  A generator that pauses.
 */
function* planesOf(file, t = null) {
  const { header, clip } = file;
  const at = clip ? frameOf(t, header.shape[0]) : 0;
  if (file.planes && file.planes.at === at) return file.planes;
  const shown = clip ? { header, tensors: yield* tensorsAt(clip, at) } : file;
  const planes = yield* splinesOf(shown);
  return (file.planes = { at, ...planes });
}

/** The same of tensors that are those of a picture. */
function* splinesOf(file) {
  const { frame, outputs, encoded } = file.header;
  const [rows, columns] = frame;
  const coefficients = [];
  for (let e = 0; e < encoded; e++) {
    const plane = e < outputs ? yield* synthesised(file, e) : yield* synthesised(file, 0, e - outputs);
    filterColumns(plane, rows, columns);
    yield;
    filterRows(plane, rows, columns);
    yield;
    coefficients.push(plane);
  }
  return { rows, columns, coefficients };
}

/** Pivots of the system (1, 4, 1)/6 with 5 at both ends, whose solution is a spline's coefficients. */
function splinePivots(n) {
  const pivots = new Float64Array(n);
  for (let i = 0; i < n; i++) pivots[i] = (i === 0 || i === n - 1 ? 5 : 4) - (i ? 1 / pivots[i - 1] : 0);
  return pivots;
}

function filterColumns(plane, rows, columns) {
  const pivots = splinePivots(rows);
  const solve = (row, other, factor, share) => {
    const [at, from] = [row * columns, other * columns];
    for (let i = 0; i < columns; i++) plane[at + i] = factor * plane[at + i] - share * plane[from + i];
  };
  for (let row = 0; row < rows; row++) solve(row, row && row - 1, 6, row ? 1 / pivots[row - 1] : 0);
  solve(rows - 1, rows - 1, 1 / pivots[rows - 1], 0);
  for (let row = rows - 2; row >= 0; row--) solve(row, row + 1, 1 / pivots[row], 1 / pivots[row]);
}

function filterRows(plane, rows, columns) {
  const pivots = splinePivots(columns);
  for (let at = 0; at < rows * columns; at += columns) {
    plane[at] *= 6;
    for (let i = 1; i < columns; i++) plane[at + i] = 6 * plane[at + i] - plane[at + i - 1] / pivots[i - 1];
    plane[at + columns - 1] /= pivots[columns - 1];
    for (let i = columns - 2; i >= 0; i--) plane[at + i] = (plane[at + i] - plane[at + i + 1]) / pivots[i];
  }
}

/** Which coefficients reach coordinates, and how much: {index, weight}, four of each a coordinate. */
function tapsOf(x, n) {
  const index = new Int32Array(4 * x.length);
  const weight = new Float64Array(4 * x.length);
  x.forEach((value, i) => {
    const at = Math.min(Math.max(((value + 1) * n) / 2 - 0.5, -0.5), n - 0.5);
    const first = Math.floor(at);
    const t = at - first;
    const s = 1 - t;
    for (let k = 0; k < 4; k++) index[4 * i + k] = mirrored(first - 1 + k, n);
    weight.set([(s * s * s) / 6, (t * t * (3 * t - 6) + 4) / 6, (s * s * (3 * s - 6) + 4) / 6, (t * t * t) / 6], 4 * i);
  });
  return { index, weight };
}

/** A place about the borders of a line of n. */
function mirrored(i, n) {
  const inside = i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i;
  return Math.min(Math.max(inside, 0), n - 1);
}

/** Plane e on a row of the asked-for grid, to every `encoded`th place of `seen`; `line` is room for it. */
function alongRow({ columns, coefficients }, e, down, row, across, line, seen) {
  const plane = coefficients[e];
  const count = across.index.length / 4;
  const [a, b, c, d] = down.index.subarray(4 * row, 4 * row + 4).map((i) => i * columns);
  const [p, q, r, s] = down.weight.subarray(4 * row, 4 * row + 4);
  // Coordinates rise, and a line is mirrored at its ends: these are the outermost places that are asked for.
  const [from, to] = reachOfTaps(across.index);
  for (let i = from; i <= to; i++) line[i] = p * plane[a + i] + q * plane[b + i] + r * plane[c + i] + s * plane[d + i];
  const { index, weight } = across;
  for (let n = 0, k = 0; n < count; n++, k += 4) {
    seen[n * coefficients.length + e] =
      weight[k] * line[index[k]] + weight[k + 1] * line[index[k + 1]] +
      weight[k + 2] * line[index[k + 2]] + weight[k + 3] * line[index[k + 3]];
  }
}

function reachOfTaps(index) {
  const ends = [...index.subarray(0, 4), ...index.subarray(-4)];
  return [Math.min(...ends), Math.max(...ends)];
}

/** Adds the grids' own colours: brightness and two differences back to channels; others stay. */
function addColours(seen, from, channels, out, to) {
  if (channels < 3) {
    for (let c = 0; c < channels; c++) out[to + c] += seen[from + c];
    return;
  }
  const light = seen[from] * Math.sqrt(1 / 3);
  const side = seen[from + 1] * Math.SQRT1_2;
  const green = seen[from + 2] * Math.sqrt(1 / 6);
  out[to] += light + side + green;
  out[to + 1] += light - 2 * green;
  out[to + 2] += light - side + green;
  if (channels > 3) out[to + 3] += seen[from + 3];
}
