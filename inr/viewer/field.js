// The field on a grid, by plain JavaScript: tiles evaluated on their share of it and blended (section 8.1).

/** Coordinates start + i · step, i = from .. to-1. */
function line(start, step, from, to) {
  return Float64Array.from({ length: to - from }, (_, i) => start + (from + i) * step);
}

/** The grid rule: sample i of n sits at (2i + 1)/n - 1; {start, step} of samples `from` on. */
function sampleGrid(n, from = 0) {
  return { start: (2 * from + 1) / n - 1, step: 2 / n };
}

const SLICE_COST = 4e6; // multiply-adds, some 10 ms

class JsEngine {
  constructor(file) {
    this.name = "JavaScript";
    this.file = file;
    this.axes = axesOf(file);
    this.network = new Network(file);
    this.cost = costOf(file.header);
    this.u = new Float64Array(POINTS * file.header.given);
    this.out = new Float64Array(POINTS * file.header.outputs);
    this.points = Math.min(POINTS, Math.max(1, Math.floor(SLICE_COST / this.cost))); // between two pauses
  }

  /**
   * The field on the product of rising coordinate arrays, one an axis, not clipped; a generator that
   * pauses often and returns a Float64Array [n_0, ..., C].
   */
  *values(grid) {
    const { outputs, grids, moving, lapped } = this.file.header;
    if (moving) return yield* this.overFrames(grid);
    if (grids) return yield* this.overGrids(grid);
    if (lapped) return yield* this.overWaves(grid[0]);
    const sizes = grid.map((x) => x.length);
    const out = new Float64Array(sizeOf(sizes) * outputs);
    const reach = grid.map((x, d) => touching(this.axes[d], x));
    for (const boxes of product(reach)) {
      if (boxes.every((box) => box.to > box.from)) yield* this.addTile(out, sizes, boxes);
    }
    return out;
  }

  /** The network of what grids hold there, and the grids' own colours (section 10.7). */
  *overGrids([y, x], t = null) {
    const { outputs, given } = this.file.header;
    const planes = yield* planesOf(this.file, t);
    const [down, across] = [tapsOf(y, planes.rows), tapsOf(x, planes.columns)];
    const line = new Float64Array(planes.columns);
    const seen = new Float64Array(x.length * given);
    const out = new Float64Array(y.length * x.length * outputs);
    for (let row = 0; row < y.length; row++) {
      for (let e = 0; e < given; e++) alongRow(planes, e, down, row, across, line, seen);
      for (let from = 0; from < x.length; from += this.points) {
        const count = Math.min(this.points, x.length - from);
        for (let i = 0; i < count * given; i++) this.u[i] = GRID_SCALE * seen[from * given + i];
        this.network.run(0, this.u, count, this.out);
        for (let n = 0; n < count; n++) {
          const to = (row * x.length + from + n) * outputs;
          for (let c = 0; c < outputs; c++) out[to + c] = this.out[n * outputs + c];
          addColours(seen, (from + n) * given, outputs, out, to);
        }
        yield;
      }
    }
    return out;
  }

  /** The same of a clip, moment by moment. */
  *overFrames([t, y, x]) {
    const size = y.length * x.length * this.file.header.outputs;
    const out = new Float64Array(t.length * size);
    for (let i = 0; i < t.length; i++) out.set(yield* this.overGrids([y, x], t[i]), i * size);
    return out;
  }

  /** The network of what a lapped grid holds there, and the grid's own sound (section 11.2). */
  *overWaves(x) {
    const { outputs, given } = this.file.header;
    const seen = yield* wavesHeld(this.file, x);
    const out = new Float64Array(x.length * outputs);
    for (let from = 0; from < x.length; from += this.points) {
      const count = Math.min(this.points, x.length - from);
      for (let i = 0; i < count * given; i++) this.u[i] = LAPPED_SCALE * seen[from * given + i];
      this.network.run(0, this.u, count, this.out);
      for (let n = 0; n < count; n++) {
        const to = (from + n) * outputs;
        for (let c = 0; c < outputs; c++) out[to + c] = this.out[n * outputs + c];
        addComponents(seen, (from + n) * given, outputs, out, to);
      }
      yield;
    }
    return out;
  }

