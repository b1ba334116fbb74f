// What is known around an integer of a grid before it is read (FORMAT.md, section 10.2).
//
// A plane is read in four phases; all points of a phase are read at once and see those of the phases
// before.  Details along the columns are read transposed.

const GRID_PARTS = ["rows", "columns", "both"];
const PHASES = [[0, 0], [1, 1], [0, 1], [1, 0]];

/** One part of one level of one component, while it is read. */
class GridPlane {
  /** tensors: Map of name -> {shape, integers}; those after this one are still 0. */
  constructor(tensors, level, part, component) {
    const own = tensors.get(gridName(level, part));
    const [, height, width] = own.shape;
    this.width = width;
    this.level = level;
    this.part = part;
    this.component = component;
    this.turned = part === "columns";
    [this.rows, this.columns] = this.turned ? [width, height] : [height, width];
    this.phases = PHASES.length;
    this.pitch = this.columns + 4;
    this.sizes = new Int32Array((this.rows + 4) * this.pitch); // |q| with a border of zeros
    this.integers = componentOf(own, component).q;
    this.sides = sidesOf(tensors, level, part, component, height, width);
  }

  /** z and g of the points of a phase, row by row: Uint8Arrays; a generator that pauses. */
  *classes(phase, context) {
    const [a, b] = PHASES[phase];
    const across = (this.columns - b + 1) >> 1;
    const count = ((this.rows - a + 1) >> 1) * across;
    const found = { z: new Uint8Array(count), g: new Uint8Array(count) };
    const kind = [this.part === "both", this.component > 0, this.component > 1];
    const phases = PHASES.map((_, p) => CONTEXT_UNIT * (p === phase));
    context.fix([...phases, ...kind.map((yes) => CONTEXT_UNIT * yes), 4 * this.level]);
    for (let row = a, at = 0; row < this.rows; row += 2, at += across) {
      this.look(row, b, context, found, at);
      if ((row >> 1) % 32 === 31) yield;
    }
    return found;
  }

  /** Foresee one row of a phase. */
  look(row, from, context, found, at) {
    const { sizes: m, pitch, columns, sides } = this;
    const { x } = context;
    const stride = this.turned ? this.width : 1;
    const start = this.turned ? row : row * this.width;
    for (let column = from; column < columns; column += 2, at++) {
      const p = (row + 2) * pitch + column + 2;
      const [up, down, top, bottom] = [p - pitch, p + pitch, p - 2 * pitch, p + 2 * pitch];
      x[0] = log2Pieces(m[p - 1] + m[p + 1]);
      x[1] = log2Pieces(m[up] + m[down]);
      x[2] = log2Pieces(m[up - 1] + m[up + 1] + m[down - 1] + m[down + 1]);
      x[3] = log2Pieces(
        m[top - 2] + m[top - 1] + m[top] + m[top + 1] + m[top + 2] + m[up - 2] + m[up + 2] + m[p - 2] +
        m[p + 2] + m[down - 2] + m[down + 2] +
        m[bottom - 2] + m[bottom - 1] + m[bottom] + m[bottom + 1] + m[bottom + 2]
      );
      const place = start + column * stride;
      for (let k = 0; k < sides.length; k++) x[4 + k] = sides[k] ? log2Pieces(sides[k][place]) : 0;
      context.foresee();
      found.z[at] = context.z;
      found.g[at] = context.g;
    }
  }

  /** The integers of a phase, once they are read. */
  put(phase, values) {
    const [a, b] = PHASES[phase];
    let at = 0;
    for (let row = a; row < this.rows; row += 2) {
      for (let column = b; column < this.columns; column += 2, at++) {
        const place = this.turned ? column * this.width + row : row * this.width + column;
        this.integers[place] = values[at];
        this.sizes[(row + 2) * this.pitch + column + 2] = Math.abs(values[at]);
      }
    }
  }
}

function gridName(level, part) {
  return `grid.${level}.${part}`;
}

/** One component of a tensor: {q, height, width}. */
function componentOf({ shape: [, height, width], integers }, component) {
  const size = height * width;
  return { q: integers.subarray(component * size, (component + 1) * size), height, width };
}

/**
 * Sums of |q| from other planes, Int32Array [height, width] or null where there is none: the same
 * place and the 3x3 around it one level coarser; the 3x3 in the parts before; the same place and the
 * 3x3 in component 0; the 3x3 in component 1.
 */
function sidesOf(tensors, level, part, component, height, width) {
  const parent = tensors.get(gridName(level + 1, part));
  const coarse = parent ? magnitudes(componentOf(parent, component)) : null;
  const doubled = (plane) => plane && resized(plane, height, width, 1);
  let around = null;
  for (const before of GRID_PARTS.slice(0, GRID_PARTS.indexOf(part))) {
    const sibling = magnitudes(componentOf(tensors.get(gridName(level, before)), component));
    const sums = boxed({ q: resized(sibling, height, width, 0), height, width }).q;
    if (around) around.forEach((sum, i) => (around[i] = sum + sums[i]));
    else around = sums;
  }
  const own = (c) => magnitudes(componentOf(tensors.get(gridName(level, part)), c));
  return [
    doubled(coarse), doubled(coarse && boxed(coarse)), around,
    component ? own(0).q : null, component ? boxed(own(0)).q : null, component > 1 ? boxed(own(1)).q : null,
  ];
}

function magnitudes({ q, height, width }) {
  return { q: q.map(Math.abs), height, width };
}

/** Every value 2^shift times along both axes, cut or filled with zeros at the far ends. */
function resized(plane, height, width, shift) {
  const out = new Int32Array(height * width);
  const rows = Math.min(height, plane.height << shift);
  const columns = Math.min(width, plane.width << shift);
  for (let row = 0; row < rows; row++) {
    const from = (row >> shift) * plane.width;
    for (let column = 0, to = row * width; column < columns; column++) out[to++] = plane.q[from + (column >> shift)];
  }
  return out;
}

/** Sums over 3x3, zeros beyond the border. */
function boxed({ q, height, width }) {
  const rows = new Int32Array(q.length);
  const out = new Int32Array(q.length);
  for (let i = 0; i < q.length; i++) {
    rows[i] = q[i] + (i >= width ? q[i - width] : 0) + (i + width < q.length ? q[i + width] : 0);
  }
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      out[i] = rows[i] + (column ? rows[i - 1] : 0) + (column + 1 < width ? rows[i + 1] : 0);
    }
  }
  return { q: out, height, width };
}
