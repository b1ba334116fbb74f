// A small integer network that foresees the spread of an integer (FORMAT.md, section 10.3).
//
// Sums stay under 2^28, so 32-bit integers hold them, and shifts are the divisions that round down.

const GRID_INPUTS = { sums: 10, fixed: 8 }; // that differ from point to point; of a whole phase of a plane
const CONTEXT_WIDTH = 8;
const CONTEXT_UNIT = 16; // of activations; weights are in 1/32
const MOST_CONTEXT_WEIGHT = 4096;
const HIGHEST_ACTIVATION = 4095;
const CENTRE_Z = 56; // classes where the outputs are 0
const CENTRE_G = 20;

/** [name, shape] of the network's tensors, in stored order. */
function contextShapes({ sums, fixed }) {
  return [
    ["1.weight", [sums + fixed, CONTEXT_WIDTH]], ["1.bias", [CONTEXT_WIDTH]],
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
  /** tensors: those that a stream of weights holds, all of them with the step 2^-5; sums: as in contextShapes. */
  constructor(tensors, { sums }) {
    const integers = (name) => {
      const { k, values } = tensors.get(name);
      need(k === 5, "grids: weights of the context network must have the step 2^-5");
      const most = values.reduce((top, w) => Math.max(top, Math.abs(w)), 0);
      need(32 * most <= MOST_CONTEXT_WEIGHT, `grids: a weight of the context network passes ${MOST_CONTEXT_WEIGHT}`);
      return Int32Array.from(values, (w) => 32 * w);
    };
    [this.w1, this.b1, this.w2, this.b2, this.w3, this.b3] = [...tensors.keys()].map(integers);
    this.start = new Int32Array(CONTEXT_WIDTH);
    this.second = this.b2.map((b) => CONTEXT_UNIT * b);
    this.h = new Int32Array(CONTEXT_WIDTH);
    this.k = new Int32Array(CONTEXT_WIDTH);
    this.x = new Int32Array(sums); // what `foresee` looks at
    this.z = this.g = 0; // and what it found
  }

  /** Inputs that stay as they are for a while. */
  fix(inputs) {
    for (let j = 0; j < CONTEXT_WIDTH; j++) {
      let sum = CONTEXT_UNIT * this.b1[j];
      inputs.forEach((value, i) => (sum += value * this.w1[(this.x.length + i) * CONTEXT_WIDTH + j]));
      this.start[j] = sum;
    }
  }

  /** z and g of the inputs in x. */
  foresee() {
    const { x, h, k, w3, b3 } = this;
    addProducts(h, this.start, x, this.w1);
    addProducts(k, this.second, h, this.w2);
    let z = CONTEXT_UNIT * b3[0];
    let g = CONTEXT_UNIT * b3[1];
    for (let j = 0; j < CONTEXT_WIDTH; j++) {
      z += Math.imul(k[j], w3[2 * j]);
      g += Math.imul(k[j], w3[2 * j + 1]);
    }
    this.z = Math.min(Math.max((z >> 7) + CENTRE_Z, 0), FLAG_CLASSES - 1);
    this.g = Math.min(Math.max((g >> 7) + CENTRE_G, 0), SIZE_CLASSES - 1);
  }
}

const activated = (sum) => (sum <= 0 ? 0 : Math.min(sum >> 5, HIGHEST_ACTIVATION));

/** One layer: out from start + x W.  Sums that are variables of 32 bits take half the time of an array. */
function addProducts(out, start, x, w) {
  let [a, b, c, d] = [start[0], start[1], start[2], start[3]];
  let [e, f, g, h] = [start[4], start[5], start[6], start[7]];
  for (let i = 0, at = 0; i < x.length; i++, at += CONTEXT_WIDTH) {
    const value = x[i];
    if (value === 0) continue;
    a = (a + Math.imul(value, w[at])) | 0;
    b = (b + Math.imul(value, w[at + 1])) | 0;
    c = (c + Math.imul(value, w[at + 2])) | 0;
    d = (d + Math.imul(value, w[at + 3])) | 0;
    e = (e + Math.imul(value, w[at + 4])) | 0;
    f = (f + Math.imul(value, w[at + 5])) | 0;
    g = (g + Math.imul(value, w[at + 6])) | 0;
    h = (h + Math.imul(value, w[at + 7])) | 0;
  }
  out[0] = activated(a);
  out[1] = activated(b);
  out[2] = activated(c);
  out[3] = activated(d);
  out[4] = activated(e);
  out[5] = activated(f);
  out[6] = activated(g);
  out[7] = activated(h);
}
