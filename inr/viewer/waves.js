// What a lapped grid holds at any time: sums of windowed cosines (FORMAT.md, section 11.2).

const LAPPED_SCALE = 16;
const LAPPED_BANDS = 4; // octaves that the network sees one by one
const QUARTERS = 4;
const NEAR_FRAME = 1e-6; // of a frame, at any length of a sound: far above the rounding of a coordinate

/** Σ_j (re + i im)_j e^(2πi u j / n) for u = 0 .. n-1, in place; n is a power of 2. */
class Fourier {
  constructor(n) {
    this.n = n;
    Object.assign(this, turns(n / 2, (i) => (2 * Math.PI * i) / n));
    this.turned = new Uint32Array(n);
    for (let i = 1; i < n; i++) this.turned[i] = (this.turned[i >> 1] >> 1) | (i & 1 ? n >> 1 : 0);
  }

  run(re, im) {
    const { n, cos, sin, turned } = this;
    for (let i = 0; i < n; i++) {
      const j = turned[i];
      if (j <= i) continue;
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
    for (let half = 1; half < n; half *= 2) {
      const step = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half) {
        for (let k = 0, w = 0, a = start; k < half; k++, w += step, a++) {
          const b = a + half;
          const x = re[b] * cos[w] - im[b] * sin[w];
          const y = re[b] * sin[w] + im[b] * cos[w];
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}

/**
 * The frequencies from .. to-1 of component c at frames shift, 1 + shift, ..: Float32Array [T]; a
 * generator that pauses.
 */
function* waveOf({ header, tensors }, c, from, to, shift) {
  const frames = header.shape[0];
  const { values, shape: [, size, count] } = tensors.get(LAPPED);
  const fourier = new Fourier(2 * size);
  const [re, im] = [new Float64Array(2 * size), new Float64Array(2 * size)];
  const start = (Math.PI / size) * (shift + 0.5 + size / 2);
  const turn = turns(size, (j) => start * (j + 0.5));
  const under = windowTurns(size, shift);
  const sum = new Float64Array((count + 1) * size);
  for (let n = 0; n < count; n++) {
    re.fill(0);
    im.fill(0);
    for (let j = from; j < to; j++) {
      const value = values[(c * size + j) * count + n];
      if (value === 0) continue;
      re[j] = value * turn.cos[j];
      im[j] = value * turn.sin[j];
    }
    fourier.run(re, im);
    const at = n * size;
    for (let i = 0; i < 2 * size; i++) sum[at + i] += re[i] * under.cos[i] - im[i] * under.sin[i];
    if (n % 16 === 15) yield;
  }
  return new Float32Array(sum.subarray(size, size + frames));
}

/** Cosines and sines of the angles of 0 .. n-1, times a factor that may differ from one to the next. */
function turns(n, angle, factor = () => 1) {
  const table = (wave) => Float64Array.from({ length: n }, (_, i) => factor(i) * wave(angle(i)));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** What turns the sums to cosines, under the window w, which is 0 outside -1/2 .. 2K - 1/2. */
function windowTurns(size, shift) {
  const scale = Math.sqrt(2 / size);
  const w = (u) => (u < -0.5 || u >= 2 * size - 0.5 ? 0 : Math.sin((Math.PI / (2 * size)) * (u + 0.5)));
  return turns(2 * size, (i) => (Math.PI * i) / (2 * size), (i) => scale * w(i + shift));
}

/** T_0 .. T_C-1, D_0 .. of all frames, `shift` later. */
function* wavesAt(file, shift) {
  const { outputs, lapped } = file.header;
  const size = 2 ** lapped;
  const out = [];
  for (let c = 0; c < outputs; c++) out.push(yield* waveOf(file, c, 0, size, shift));
  for (let b = 0; b < LAPPED_BANDS; b++) out.push(yield* waveOf(file, 0, size >> (b + 1), size >> b, shift));
  return out;
}

/** Those of the frames themselves, made once and kept with the file. */
function* wavesOf(file) {
  file.waves = file.waves || (yield* wavesAt(file, 0));
  return file.waves;
}

/** Coefficients of the splines through the quarters -1/2, -1/4, .. T - 1/2 of a frame, kept likewise. */
function* quartersOf(file) {
  if (file.quarters) return file.quarters;
  const frames = file.header.shape[0];
  const count = QUARTERS * frames + 1;
  const out = Array.from({ length: file.header.given }, () => new Float32Array(count));
  for (let i = 0; i < QUARTERS; i++) {
    const waves = i === 2 ? yield* wavesOf(file) : yield* wavesAt(file, i / QUARTERS - 0.5);
    waves.forEach((wave, e) => wave.forEach((value, n) => (out[e][QUARTERS * n + i] = value)));
  }
  (yield* wavesAt(file, 0.5)).forEach((wave, e) => (out[e][count - 1] = wave[frames - 1]));
  for (const line of out) {
    filterRows(line, 1, count);
    yield;
  }
  return (file.quarters = out);
}

/** Which frames coordinates are, or null where one lies between two. */
function framesAt(x, frames) {
  const out = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const at = ((x[i] + 1) * frames) / 2 - 0.5;
    out[i] = Math.round(at);
    if (Math.abs(at - out[i]) >= NEAR_FRAME || out[i] < 0 || out[i] >= frames) return null;
  }
  return out;
}

/** What the grid holds at coordinates: Float64Array [n, E]; a generator that pauses. */
function* wavesHeld(file, x) {
  const { given, shape } = file.header;
  const seen = new Float64Array(x.length * given);
  const there = framesAt(x, shape[0]);
  if (there) {
    (yield* wavesOf(file)).forEach((wave, e) => there.forEach((n, i) => (seen[i * given + e] = wave[n])));
    return seen;
  }
  const lines = yield* quartersOf(file);
  const count = QUARTERS * shape[0] + 1;
  const inside = x.map((value) => (Math.min(Math.max(value, -1), 1) * (count - 1)) / count);
  const { index, weight } = tapsOf(inside, count);
  for (let e = 0; e < given; e++) {
    for (let i = 0; i < x.length; i++) {
      let sum = 0;
      for (let k = 4 * i; k < 4 * i + 4; k++) sum += weight[k] * lines[e][index[k]];
      seen[i * given + e] = sum;
    }
  }
  return seen;
}

/** Adds the components to channels: of two, sum and difference; others as they are. */
function addComponents(seen, from, channels, out, to) {
  if (channels === 2) {
    out[to] += Math.SQRT1_2 * (seen[from] + seen[from + 1]);
    out[to + 1] += Math.SQRT1_2 * (seen[from] - seen[from + 1]);
    return;
  }
  for (let c = 0; c < channels; c++) out[to + c] += seen[from + c];
}
