// Where tiles lie, how far they reach and how they blend (FORMAT.md, section 8.1).

/** Axes of a field, slowest first: borders, and how far tiles reach over each of them. */
function axesOf({ header, levels }) {
  return header.tiles.map((tiles, d) => makeAxis(tiles, header.margin[d] / 64, d === 0 ? levels : null));
}

function makeAxis(tiles, margin, levels) {
  const borders = new Float64Array(tiles + 1);
  if (levels) {
    let k = 0;
    levels.forEach((level, cell) => {
      const parts = 2 ** level;
      for (let j = 0; j < parts; j++) borders[k++] = -1 + (2 * (cell + j / parts)) / levels.length;
    });
    borders[tiles] = 1;
  } else {
    for (let k = 0; k <= tiles; k++) borders[k] = -1 + (2 * k) / tiles;
  }
  const over = new Float64Array(tiles + 1); // m w of the narrower tile, at each inner border
  for (let k = 1; k < tiles; k++) {
    over[k] = margin * Math.min(borders[k] - borders[k - 1], borders[k + 1] - borders[k]);
  }
  return { tiles, margin, borders, over, even: !levels };
}

/** The first index of 0 .. count at which `reached` is true; it must stay true after. */
function firstWhere(count, reached) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The tiles that reach into rising coordinates x:
 * [{tile, from, to, u, weight}], u and weight for the coordinates from .. to-1.
 */
function touching(axis, x) {
  if (!x.length) return [];
  const { borders, over, tiles } = axis;
  const start = (k) => (k === 0 ? -Infinity : borders[k] - over[k]);
  const end = (k) => (k === tiles - 1 ? Infinity : borders[k + 1] + over[k + 1]);
  const out = [];
  for (let k = firstWhere(tiles - 1, (i) => end(i) > x[0]); k < tiles && start(k) <= x[x.length - 1]; k++) {
    const from = firstWhere(x.length, (i) => x[i] >= start(k));
    const to = firstWhere(x.length, (i) => x[i] >= end(k));
    if (to > from) out.push({ tile: k, from, to, ...localOf(axis, k, x.subarray(from, to)) });
  }
  return out;
}

/** u of section 8.1 and the tile's weight, for coordinates inside its reach. */
function localOf(axis, k, x) {
  const { borders, tiles } = axis;
  const left = borders[k];
  const right = borders[k + 1];
  const u = x.map((value) => (2 * value - (left + right)) / (right - left));
  const weight = x.map((value) => {
    const before = k > 0 ? ramp(axis, k, value) : 1;
    return before * (k < tiles - 1 ? 1 - ramp(axis, k + 1, value) : 1);
  });
  return { u, weight };
}

function ramp({ borders, over, margin }, k, x) {
  if (margin === 0) return x >= borders[k] ? 1 : 0;
  const t = Math.min(Math.max((x - borders[k]) / (2 * over[k]) + 0.5, 0), 1);
  return t * t * (3 - 2 * t);
}

/** Position of a tile in the tensors, from its place on each axis (row-major). */
function tileIndex(header, place) {
  return place.reduce((index, k, d) => index * header.tiles[d] + k, 0);
}
