// The integers of a clip as those that are read later see them: their magnitudes, plane by plane and band by
// band (FORMAT.md, sections 12.3 and 12.4).  Most planes of most bands hold nothing, and take no memory.

const BLOCK = 16;
const SQUARE = 8; // points are counted in squares, of which four are a block
const HALO = 2; // points beyond the border that are looked at, all of them 0
const MOST_MAGNITUDE = 32767; // that a neighbour counts as

/** |q| of one plane of one band, and how many points are not 0 in each square. */
class Magnitudes {
  constructor(height, width) {
    this.width = width;
    this.pitch = width + 2 * HALO;
    this.sizes = new Int16Array((height + 2 * HALO) * this.pitch);
    this.squares = [Math.ceil(height / SQUARE), Math.ceil(width / SQUARE)];
    this.counts = new Uint8Array(this.squares[0] * this.squares[1]);
  }

  /** Put an integer that is not 0 at an index of `sizes`; returns its place in the plane. */
  put(index, q) {
    const row = Math.floor(index / this.pitch) - HALO;
    const column = (index % this.pitch) - HALO;
    this.sizes[index] = Math.min(Math.abs(q), MOST_MAGNITUDE);
    this.counts[(row >> 3) * this.squares[1] + (column >> 3)] += 1;
    return row * this.width + column;
  }
}

/** Magnitudes as a plane looks at them: transposed, where it is read so itself. */
class Seen {
  constructor({ sizes, counts, squares, pitch }, turned) {
    this.sizes = sizes;
    this.down = turned ? 1 : pitch;
    this.right = turned ? pitch : 1;
    this.origin = HALO * (pitch + 1);
    this.counts = counts;
    this.squares = turned ? [squares[1], squares[0]] : squares;
    this.squareDown = turned ? 1 : squares[1];
    this.squareRight = turned ? squares[1] : 1;
  }

  at(a, b) {
    return this.sizes[this.origin + a * this.down + b * this.right];
  }

  /** The sum over 3x3. */
  box(a, b) {
    const { sizes: m, down, right } = this;
    const p = this.origin + a * down + b * right;
    const [up, low] = [p - down, p + down];
    return (
      m[up - right] + m[up] + m[up + right] + m[p - right] + m[p] + m[p + right] +
      m[low - right] + m[low] + m[low + right]
    );
  }

  /** How many points are not 0 in square (a, b). */
  inSquare(a, b) {
    const there = a < this.squares[0] && b < this.squares[1];
    return there ? this.counts[a * this.squareDown + b * this.squareRight] : 0;
  }

  /** How many points are not 0 in block (u, v). */
  inBlock(u, v) {
    const [a, b] = [2 * u, 2 * v];
    return this.inSquare(a, b) + this.inSquare(a, b + 1) + this.inSquare(a + 1, b) + this.inSquare(a + 1, b + 1);
  }
}

/** All planes of all bands of one level of time. */
class TimeLevel {
  constructor() {
    this.planes = new Map();
  }

  set(name, component, band, magnitudes) {
    const key = `${name} ${component}`;
    if (!this.planes.has(key)) this.planes.set(key, []);
    this.planes.get(key)[band] = magnitudes;
  }

  /** A plane of one band, or null where there is none or it holds nothing. */
  see(name, component, band, turned) {
    const held = (this.planes.get(`${name} ${component}`) || [])[band];
    return held ? new Seen(held, turned) : null;
  }
}
