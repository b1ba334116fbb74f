// A small integer network that foresees the spread of an integer (FORMAT.md, section 10.3).
//
// Sums stay under 2^28, so 32-bit integers hold them, and shifts are the divisions that round down.

const CONTEXT_SUMS = 10; // inputs that differ from point to point, and
const GRID_FIXED = 8; // those of a whole phase of a plane; lapped.js has its own
const CONTEXT_WIDTH = 8;
const CONTEXT_UNIT = 16; // of activations; weights are in 1/32
const MOST_CONTEXT_WEIGHT = 4096;
const HIGHEST_ACTIVATION = 4095;
const CENTRE_Z = 56; // classes where the outputs are 0
const CENTRE_G = 20;

/** [name, shape] of the network's tensors, in stored order; `fixed` inputs stay for a whole phase. */
function contextShapes(fixed) {
  return [
    ["1.weight", [CONTEXT_SUMS + fixed, CONTEXT_WIDTH]], ["1.bias", [CONTEXT_WIDTH]],
    ["2.weight", [CONTEXT_WIDTH, CONTEXT_WIDTH]], ["2.bias", [CONTEXT_WIDTH]],
    ["3.weight", [CONTEXT_WIDTH, 2]], ["3.bias", [2]],
  ];
}

/** 16 log2(1 + v) by straight pieces: with 1 + v = 2^b (1 + r), 16 b + floor(16 r). */
function log2Pieces(v) {
  const u = Math.min(v, 1048576) + 1;
  const b = 31 - Math.clz32(u);
  return 16 * b + ((u << 4) >> b) - 16;
}

class Context {
  /** tensors: those that a stream of weights holds, all of them with the step 2^-5. */
  constructor(tensors) {
    const integers = (name) => {
      const { k, values } = tensors.get(name);
      need(k === 5, "grids: weights of the context network must have the step 2^-5");
      const most = values.reduce((top, w) => Math.max(top, Math.abs(w)), 0);
      need(32 * most <= MOST_CONTEXT_WEIGHT, `grids: a weight of the context network passes ${MOST_CONTEXT_WEIGHT}`);
      return Int32Array.from(values, (w) => 32 * w);
    };
    [this.w1, this.b1, this.w2, this.b2, this.w3, this.b3] = [...tensors.keys()].map(integers);
    this.start = new Int32Array(CONTEXT_WIDTH);
    this.h = new Int32Array(CONTEXT_WIDTH);
    this.x = new Int32Array(CONTEXT_SUMS); // what `foresee` looks at
    this.z = this.g = 0; // and what it found
  }

  /** Inputs that stay as they are for a while. */
  fix(inputs) {
    for (let j = 0; j < CONTEXT_WIDTH; j++) {
      let sum = CONTEXT_UNIT * this.b1[j];
      inputs.forEach((value, i) => (sum += value * this.w1[(CONTEXT_SUMS + i) * CONTEXT_WIDTH + j]));
      this.start[j] = sum;
    }
  }

  /** z and g of the inputs in x. */
  foresee() {
    const { start, x, h, w1, w2, b2, w3, b3 } = this;
    for (let j = 0; j < CONTEXT_WIDTH; j++) h[j] = start[j];
    for (let i = 0; i < CONTEXT_SUMS; i++) {
      const value = x[i];
      if (value === 0) continue;
      for (let j = 0, w = i * CONTEXT_WIDTH; j < CONTEXT_WIDTH; j++, w++) h[j] += Math.imul(value, w1[w]);
    }
    for (let j = 0; j < CONTEXT_WIDTH; j++) h[j] = Math.min(Math.max(h[j] >> 5, 0), HIGHEST_ACTIVATION);
    let z = CONTEXT_UNIT * b3[0];
    let g = CONTEXT_UNIT * b3[1];
    for (let j = 0; j < CONTEXT_WIDTH; j++) {
      let sum = CONTEXT_UNIT * b2[j];
      for (let i = 0, w = j; i < CONTEXT_WIDTH; i++, w += CONTEXT_WIDTH) sum += Math.imul(h[i], w2[w]);
      const k = Math.min(Math.max(sum >> 5, 0), HIGHEST_ACTIVATION);
      z += Math.imul(k, w3[2 * j]);
      g += Math.imul(k, w3[2 * j + 1]);
    }
    this.z = Math.min(Math.max((z >> 7) + CENTRE_Z, 0), FLAG_CLASSES - 1);
    this.g = Math.min(Math.max((g >> 7) + CENTRE_G, 0), SIZE_CLASSES - 1);
  }
}
