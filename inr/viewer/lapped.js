// Lapped grids: what is known around an integer before it is read (FORMAT.md, section 11.1).
//
// Windows are read from far apart to next to each other, and of each set first the even frequencies.

const LAPPED = "grid.lap";
const LAPPED_STAGES = [[0, 16, 16], [8, 16, 8], [4, 8, 4], [2, 4, 2], [1, 2, 1]]; // first, every so many, reach
const LAPPED_INPUTS = { sums: 10, fixed: LAPPED_STAGES.length + 2 }; // as GRID_INPUTS
const LAPPED_SIDE = 4; // frequencies to each side that a point sees
const LAPPED_EDGE = 32; // windows to each side

/** [name, shape] of the one tensor: frequencies by windows of each component. */
function lappedShapes({ shape, lapped, outputs }) {
  const size = 2 ** lapped;
  return [[LAPPED, [outputs, size, Math.ceil(shape[0] / size) + 1]]];
}

/** One component, while it is read. */
class LappedPlane {
  constructor(tensor, component) {
    const { q, height, width } = componentOf(tensor, component);
    this.integers = q;
    this.rows = height;
    this.columns = width;
    this.component = component;
    this.pitch = width + 2 * LAPPED_EDGE;
    this.sizes = new Int32Array((height + 2 * LAPPED_SIDE) * this.pitch); // |q| with a border of zeros
    this.first = component ? magnitudes(componentOf(tensor, 0)) : null;
    this.around = component ? boxed(this.first).q : null;
    this.phases = 2 * LAPPED_STAGES.length;
  }

  /** z and g of the points of a phase, frequency by frequency: Uint8Arrays; a generator that pauses. */
  *classes(phase, context) {
    const [stage, odd] = [phase >> 1, phase & 1];
    const [start, every] = LAPPED_STAGES[stage];
    const across = Math.max(0, Math.ceil((this.columns - start) / every));
    const count = ((this.rows - odd + 1) >> 1) * across;
    const found = { z: new Uint8Array(count), g: new Uint8Array(count) };
    const stages = LAPPED_STAGES.map((_, s) => CONTEXT_UNIT * (s === stage));
    context.fix([...stages, CONTEXT_UNIT * odd, CONTEXT_UNIT * (this.component > 0)]);
    for (let row = odd, at = 0; across && row < this.rows; row += 2, at += across) {
      this.look(row, LAPPED_STAGES[stage], context, found, at);
      if ((row >> 1) % 32 === 31) yield;
    }
    return found;
  }

  /** Foresee one frequency of a phase. */
  look(row, [start, every, d], context, found, at) {
    const { sizes: m, pitch, columns, first, around } = this;
    const { x } = context;
    x[9] = log2Pieces(row);
    for (let column = start; column < columns; column += every, at++) {
      const p = (row + LAPPED_SIDE) * pitch + column + LAPPED_EDGE;
      const line = (a) => m[p + a * pitch - d] + m[p + a * pitch + d];
      const far = (a) => m[p + a * pitch - 2 * d] + m[p + a * pitch + 2 * d];
      x[0] = log2Pieces(m[p - pitch] + m[p + pitch]);
      x[1] = log2Pieces(m[p - 2 * pitch] + m[p + 2 * pitch]);
      x[2] = log2Pieces(m[p - 4 * pitch] + m[p - 3 * pitch] + m[p + 3 * pitch] + m[p + 4 * pitch]);
      x[3] = log2Pieces(line(0));
      x[4] = log2Pieces(line(-1) + line(1));
      x[5] = log2Pieces(line(-3) + line(-2) + line(2) + line(3));
      x[6] = log2Pieces(far(-1) + far(0) + far(1));
      const place = row * columns + column;
      x[7] = first ? log2Pieces(first.q[place]) : 0;
      x[8] = around ? log2Pieces(around[place]) : 0;
      context.foresee();
      found.z[at] = context.z;
      found.g[at] = context.g;
    }
  }

  /** The integers of a phase, once they are read. */
  put(phase, values) {
    const [start, every] = LAPPED_STAGES[phase >> 1];
    let at = 0;
    for (let row = phase & 1; row < this.rows; row += 2) {
      for (let column = start; column < this.columns; column += every, at++) {
        this.integers[row * this.columns + column] = values[at];
        this.sizes[(row + LAPPED_SIDE) * this.pitch + column + LAPPED_EDGE] = Math.abs(values[at]);
      }
    }
  }
}
