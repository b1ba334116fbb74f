// A clip at any moment: bands put together to a frame, or to what lies between frames (FORMAT.md, section 12.5).
//
// All of it is linear, from the bands to what the network sees.  So a moment is one sum over bands, and costs the
// same between frames as at one; only then it becomes a picture.  Groups are kept as they are read, without zeros.

const KEPT_VALUES = 2 ** 24; // of groups that may be asked for again
const NEAR_MOMENT = 1e-6; // of the distance of two frames: what rounding moves a coordinate

/** The place of a coordinate among n frames, in frames; exact at a frame. */
function frameOf(x, n) {
  const at = Math.min(Math.max((n * (x + 1)) / 2 - 0.5, -0.5), n - 0.5);
  const near = Math.min(Math.max(Math.round(at), 0), n - 1);
  return Math.abs(at - near) < NEAR_MOMENT ? near : at;
}

/** [frame, weight] of all frames that reach a place: cubic convolution. */
function framesAround(at, n) {
  const first = Math.floor(at);
  const t = at - first;
  if (t === 0) return [[at, 1]];
  const weights = [t * (t * (2 - t) - 1), t * t * (3 * t - 5) + 2, t * (t * (4 - 3 * t) + 1), t * t * (t - 1)];
  return weights.map((weight, k) => [mirrored(first - 1 + k, n), weight / 2]);
}

/** For each frame of a group of n, how much of every band it is made of: Float64Arrays; kept, for there are few n. */
const synthesisTables = new Map();
function synthesisTable(n) {
  if (synthesisTables.has(n)) return synthesisTables.get(n);
  const bands = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (__, j) => Number(i === j)));
  let frames = bands.slice(0, 1);
  for (const count of lengthsInTime(n).slice(1)) {
    const joined = new Float64Array(count * n);
    frames.forEach((row, i) => joined.set(row.map((v) => v / WAVELET_GAIN), 2 * i * n));
    bands.slice(frames.length, count).forEach((row, i) => joined.set(row.map((v) => v * WAVELET_GAIN), (2 * i + 1) * n));
    for (const [parity, weight] of LIFTING) liftRows(joined, count, n, parity, weight);
    frames = Array.from({ length: count }, (_, i) => joined.subarray(i * n, (i + 1) * n));
  }
  synthesisTables.set(n, frames);
  return frames;
}

/** The group of a frame, and the frame's number in it. */
function groupOf({ lengths }, frame) {
  let index = 0;
  for (; frame >= lengths[index]; index++) frame -= lengths[index];
  return [index, frame];
}

/** How much of each band of each group a place is made of: Map of group -> Float64Array. */
function sharesOf(clip, at) {
  const shares = new Map();
  for (const [frame, weight] of framesAround(at, clip.header.shape[0])) {
    const [index, own] = groupOf(clip, frame);
    const table = synthesisTable(clip.lengths[index]);
    if (!shares.has(index)) shares.set(index, new Float64Array(table.length));
    table[own].forEach((share, band) => (shares.get(index)[band] += weight * share));
  }
  return shares;
}

/**
 * The values of a group, read now or before; a generator that pauses.  One that is given up is gone on with when
 * the group is asked for again.  needed: groups that must stay; tell: hears what is read, and how far.
 */
function* groupAt(clip, index, needed, tell = clip.tell) {
  clip.held ||= new Map();
  clip.underWay ||= new Map();
  while (!clip.held.has(index)) {
    if (!clip.underWay.has(index)) beginGroup(clip, index);
    const { done, value } = goOn(clip, index);
    if (done) {
      dropOldest(clip, value, needed);
      clip.held.set(index, value);
    } else {
      if (tell) tellProgress(clip, index, tell);
      yield;
    }
  }
  const group = clip.held.get(index);
  clip.held.delete(index); // so that the order is that of their use
  clip.held.set(index, group);
  return group;
}

function beginGroup(clip, index) {
  const [oldest] = clip.underWay.keys();
  if (clip.underWay.size > 1) clip.underWay.delete(oldest);
  const reading = { share: 0 };
  reading.steps = valuesOfGroup(clip, index, (share) => (reading.share = share));
  clip.underWay.set(index, reading);
}

/** The next step of a group that is being read; one that ends or fails is not under way any more. */
function goOn({ underWay }, index) {
  let step = { done: true };
  try {
    step = underWay.get(index).steps.next();
  } finally {
    if (step.done) underWay.delete(index);
  }
  return step;
}

/** Say how far a group is, once for every percent. */
function tellProgress({ lengths, underWay }, index, tell) {
  const reading = underWay.get(index);
  const percent = Math.floor(100 * Math.min(reading.share, 1));
  if (percent === reading.told) return;
  reading.told = percent;
  const first = lengths.slice(0, index).reduce((a, b) => a + b, 1);
  tell(`Decoding frames ${first} to ${first + lengths[index] - 1}, ${percent} %`);
}

function dropOldest({ held }, group, needed) {
  let kept = group.count;
  held.forEach(({ count }) => (kept += count));
  for (const [index, { count }] of held) {
    if (kept <= KEPT_VALUES) return;
    if (needed.includes(index)) continue;
    held.delete(index);
    kept -= count;
  }
}

/** A group with values in place of integers: {low, bands: [{places, values}], count}. */
function* valuesOfGroup(clip, index, tell) {
  const { low, bands } = yield* readGroup(clip, index, tell);
  const valued = ({ places, integers }) => ({ places, values: valuesOf(integers, clip.scale) });
  const count = bands.reduce((sum, { places }) => sum + places.length, low.length);
  return { low, bands: bands.map(valued), count };
}

/** The tensors of a moment as those of a picture, Map of name -> {shape, values}; a generator that pauses. */
function* tensorsAt(clip, at) {
  const layout = layoutOfFrame(clip.header);
  // A file may hold such a frame, but not a browser what is made of it.
  if (layout.length > GRID_VALUES_LIMIT) throw new Error(`Frames of ${layout.length} values are too large for a page.`);
  const shares = sharesOf(clip, at);
  const groups = [];
  for (const index of shares.keys()) groups.push([index, yield* groupAt(clip, index, [...shares.keys()])]);
  const out = new Float32Array(layout.length);
  for (const [index, { low, bands }] of groups) {
    const size = low.length / bands.length;
    for (const [band, { places, values }] of bands.entries()) {
      const share = shares.get(index)[band];
      if (share === 0) continue;
      for (let i = 0, from = band * size; i < size; i++) out[i] += share * low[from + i];
      for (let i = 0; i < places.length; i++) out[places[i]] += share * values[i];
      yield;
    }
  }
  const named = ({ name, shape, start }) => [name, { shape, values: out.subarray(start, start + sizeOf(shape)) }];
  return new Map(layout.parts.map(named));
}

/** Read the group that follows a coordinate's, the first one after the last; a generator that pauses. */
function* readAhead(clip, x) {
  const [index] = groupOf(clip, Math.max(0, Math.floor(frameOf(x, clip.header.shape[0]))));
  const next = (index + 1) % clip.lengths.length;
  yield* groupAt(clip, next, [index, next], null);
}
