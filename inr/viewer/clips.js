// Section G of a clip: groups of frames, each of which is read when it is asked for (FORMAT.md, section 12.1).

const GROUP_FRAMES_LIMIT = 64;
const SPLIT_FROM = 4; // bands of a level of time that are read in two stages

/**
 * The section's head, a generator that pauses: {header, scale, step, nets, context, lengths, streams}; nets has
 * the networks of points and blocks, context says what they take, and streams are the bytes of the groups.
 */
function* readClip(payload, header, early) {
  const cursor = new Cursor(payload, "clips");
  const scale = scaleOf(cursor);
  const start = cursor.at;
  const points = yield* readContext(cursor.take(cursor.varint()), POINT_INPUTS, early);
  const blocks = yield* readContext(cursor.take(cursor.varint()), BLOCK_INPUTS, early);
  const context = cursor.at - start;
  const [lengths, sizes] = [[], []];
  for (let left = header.shape[0]; left > 0; left -= lengths.at(-1)) {
    const [frames, size] = [cursor.varint(), cursor.varint()];
    need(frames >= 1 && frames <= left, `clips: a group of ${frames} frames, where ${left} are left`);
    checkGroup(header, frames);
    lengths.push(frames);
    sizes.push(size);
  }
  const streams = sizes.map((size) => cursor.take(size));
  cursor.finish();
  return { header, scale, step: scale.step * STEP_UNIT, nets: { points, blocks }, context, lengths, streams };
}

function* readContext(stream, inputs, early) {
  return new Context(yield* readWeights(stream, contextShapes(inputs), early), inputs);
}

function checkGroup({ frame, outputs }, frames) {
  const most = GROUP_FRAMES_LIMIT;
  need(frames <= most, `clips: a group of ${frames} frames; at most ${most} are allowed`);
  const count = frames * outputs * sizeOf(frame);
  const fits = frames === 1 || count <= GRID_VALUES_LIMIT;
  need(fits, `clips: a group of ${frames} frames has ${count} values; at most ${GRID_VALUES_LIMIT} may be`);
}

/** Where the tensors of one frame stand when they are in one array: [{name, shape, start}], and its length. */
function layoutOfFrame(header) {
  const parts = [];
  let start = 0;
  for (const [name, shape] of gridShapes(header)) {
    parts.push({ name, shape, start });
    start += sizeOf(shape);
  }
  return { parts, length: start };
}

/** Integers of one band that are not 0, and their places in the layout of a frame; both grow. */
class Sparse {
  constructor() {
    this.length = 0;
    this.places = new Uint32Array(64);
    this.integers = new Int32Array(64);
  }

  push(place, q) {
    if (this.length === this.places.length) {
      for (const kept of ["places", "integers"]) {
        const more = new this[kept].constructor(2 * this.length);
        more.set(this[kept]);
        this[kept] = more;
      }
    }
    this.places[this.length] = place;
    this.integers[this.length++] = q;
  }

  trimmed() {
    return { places: this.places.slice(0, this.length), integers: this.integers.slice(0, this.length) };
  }
}

/** Lengths of the low halves of a group of n frames, from one band to all of them. */
function lengthsInTime(n) {
  const lengths = [n];
  while (lengths[0] > 1) lengths.unshift((lengths[0] + 1) >> 1);
  return lengths;
}

/** Stages of a group in reading order: {distance, first, rows, later}; first is the level's first band. */
function stagesOf(frames) {
  const out = [];
  let first = 0;
  for (const [distance, end] of lengthsInTime(frames).entries()) {
    const rows = Array.from({ length: end - first }, (_, i) => i);
    const halves = rows.length < SPLIT_FROM ? [rows] : [0, 1].map((odd) => rows.filter((i) => i % 2 === odd));
    halves.forEach((half, later) => out.push({ distance, first, rows: half, later }));
    first = end;
  }
  return out;
}

/**
 * Group `index`, a generator that pauses: {low, bands}; low has the coarsest grids of all bands, Float32Array, and
 * bands {places, integers} of what is not 0.  tell: hears what share of it is read.
 */
function* readGroup(clip, index, tell = () => {}) {
  try {
    return yield* readStages(clip, clip.lengths[index], new Cursor(clip.streams[index], "clips"), tell);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`group ${index + 1} of ${clip.lengths.length}: ${error.message}`);
  }
}

function* readStages(clip, frames, cursor, tell) {
  const low = yield* readLow(clip.header, frames, cursor.take(cursor.varint()));
  const coder = new RangeDecoder(cursor.take(cursor.left), "clips");
  const layout = layoutOfFrame(clip.header);
  const bands = Array.from({ length: frames }, () => new Sparse());
  const times = { now: null, above: null, low: null };
  for (const stage of stagesOf(frames)) {
    if (!stage.later) {
      if (stage.distance === 1) times.low = times.now;
      if (stage.distance > 1) times.above = times.now;
      times.now = new TimeLevel();
    }
    if (!coder.raw(1)) continue;
    for (const { place, shape, start } of movingPlanes(layout)) {
      const plane = new MovingPlane(place, shape, times, stage);
      const take = (i, at, q) => bands[stage.first + stage.rows[i]].push(start + at, q);
      yield* readMoving(coder, plane, clip.nets, take);
      tell(coder.next / coder.words.length);
    }
  }
  coder.finish();
  return { low, bands: bands.map((band) => band.trimmed()) };
}

/** The coarsest grids of all bands: each level of time is a tensor, with rows as in section 13.3. */
function* readLow(header, frames, stream) {
  const [[, shape]] = gridShapes(header);
  const lengths = lengthsInTime(frames);
  const order = lengths.map((end, d) => [`${lengths.length - 1 - d}.low`, [end - (lengths[d - 1] || 0), ...shape]]);
  const tensors = [...(yield* readWeights(stream, order, true)).values()];
  const right = tensors.every(({ k }) => k === tensors[0].k);
  need(right, `clips: the coarsest grids of a group have the steps ${tensors.map(({ k }) => k)}; one is allowed`);
  const low = new Float32Array(frames * sizeOf(shape));
  tensors.forEach(({ values }, d) => low.set(values, (lengths[d - 1] || 0) * sizeOf(shape)));
  return low;
}

/** {place, shape, start} of each plane of a stage in reading order; start is its place in the layout of a frame. */
function* movingPlanes({ parts }) {
  const tensors = new Map(parts.map((part) => [part.name, part]));
  const levels = (parts.length - 1) / GRID_PARTS.length;
  for (let level = levels - 1; level >= 0; level--) {
    for (let component = 0; component < parts[0].shape[0]; component++) {
      for (const part of GRID_PARTS) {
        const { shape, start } = tensors.get(gridName(level, part));
        const skipped = component * shape[1] * shape[2];
        yield { place: { level, part, component }, shape, start: start + skipped };
      }
    }
  }
}

/** One plane of all bands of a stage: which blocks are alive, and then their points. */
function* readMoving(coder, plane, nets, take) {
  coder.claim(plane.sides.length * plane.down * plane.across * flagModel(0).least);
  for (let phase = 0; phase < PHASES.length; phase++) {
    const found = yield* plane.blockClasses(phase, nets.blocks);
    plane.putBlocks(found, yield* readFlagsOf(coder, found.z));
  }
  const blocks = plane.living();
  for (let phase = 0; blocks.length && phase < PHASES.length; phase++) {
    const found = yield* plane.classes(phase, blocks, nets.points);
    plane.put(found, yield* readPhase(coder, found.z, found.g), take);
  }
  plane.check(blocks);
}
