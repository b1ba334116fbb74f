// Section G: the integers of a pyramid of grids or of a lapped grid (FORMAT.md, sections 10 and 11).

const GRID_VALUES_LIMIT = 2 ** 26;
const MOST_STEP = 2 ** 26;
const STEP_UNIT = 2 ** -20;
const AT_ONCE = 8192; // symbols between two pauses

/** Shapes of a picture at every level of its pyramid, 0 the finest; levels + 1 of them. */
function shapesOfLevels([height, width], levels) {
  const out = [[height, width]];
  for (let l = 0; l < levels; l++) out.push(out[l].map((n) => (n + 1) >> 1));
  return out;
}

/** [name, shape] of the grids' tensors of a picture or frame, coarse to fine. */
function gridShapes({ frame, grids, outputs }) {
  const sizes = shapesOfLevels(frame, grids);
  const out = [["grid.low", [outputs, ...sizes[grids]]]];
  for (let level = grids - 1; level >= 0; level--) {
    const [[height, width], [low, left]] = [sizes[level], sizes[level + 1]];
    out.push([gridName(level, "rows"), [outputs, low, width - left]]);
    out.push([gridName(level, "columns"), [outputs, height - low, left]]);
    out.push([gridName(level, "both"), [outputs, height - low, width - left]]);
  }
  return out;
}

/** Whether section G holds a tensor: the coarsest grid is small and stands with the weights. */
function isInGrids(name) {
  return name.startsWith("grid.") && name !== "grid.low";
}

/**
 * The section's content, a generator that pauses: {step, context, tensors}, the step as a number,
 * bytes of the context network, and a Map of name -> {name, shape, step, integers, values, bits}.
 */
function* readGrids(payload, order, early) {
  const count = order.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  need(count <= GRID_VALUES_LIMIT, `grids: ${count} values; at most ${GRID_VALUES_LIMIT} are allowed`);
  const cursor = new Cursor(payload, "grids");
  const scale = scaleOf(cursor);
  const inputs = order[0][0] === LAPPED ? LAPPED_INPUTS : GRID_INPUTS;
  const shapes = contextShapes(inputs);
  const own = early ? yield* readWeights(cursor.take(cursor.varint()), shapes, early) : null; // section 13.4
  const coder = new RangeDecoder(cursor.take(cursor.left), "grids");
  const known = own || (yield* readTensors(coder, shapes, early));
  const made = ([name, shape]) => [name, { name, shape, integers: new Int32Array(sizeOf(shape)), bits: 0 }];
  const tensors = new Map(order.map(made));
  yield* readPlanes(coder, tensors, new Context(known, inputs));
  for (const tensor of tensors.values()) {
    tensor.step = scale.step * STEP_UNIT;
    tensor.values = valuesOf(tensor.integers, scale);
  }
  const bits = [...known.values()].reduce((sum, tensor) => sum + tensor.bits, 0);
  return { step: scale.step * STEP_UNIT, context: bits / 8, tensors };
}

/** How integers become values: {step, one, more}, counted in 2^-20; one and more shrink 1 and larger ones. */
function scaleOf(cursor) {
  const [step, shrink] = [cursor.varint(), cursor.byte()];
  const right = step >= 1 && step <= MOST_STEP;
  need(right, `${cursor.what}: step ${step} is out of range 1..${MOST_STEP}; the file is damaged`);
  return { step, one: shrink & 15, more: shrink >> 4 };
}

function* readPlanes(coder, tensors, context) {
  for (const { tensor, made } of planesInOrder(tensors)) {
    const before = coder.bits;
    if (coder.raw(1)) {
      coder.claim((tensor.integers.length / tensor.shape[0]) * flagModel(0).least); // before memory is taken
      yield* readPlane(coder, made(), context);
    }
    tensor.bits += coder.bits - before;
  }
  coder.finish();
}

