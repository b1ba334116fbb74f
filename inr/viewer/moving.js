// What is known around an integer of a clip before it is read (FORMAT.md, sections 12.2 to 12.4).
//
// A plane is here one part of one level of one component of all bands of a stage.  It is cut into blocks: first
// comes which of them hold anything, then the points of those, both in the four phases of neighbours.js.

const POINT_INPUTS = { sums: 15, fixed: 10 };
const BLOCK_INPUTS = { sums: 10, fixed: 10 };
const BLOCKS_AT_ONCE = 16; // between two pauses

/** A plane while it is read. */
class MovingPlane {
  /**
   * place: {level, part, component}; times: {now, above, low}, levels of time, null where there is none.
   * stage: {rows, later, distance}, rows the numbers of its bands.
   */
  constructor(place, [, height, width], times, stage) {
    Object.assign(this, place);
    this.name = gridName(place.level, place.part);
    this.size = [height, width];
    this.times = times;
    this.stage = stage;
    this.turned = place.part === "columns";
    [this.rows, this.columns] = this.turned ? [width, height] : [height, width];
    this.down = Math.ceil(this.rows / BLOCK);
    this.across = Math.ceil(this.columns / BLOCK);
    this.pitch = this.across + 2;
    this.room = (this.down + 2) * this.pitch; // blocks of a band, with a border of dead ones
    this.alive = new Uint8Array(stage.rows.length * this.room);
    this.sides = stage.rows.map((band) => this.sidesOf(band));
    this.own = stage.rows.map(() => null); // magnitudes of each band, once it is known to hold some
  }

  /** What the points and blocks of a band look at in other planes. */
  sidesOf(band) {
    const { component, times, stage, turned, name } = this;
    const see = (time, of = band, part = name, c = component) => time && time.see(part, c, of, turned);
    const earlier = GRID_PARTS.slice(0, GRID_PARTS.indexOf(this.part));
    return {
      parent: see(times.now, band, gridName(this.level + 1, this.part)),
      before: earlier.map((part) => see(times.now, band, gridName(this.level, part))).filter(Boolean),
      first: component > 0 ? see(times.now, band, name, 0) : null,
      second: component > 1 ? see(times.now, band, name, 1) : null,
      beside: stage.later ? [band - 1, band + 1].map((near) => see(times.now, near)).filter(Boolean) : [],
      slower: see(times.above, band >> 1),
      low: see(times.low, 0),
    };
  }

  /** Inputs that are the same for a whole phase. */
  fixed(phase) {
    const { part, component, stage, level } = this;
    const flags = [part === "both", component > 0, component > 1, stage.later];
    const phases = PHASES.map((_, p) => p === phase);
    return [...[...phases, ...flags].map((yes) => CONTEXT_UNIT * yes), 4 * level, 4 * stage.distance];
  }

  /** {z, places}: the classes of the blocks of a phase, and where they stand in `alive`; a generator that pauses. */
  *blockClasses(phase, context) {
    const [a, b] = PHASES[phase];
    const count = this.sides.length * ((this.down - a + 1) >> 1) * ((this.across - b + 1) >> 1);
    const found = { z: new Uint8Array(count), places: new Uint32Array(count) };
    context.fix(this.fixed(phase));
    let at = 0;
    for (const [i, side] of this.sides.entries()) {
      for (let u = a; u < this.down; u += 2) {
        for (let v = b; v < this.across; v += 2, at++) {
          found.places[at] = i * this.room + (u + 1) * this.pitch + v + 1;
          this.lookAtBlock(side, u, v, found.places[at], context);
          found.z[at] = context.z;
        }
        if ((u >> 1) % BLOCKS_AT_ONCE === 0) yield;
      }
    }
    return found;
  }

  lookAtBlock(side, u, v, place, context) {
    const { alive, pitch } = this;
    const { x } = context;
    const [up, down] = [place - pitch, place + pitch];
    const number = (plane) => (plane ? plane.inBlock(u, v) : 0);
    const sum = (planes) => planes.reduce((all, plane) => all + plane.inBlock(u, v), 0);
    x[0] = log2Pieces(alive[place - 1] + alive[place + 1]);
    x[1] = log2Pieces(alive[up] + alive[down]);
    x[2] = log2Pieces(alive[up - 1] + alive[up + 1] + alive[down - 1] + alive[down + 1]);
    x[3] = side.parent ? log2Pieces(side.parent.inSquare(u, v)) : 0;
    x[4] = log2Pieces(sum(side.before));
    x[5] = log2Pieces(number(side.first));
    x[6] = log2Pieces(number(side.second));
    x[7] = log2Pieces(sum(side.beside));
    x[8] = log2Pieces(number(side.slower));
    x[9] = log2Pieces(number(side.low));
    context.foresee();
  }

  /** Which blocks of a phase are alive. */
  putBlocks({ places }, flags) {
    places.forEach((place, i) => (this.alive[place] = flags[i]));
  }