  /** Evaluate one tile on its box of the grid and add it, weighted, to `out`. */
  *addTile(out, sizes, boxes) {
    const { header } = this.file;
    const { outputs, dims } = header;
    const tile = tileIndex(header, boxes.map((box) => box.tile));
    const extent = boxes.map((box) => box.to - box.from);
    const total = sizeOf(extent);
    const place = new Int32Array(dims);
    const targets = new Int32Array(POINTS);
    const weights = new Float64Array(POINTS);
    for (let done = 0; done < total; ) {
      const count = Math.min(this.points, total - done);
      for (let n = 0; n < count; n++) {
        let target = 0;
        let weight = 1;
        for (let d = 0; d < dims; d++) {
          this.u[n * dims + d] = boxes[d].u[place[d]];
          weight *= boxes[d].weight[place[d]];
          target = target * sizes[d] + boxes[d].from + place[d];
        }
        targets[n] = target;
        weights[n] = weight;
        for (let d = dims - 1; d >= 0 && ++place[d] === extent[d]; d--) place[d] = 0;
      }
      this.network.run(tile, this.u, count, this.out);
      for (let n = 0; n < count; n++) {
        const to = targets[n] * outputs;
        for (let c = 0; c < outputs; c++) out[to + c] += weights[n] * this.out[n * outputs + c];
      }
      done += count;
      yield;
    }
  }

  /**
   * A picture, strip by strip: yields {row, rows, data}, data Uint8Array [rows, columns, 4] with the
   * channels as they are (no colour conversion), and nothing in its pauses.
   * view: {columns, rows, x0, dx, y0, dy, t}; t is the time coordinate of a video, else null.
   */
  *strips(view) {
    const { outputs, bits } = this.file.header;
    const x = line(view.x0, view.dx, 0, view.columns);
    const step = Math.max(1, Math.min(64, Math.floor(2e6 / (view.columns * this.cost))));
    for (let row = 0; row < view.rows; row += step) {
      const rows = Math.min(step, view.rows - row);
      const y = line(view.y0, view.dy, row, row + rows);
      const grid = view.t === null ? [y, x] : [Float64Array.of(view.t), y, x];
      const values = yield* this.values(grid);
      yield { row, rows, data: toBytes(values, outputs, bits) };
    }
  }
}

function* product(lists, head = []) {
  if (head.length === lists.length) {
    yield head;
    return;
  }
  for (const item of lists[head.length]) yield* product(lists, [...head, item]);
}

/** Round half to even, as section 8.2 asks. */
function roundEven(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** A value of a picture in [0, 1] on the levels of its depth. */
function onLevels(f, bits) {
  const unit = Math.min(Math.max((f + 1) / 2, 0), 1);
  const levels = 2 ** bits - 1;
  return bits === 1 ? Number(unit >= 0.5) : roundEven(unit * levels) / levels;
}

/** Picture values [n, C] to bytes [n, 4]; channels that are not there stay 0. */
function toBytes(values, channels, bits) {
  const out = new Uint8Array((values.length / channels) * 4);
  for (let i = 0, at = 0; at < values.length; i += 4) {
    for (let c = 0; c < channels; c++) out[i + c] = Math.round(255 * onLevels(values[at++], bits));
  }
  return out;
}

/** A value of a sound in [-1, 1] on the levels of its format. */
function onSoundLevels(f, mode, bits) {
  if (mode === "FLOAT" || mode === "DOUBLE" || mode === "") return f;
  const scale = 2 ** (bits - 1);
  return Math.min(Math.max(roundEven(scale * f), -scale), scale - 1) / scale;
}
