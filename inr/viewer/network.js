// The network of one tile at many points, in 64-bit floats (FORMAT.md, sections 8.2 and 8.3).

const POINTS = 128; // at a time: the values between two layers then stay in the cache

class Network {
  constructor(file) {
    const h = file.header;
    this.header = h;
    this.layers = Array.from({ length: h.hidden + 1 }, (_, l) => ({
      inputs: l ? h.width : h.encoded,
      weight: file.tensors.get(`layer${l}.weight`).values,
      bias: file.tensors.get(`layer${l}.bias`).values,
      activate: activationOf(h, l, file.tensors),
    }));
    this.output = file.tensors.get("output.weight").values;
    this.outputBias = file.tensors.get("output.bias").values;
    this.gain = h.gain ? file.tensors.get("gain").values : null;
    const room = POINTS * Math.max(h.width, h.encoded);
    this.h = new Float64Array(room);
    this.z = new Float64Array(room);
  }

  /** Values [count, C] of `tile`, count <= POINTS, at local points u [count, D] or what grids hold there, into `out`. */
  run(tile, u, count, out) {
    const { width, outputs } = this.header;
    this.encode(u, count);
    for (const { inputs, weight, bias, activate } of this.layers) {
      dense(this.h, count, inputs, weight, tile * inputs * width, width, bias, tile * width, this.z);
      activate(this.z, count, tile);
      [this.h, this.z] = [this.z, this.h];
    }
    const start = tile * width * outputs;
    dense(this.h, count, width, this.output, start, outputs, this.outputBias, tile * outputs, out);
    if (!this.gain) return;
    for (let n = 0, at = 0; n < count; n++) {
      for (let c = 0; c < outputs; c++) out[at++] *= this.gain[tile * outputs + c];
    }
  }

  encode(u, count) {
    const { dims, given, encoded, encoding } = this.header;
    for (let n = 0; n < count; n++) {
      let at = n * encoded;
      for (let d = 0; d < given; d++) this.h[at++] = u[n * given + d];
      for (let j = 0; encoding && j < encoding.count; j++) {
        const factor = Math.PI * encoding.base ** j;
        for (let d = 0; d < dims; d++, at++) {
          this.h[at] = Math.sin(factor * u[n * dims + d]);
          this.h[at + dims] = Math.cos(factor * u[n * dims + d]);
        }
        at += dims;
      }
    }
  }
}

/** z [count, outputs] = h [count, inputs] W + b, with W and b at an offset in their tensors. */
function dense(h, count, inputs, weight, start, outputs, bias, biasStart, z) {
  for (let n = 0; n < count; n++) {
    const row = n * outputs;
    for (let j = 0; j < outputs; j++) z[row + j] = bias[biasStart + j];
    let i = 0;
    let w = start;
    // Four inputs at a time: z is then read and written a quarter as often.
    for (; i + 3 < inputs; i += 4, w += 4 * outputs) {
      const at = n * inputs + i;
      const a = h[at];
      const b = h[at + 1];
      const c = h[at + 2];
      const d = h[at + 3];
      for (let j = 0, k = w; j < outputs; j++, k++) {
        z[row + j] +=
          a * weight[k] + b * weight[k + outputs] + c * weight[k + 2 * outputs] + d * weight[k + 3 * outputs];
      }
    }
    for (; i < inputs; i++, w += outputs) {
      const value = h[n * inputs + i];
      for (let j = 0; j < outputs; j++) z[row + j] += value * weight[w + j];
    }
  }
}

/** Multiply-adds of one tile at one point. */
function costOf(h) {
  const lookedUp = h.grids || h.lapped ? 16 * h.encoded : 0;
  return h.width * (h.encoded + h.hidden * h.width + h.outputs + 8 * (h.hidden + 1)) + lookedUp;
}