/** {tensor, made}: level by level, and in a level component by component; made() gives the plane. */
function planesInOrder(tensors) {
  const [first] = tensors.values();
  const out = [];
  const levels = first.name === LAPPED ? 0 : tensors.size / GRID_PARTS.length;
  for (let c = 0; !levels && c < first.shape[0]; c++) out.push({ tensor: first, made: () => new LappedPlane(first, c) });
  for (let level = levels - 1; level >= 0; level--) {
    for (let c = 0; c < first.shape[0]; c++) {
      for (const part of GRID_PARTS) {
        const tensor = tensors.get(gridName(level, part));
        out.push({ tensor, made: () => new GridPlane(tensors, level, part, c) });
      }
    }
  }
  return out;
}

function* readPlane(coder, plane, context) {
  for (let phase = 0; phase < plane.phases; phase++) {
    const { z, g } = yield* plane.classes(phase, context);
    if (z.length) plane.put(phase, yield* readPhase(coder, z, g));
  }
  need(plane.integers.some((q) => q), "grids: a plane of zeros is not marked as one; the file is damaged");
}

/** Flags by class, sizes of what is not 0 by class with their excesses, signs. */
function* readPhase(coder, z, g) {
  const values = yield* readFlagsOf(coder, z);
  const there = placesOf(values);
  for (const { kind, places } of runs(there, g, SIZE_CLASSES)) {
    yield* slices(places, (some) => readSizes(coder, sizeModel(kind), some, values));
    readExcesses(coder, sizeModel(kind), places, values);
  }
  yield* slices(there, (some) => readSigns(coder, some, values));
  return values;
}

/** A flag for each of these classes, Int32Array. */
function* readFlagsOf(coder, z) {
  const values = new Int32Array(z.length);
  const all = new Uint32Array(z.length).map((_, i) => i);
  for (const { kind, places } of runs(all, z, FLAG_CLASSES)) {
    yield* slices(places, (some) => readFlags(coder, flagModel(kind), some, values));
  }
  return values;
}

/** Where values are not 0. */
function placesOf(values) {
  const out = new Uint32Array(values.reduce((count, value) => count + (value ? 1 : 0), 0));
  for (let i = 0, at = 0; i < values.length; i++) if (values[i]) out[at++] = i;
  return out;
}

/** Places in order of their class, as they stand within one: [{kind, places}] of the classes that are there. */
function runs(places, classes, most) {
  const ends = new Uint32Array(most + 1);
  for (const i of places) ends[classes[i] + 1] += 1;
  for (let k = 0; k < most; k++) ends[k + 1] += ends[k];
  const sorted = new Uint32Array(places.length);
  const next = ends.slice();
  for (const i of places) sorted[next[classes[i]]++] = i;
  const out = [];
  for (let kind = 0; kind < most; kind++) {
    if (ends[kind + 1] > ends[kind]) out.push({ kind, places: sorted.subarray(ends[kind], ends[kind + 1]) });
  }
  return out;
}

function* slices(places, read) {
  for (let at = 0; at < places.length; at += AT_ONCE) {
    read(places.subarray(at, at + AT_ONCE));
    if (places.length > AT_ONCE) yield;
  }
}

function readFlags(coder, model, places, values) {
  for (let i = 0; i < places.length; i++) values[places[i]] = coder.symbol(model);
}

function readSizes(coder, model, places, values) {
  for (let i = 0; i < places.length; i++) values[places[i]] = coder.symbol(model) + 1;
}

/** A size at the edge is an escape. */
function readExcesses(coder, { edge }, places, values) {
  for (const i of places) {
    if (values[i] <= edge) continue;
    values[i] += coder.gamma();
    need(values[i] <= INTEGER_LIMIT, `grids: an integer passes ${INTEGER_LIMIT}; the file is damaged`);
  }
}

function readSigns(coder, places, values) {
  for (let i = 0; i < places.length; i++) if (coder.raw(1)) values[places[i]] = -values[places[i]];
}

/** v = sign(q) (|q| - t/32) s 2^-20, t by whether |q| is 1 or more; exact, then rounded to 32 bits once. */
function valuesOf(integers, { step, one, more }) {
  const unit = (step * STEP_UNIT) / 32;
  const out = new Float32Array(integers.length);
  for (let i = 0; i < out.length; i++) {
    const q = integers[i];
    if (q > 0) out[i] = (32 * q - (q > 1 ? more : one)) * unit;
    else if (q < 0) out[i] = (32 * q + (q < -1 ? more : one)) * unit;
  }
  return out;
}
