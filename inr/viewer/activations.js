// The activations (FORMAT.md, section 8.3) on whole arrays, sines and cosines together.

let [theta, sine, cosine, basis, sum] = rooms(0);

function rooms(size) {
  return Array.from({ length: 5 }, () => new Float64Array(size));
}

function makeRoom(size) {
  if (theta.length < size) [theta, sine, cosine, basis, sum] = rooms(size);
}

/** g for one layer: (z [count, H], count, tile) changes z. */
function activationOf(h, layer, tensors) {
  const omega = h.omega[layer ? 1 : 0];
  if (h.activation === "sine") return (z, count) => sineInPlace(z, count * h.width, omega);
  const tensor = (name) => tensors.get(`layer${layer}.${name}`) || null;
  return rafOf(h, omega, tensor("amplitude"), tensor("frequency"));
}

function sineInPlace(z, size, omega) {
  makeRoom(size);
  for (let i = 0; i < size; i++) theta[i] = omega * z[i];
  waves(size);
  for (let i = 0; i < size; i++) z[i] = sine[i];
}

function rafOf({ width, bases, shared }, omega, amplitude, frequency) {
  const carried = bases[0] === "carrier";
  const own = carried ? bases.slice(1) : bases;
  const rows = frequency ? frequency.shape[1] : 0;
  const scaled = !carried && bases.some((name) => TRIGONOMETRIC.includes(name));
  return (z, count, tile) => {
    const size = count * width;
    const f = shared ? 0 : tile * rows * width;
    makeRoom(size);
    if (carried || scaled) {
      for (let i = 0, j = 0; i < size; i++, j = j + 1 === width ? 0 : j + 1) {
        theta[i] = omega * (scaled ? frequency.values[f + j] : 1) * z[i];
      }
      waves(size);
    }
    for (let i = 0; i < size; i++) sum[i] = carried ? sine[i] : 0;
    for (let p = 0; p < own.length; p++) {
      if (own[p] === "gauss") scaleInto(theta, z, size, width, frequency.values, f + (rows - 1) * width);
      basisInto(basis, own[p], z, size);
      const a = (shared ? 0 : tile * own.length * width) + p * width;
      scaleInto(basis, basis, size, width, amplitude.values, a);
      for (let i = 0; i < size; i++) sum[i] += basis[i];
    }
    for (let i = 0; i < size; i++) z[i] = sum[i];
  };
}

/** out[n, j] = z[n, j] · factor[j]. */
function scaleInto(out, z, size, width, factor, start) {
  for (let i = 0, j = 0; i < size; i++, j = j + 1 === width ? 0 : j + 1) out[i] = factor[start + j] * z[i];
}

/** A basis of every z into `out`; sines and cosines are there, and theta holds the Gaussian's t. */
function basisInto(out, name, z, size) {
  switch (name) {
    case "linear": for (let i = 0; i < size; i++) out[i] = z[i]; break;
    case "square": for (let i = 0; i < size; i++) out[i] = z[i] * z[i]; break;
    case "sine": for (let i = 0; i < size; i++) out[i] = sine[i]; break;
    case "sine2": for (let i = 0; i < size; i++) out[i] = 2 * sine[i] * cosine[i]; break;
    case "cosine2": for (let i = 0; i < size; i++) out[i] = 1 - 2 * sine[i] * sine[i]; break;
    case "gauss": for (let i = 0; i < size; i++) out[i] = Math.exp(-0.5 * theta[i] * theta[i]); break;
    case "cosine": for (let i = 0; i < size; i++) out[i] = cosine[i]; break;
    case "relu": for (let i = 0; i < size; i++) out[i] = Math.max(z[i], 0); break;
    default: for (let i = 0; i < size; i++) out[i] = Math.max(z[i], 0) ** 3;
  }
}

const QUARTER = 1.57079632673412561417; // pi/2 in two parts: the first has 33 bits,
const QUARTER_REST = 6.07710050650619224932e-11; // so that its multiples below 2^20 are exact

/**
 * sine and cosine of theta: the angle less a multiple of pi/2, then the polynomials of fdlibm on
 * [-pi/4, pi/4].  Math.sin and Math.cos give the same to the last bit or so, at three times the cost.
 */
function waves(size) {
  for (let i = 0; i < size; i++) {
    const t = theta[i];
    const k = Math.round(t * 0.63661977236758138);
    if (!(k < 524288 && k > -524288)) {
      sine[i] = Math.sin(t);
      cosine[i] = Math.cos(t);
      continue;
    }
    const r = t - k * QUARTER - k * QUARTER_REST;
    const q = r * r;
    const sineTail = -1.98412698298579493134e-4 +
      q * (2.75573137070700676789e-6 + q * (-2.50507602534068634195e-8 + q * 1.58969099521155010221e-10));
    const cosineTail = 2.48015872894767294178e-5 +
      q * (-2.75573143513906633035e-7 + q * (2.0875723212981748279e-9 - q * 1.13596475577881948265e-11));
    const s = r + r * q * (-1.66666666666666324348e-1 + q * (8.33333333332248946124e-3 + q * sineTail));
    const cosineHead = 4.16666666666666019037e-2 + q * (-1.38888888888741095749e-3 + q * cosineTail);
    const c = 1 - q / 2 + q * q * cosineHead;
    const turn = k & 3;
    sine[i] = turn === 0 ? s : turn === 1 ? c : turn === 2 ? -s : -c;
    cosine[i] = turn === 0 ? c : turn === 1 ? -s : turn === 2 ? -c : s;
  }
}
