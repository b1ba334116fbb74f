// From the bytes of a file to its weights (FORMAT.md, sections 7 and 13): w = q · 2^-k, exact in float32.

const PARAMS_LIMIT = 2 ** 28;
const ZEROS_LIMIT = 2 ** 24;
const INTEGER_LIMIT = 2 ** 22;

/** Run a generator to its end without a pause. */
function drain(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The content of a file: a generator that pauses now and then and returns
 * {header, sections, levels, times, profile, tensors, grids, clip}; tensors is a Map of
 * name -> {name, shape, k, bits, values}, values a Float32Array; those of grids have no k.  The grids of a
 * clip (clips.js) are not among them.
 */
function* decodeFile(data) {
  const { sections, early } = sectionsOf(data);
  const payload = Object.fromEntries(sections.map((s) => [s.type, s.payload]));
  const header = headerOf(payload.H, early);
  const order = tensorShapes(header);
  const params = order.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  need(params <= PARAMS_LIMIT, `field: has ${params} parameters; a file holds at most ${PARAMS_LIMIT}`);
  const levels = payload.D ? levelsOf(payload.D, header.tiles[0]) : null;
  const times = payload.P ? timesOf(payload.P, header) : null;
  const profile = payload.i ? inflated(payload.i, "section i") : null;
  const stored = Boolean(header.grids || header.lapped);
  need(stored === Boolean(payload.G), "header: an encoding by grids and section G belong together");
  const tensors = yield* readWeights(payload.W, order.filter(([name]) => !isInGrids(name)), early);
  const clip = header.moving ? yield* readClip(payload.G, header, early) : null;
  const grids = stored && !clip ? yield* readGrids(payload.G, order.filter(([name]) => isInGrids(name)), early) : null;
  if (grids) grids.tensors.forEach((tensor, name) => tensors.set(name, tensor));
  const all = params + (clip ? header.samples * header.outputs : 0);
  return { header, levels, times, profile, tensors, grids, clip, params: all, sections, bytes: data.length };
}

function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

/** [name, shape] of every tensor, in stored order. */
function tensorShapes(h) {
  const lead = h.shared ? 1 : h.tileCount;
  const carried = h.bases[0] === "carrier";
  const amplitudes = h.bases.length - (carried ? 1 : 0);
  const trigonometric = !carried && h.bases.some((name) => TRIGONOMETRIC.includes(name));
  const rows = (trigonometric ? 1 : 0) + (h.bases.includes("gauss") ? 1 : 0);
  const out = [];
  for (let layer = 0, fanIn = h.encoded; layer <= h.hidden; layer++, fanIn = h.width) {
    out.push([`layer${layer}.weight`, [h.tileCount, fanIn, h.width]]);
    out.push([`layer${layer}.bias`, [h.tileCount, h.width]]);
    if (amplitudes) out.push([`layer${layer}.amplitude`, [lead, amplitudes, h.width]]);
    if (rows) out.push([`layer${layer}.frequency`, [lead, rows, h.width]]);
  }
  out.push(["output.weight", [h.tileCount, h.width, h.outputs]], ["output.bias", [h.tileCount, h.outputs]]);
  if (h.gain) out.push(["gain", [h.tileCount, h.outputs]]);
  if (h.grids && !h.moving) out.push(...gridShapes(h));
  if (h.lapped) out.push(...lappedShapes(h));
  return out;
}

/** The tensors of a stream that holds nothing else; `early`: rows as in section 13.3. */
function* readWeights(payload, order, early) {
  const coder = new RangeDecoder(payload);
  const tensors = yield* readTensors(coder, order, early);
  coder.finish();
  return tensors;
}

/** Those at the front of a stream. */
function* readTensors(coder, order, early) {
  const last = new Map();
  const rows = order.map(([name]) => readRow(coder, name, last, early));
  checkClaims(rows, order, 4 * coder.words.length);
  const tensors = new Map();
  for (const [at, [name, shape]] of order.entries()) {
    const { k, family, index, centre, bits } = rows[at];
    const before = coder.bits;
    const values = new Float32Array(sizeOf(shape));
    if (family) {
      const q = yield* coder.values(values.length, modelOf(family, index));
      const step = 2 ** -k;
      for (let i = 0; i < q.length; i++) {
        need(Math.abs(q[i] + centre) <= INTEGER_LIMIT, `${name}: an integer passes ${INTEGER_LIMIT}`);
        values[i] = (q[i] + centre) * step;
      }
    }
    tensors.set(name, { name, shape, k, values, bits: bits + coder.bits - before });
  }
  return tensors;
}

/** What stands before a tensor's integers, predicted from the last tensor of the same role. */
function readRow(coder, name, last, early) {
  const before = coder.bits;
  const role = name.split(".").pop();
  const [lastK, lastIndex] = last.get(role) || [early ? 8 : 5, 32];
  let kind = coder.raw(early ? 3 : 2);
  if (kind === 3 && !early) kind += coder.raw(1);
  need(kind <= 4, `${name}: kind ${kind} of model is not known; the file is damaged`);
  const k = lastK + drain(coder.values(1, modelOf(LAPLACE, 24)))[0];
  const family = kind > 2 ? kind - 2 : kind;
  let index = lastIndex + 4 * (k - lastK);
  if (family) index += drain(coder.values(1, modelOf(LAPLACE, 26)))[0];
  const known = !family || (index >= (family === GAUSS ? 16 : 0) && index < 108);
  need(k >= -8 && k <= 24 && known, `${name}: step 2^${-k} or scale ${index} is out of range; it is damaged`);
  let centre = 0;
  if (kind > 2) {
    const sign = coder.raw(1) ? -1 : 1;
    centre = sign * (coder.gamma() + 1);
    need(Math.abs(centre) <= INTEGER_LIMIT, `${name}: centre ${centre} is out of range; the file is damaged`);
  }
  last.set(role, [k, index]);
  return { k, family, index, centre, bits: coder.bits - before };
}

/** Hold the number of weights against the bytes there are, before taking memory for them. */
function checkClaims(rows, order, bytes) {
  let zeros = 0;
  let least = 0;
  order.forEach(([, shape], at) => {
    const { family, index } = rows[at];
    if (!family) zeros += sizeOf(shape);
    else least += sizeOf(shape) * (modelOf(family, index).least + modelOf(family, index).shift);
  });
  need(zeros <= ZEROS_LIMIT, `weights: ${zeros} lie in zero tensors; at most ${ZEROS_LIMIT} may`);
  const taken = Math.ceil(least / 8);
  need(least <= 8 * bytes, `weights: those promised take ${taken} bytes at least, but there are ${bytes}`);
}

function inflated(payload, what, most = SECTION_LIMIT) {
  const cursor = new Cursor(payload, what);
  const size = cursor.varint();
  need(size <= most, `${what}: inflates to ${size} bytes; at most ${most} are allowed`);
  return inflate(cursor.take(cursor.left), size, what);
}

/** Section D: how finely each cell of the slowest axis is cut. */
function levelsOf(payload, tiles) {
  const levels = inflated(payload, "section D", Math.min(tiles, SECTION_LIMIT));
  const made = levels.reduce((sum, level) => sum + 2 ** level, 0);
  const right = made === tiles && levels.every((level) => level <= 15) && levels.some((level) => level);
  need(right, `section D: its cells have ${made} tiles; the header says ${tiles}`);
  return levels;
}

/** Section P: the time of each frame in seconds. */
function timesOf(payload, header) {
  need(header.timeBase, "section P: times of frames, but the header has no time base");
  const frames = header.shape[0];
  need(frames <= 2 ** 20, `section P: times of ${frames} frames; at most 2^20 are allowed`);
  const cursor = new Cursor(inflated(payload, "section P"), "section P");
  const { top, bottom } = header.timeBase;
  const times = new Float64Array(frames);
  let total = 0n;
  for (let i = 1; i < frames; i++) {
    const delta = cursor.big();
    need(delta >= 1n, "section P: times of frames must rise");
    total += delta;
    times[i] = (Number(total) * Number(top)) / Number(bottom);
  }
  need(total < 1n << 62n, "section P: times of frames must stay under 2^62");
  cursor.finish();
  return times;
}