  /** All blocks are known: [{i, u, v}], those that are alive, in reading order. */
  living() {
    const out = [];
    for (let i = 0; i < this.own.length; i++) {
      const before = out.length;
      for (let u = 0; u < this.down; u++) {
        const start = i * this.room + (u + 1) * this.pitch + 1;
        for (let v = 0; v < this.across; v++) if (this.alive[start + v]) out.push({ i, u, v });
      }
      if (out.length === before) continue;
      this.own[i] = new Magnitudes(...this.size);
      this.times.now.set(this.name, this.component, this.stage.rows[i], this.own[i]);
    }
    return out;
  }

  /**
   * {z, g, places, ends} of the points of a phase in living blocks: their classes, where they stand in the
   * magnitudes of their band, and how many points come up to the end of each band; a generator that pauses.
   */
  *classes(phase, blocks, context) {
    const [a, b] = PHASES[phase];
    const half = (odd, left) => (Math.min(BLOCK, left) - odd + 1) >> 1;
    const inBlock = ({ u, v }) => half(a, this.rows - BLOCK * u) * half(b, this.columns - BLOCK * v);
    const count = blocks.reduce((sum, block) => sum + inBlock(block), 0);
    const ends = new Array(this.own.length).fill(0);
    const found = { z: new Uint8Array(count), g: new Uint8Array(count), places: new Uint32Array(count), ends };
    const seen = this.own.map((own) => own && new Seen(own, this.turned));
    context.fix(this.fixed(phase));
    let at = 0;
    for (const [n, block] of blocks.entries()) {
      at = this.look(block, [a, b], seen[block.i], context, found, at);
      ends[block.i] = at;
      if (n % BLOCKS_AT_ONCE === 0) yield;
    }
    return found;
  }

  /** Foresee the points of a phase in one block. */
  look({ i, u, v }, [a, b], own, context, found, at) {
    const { sizes: m, down, right } = own;
    const { parent, before, first, second, beside, slower, low } = this.sides[i];
    const { x } = context;
    const [bottom, end] = [Math.min(BLOCK * (u + 1), this.rows), Math.min(BLOCK * (v + 1), this.columns)];
    for (let row = BLOCK * u + a; row < bottom; row += 2) {
      for (let column = BLOCK * v + b; column < end; column += 2, at++) {
        const p = own.origin + row * down + column * right;
        const [up, under, top, last] = [p - down, p + down, p - 2 * down, p + 2 * down];
        x[0] = log2Pieces(m[p - right] + m[p + right]);
        x[1] = log2Pieces(m[up] + m[under]);
        x[2] = log2Pieces(m[up - right] + m[up + right] + m[under - right] + m[under + right]);
        x[3] = log2Pieces(
          m[top - 2 * right] + m[top - right] + m[top] + m[top + right] + m[top + 2 * right] +
          m[up - 2 * right] + m[up + 2 * right] + m[p - 2 * right] + m[p + 2 * right] +
          m[under - 2 * right] + m[under + 2 * right] +
          m[last - 2 * right] + m[last - right] + m[last] + m[last + right] + m[last + 2 * right]
        );
        x[4] = parent ? log2Pieces(parent.at(row >> 1, column >> 1)) : 0;
        x[5] = parent ? log2Pieces(parent.box(row >> 1, column >> 1)) : 0;
        x[6] = log2Pieces(boxesOf(before, row, column));
        x[7] = first ? log2Pieces(first.at(row, column)) : 0;
        x[8] = first ? log2Pieces(first.box(row, column)) : 0;
        x[9] = second ? log2Pieces(second.box(row, column)) : 0;
        x[10] = log2Pieces(pointsOf(beside, row, column));
        x[11] = log2Pieces(boxesOf(beside, row, column));
        x[12] = slower ? log2Pieces(slower.at(row, column)) : 0;
        x[13] = slower ? log2Pieces(slower.box(row, column)) : 0;
        x[14] = low ? log2Pieces(low.box(row, column)) : 0;
        context.foresee();
        found.places[at] = p;
        found.z[at] = context.z;
        found.g[at] = context.g;
      }
    }
    return at;
  }

  /** The integers of a phase, once they are read; take(band, place in the plane, q) hears of those that are not 0. */
  put({ places, ends }, values, take) {
    let at = 0;
    ends.forEach((end, i) => {
      for (; at < end; at++) if (values[at]) take(i, this.own[i].put(places[at], values[at]), values[at]);
    });
  }

  /** Only a block that holds something may be alive. */
  check(blocks) {
    const seen = this.own.map((own) => own && new Seen(own, this.turned));
    const right = blocks.every(({ i, u, v }) => seen[i].inBlock(u, v));
    need(right, `${this.name}: a block of zeros is spelt out; the file is damaged`);
  }
}

function pointsOf(planes, row, column) {
  let sum = 0;
  for (let k = 0; k < planes.length; k++) sum += planes[k].at(row, column);
  return sum;
}

function boxesOf(planes, row, column) {
  let sum = 0;
  for (let k = 0; k < planes.length; k++) sum += planes[k].box(row, column);
  return sum;
}
