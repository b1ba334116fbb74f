// The network as a fragment shader: GLSL made for one architecture, weights read from a texture.
//
// Neurons go four to a vec4.  A texel block of a tile holds, layer by layer,
//   bias [H/4]   weight [in, H/4] (in rounded up to a multiple of 4, rows of zeros)
//   amplitude [P, H/4]   frequency [F, H/4]       and at its end  bias [1]  weight [H]  gain [1].
// Amplitudes and frequencies that tiles share stand once, before the first tile.

const TEXTURE_WIDTH = 2048; // every WebGL2 has it
const WIDEST = 64;

const four = (n) => Math.ceil(n / 4);

/** Why a file cannot be drawn by a shader, or "". */
function shaderObstacle({ header, levels }) {
  if (header.kind === "audio") return "sound is not drawn";
  if (Math.max(header.width, header.encoded) > WIDEST) return `networks wider than ${WIDEST} go another way`;
  if (header.kind === "image" && levels) return "rows of tiles have several heights";
  return "";
}

/** Offsets in texels: {shared, perTile, layers: [{bias, weight, amplitude, frequency}], output...}. */
function textureLayout(header, tensors) {
  const h4 = four(header.width);
  const own = header.shared ? "shared" : "tile";
  const size = { shared: 0, tile: 0 };
  const reserve = (where, texels) => {
    size[where] += texels;
    return size[where] - texels;
  };
  const layers = [];
  for (let l = 0; l <= header.hidden; l++) {
    const inputs = l ? header.width : header.encoded;
    const rows = (name) => (tensors.has(`layer${l}.${name}`) ? tensors.get(`layer${l}.${name}`).shape[1] : 0);
    layers.push({
      inputs,
      bias: reserve("tile", h4),
      weight: reserve("tile", 4 * four(inputs) * h4),
      amplitude: reserve(own, rows("amplitude") * h4),
      frequency: reserve(own, rows("frequency") * h4),
      amplitudes: rows("amplitude"),
      frequencies: rows("frequency"),
    });
  }
  const outputBias = reserve("tile", 1);
  const output = reserve("tile", 4 * h4);
  const gain = reserve("tile", 1);
  return { h4, layers, outputBias, output, gain, shared: size.shared, perTile: size.tile };
}

/** All weights as RGBA texels, Float32Array [rows · 2048 · 4]. */
function packTexture({ header, tensors }, layout) {
  const texels = layout.shared + layout.perTile * header.tileCount;
  const out = new Float32Array(Math.ceil(texels / TEXTURE_WIDTH) * TEXTURE_WIDTH * 4);
  const put = (name, where, offset, columns) => {
    const tensor = tensors.get(name);
    const lead = tensor.shape[0];
    const width = tensor.shape[tensor.shape.length - 1];
    const rows = tensor.values.length / lead / width;
    for (let tile = 0, from = 0; tile < lead; tile++) {
      const start = (where === "shared" ? 0 : layout.shared + tile * layout.perTile) + offset;
      for (let row = 0; row < rows; row++, from += width) {
        out.set(tensor.values.subarray(from, from + width), 4 * (start + row * columns));
      }
    }
  };
  const own = header.shared ? "shared" : "tile";
  layout.layers.forEach((layer, l) => {
    put(`layer${l}.bias`, "tile", layer.bias, layout.h4);
    put(`layer${l}.weight`, "tile", layer.weight, layout.h4);
    if (layer.amplitudes) put(`layer${l}.amplitude`, own, layer.amplitude, layout.h4);
    if (layer.frequencies) put(`layer${l}.frequency`, own, layer.frequency, layout.h4);
  });
  put("output.bias", "tile", layout.outputBias, 1);
  put("output.weight", "tile", layout.output, 1);
  if (header.gain) put("gain", "tile", layout.gain, 1);
  return out;
}

const VERTEX_SHADER = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

function fragmentShader(header, layout) {
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D weights;
uniform sampler2D planes;
uniform ivec2 base;      // the tile or point that place is counted from: row, column
uniform vec4 place;      // of pixel (0, 0) in tiles or points from base, and its steps: y, dy, x, dx
uniform ivec2 timeTile;  // the tiles of a clip's time axis, their u and their weights
uniform vec2 timeU, timeWeight;
out vec4 raw;
vec4 seen[${four(header.encoded)}]; // what grids hold at a pixel

vec4 texel(sampler2D of, int i) {
  return texelFetch(of, ivec2(i & ${TEXTURE_WIDTH - 1}, i >> ${Math.log2(TEXTURE_WIDTH)}), 0);
}

vec4 at(int i) {
  return texel(weights, i);
}

// To [-pi, pi], in two steps: some graphics units compute sines of large numbers badly.
vec4 turn(vec4 t) {
  vec4 n = round(t * 0.15915494309);
  return (t - n * 6.28125) - n * 0.00193530717958648;
}

${networkSource(header, layout)}
${header.grids ? gridSource(header) : tileSource(header)}

void main() {
  const float levels = ${glFloat(2 ** Math.min(header.bits, 8) - 1)};
  raw = floor(clamp(0.5 * valueAt(gl_FragCoord.xy - 0.5) + 0.5, 0.0, 1.0) * levels + 0.5) / levels;
}`;
}

/** GLSL of vec4 valueAt(vec2 pixel) for a field of tiles, blended where they meet. */
function tileSource(header) {
  const clip = header.kind === "video";
  return `
void across(float s, int first, int count, float margin, out ivec2 tile, out vec2 u, out vec2 weight) {
  int near = clamp(int(floor(s)), -first, count - 1 - first);
  float inside = s - float(near);
  tile = ivec2(near);
  weight = vec2(1.0, 0.0);
  if (margin > 0.0 && inside < margin && near + first > 0) {
    float t = clamp(inside / (2.0 * margin) + 0.5, 0.0, 1.0);
    weight.x = t * t * (3.0 - 2.0 * t);
    tile.y = near - 1;
  } else if (margin > 0.0 && inside > 1.0 - margin && near + first < count - 1) {
    float t = clamp((inside - 1.0) / (2.0 * margin) + 0.5, 0.0, 1.0);
    weight.x = 1.0 - t * t * (3.0 - 2.0 * t);
    tile.y = near + 1;
  }
  weight.y = 1.0 - weight.x;
  u = 2.0 * (vec2(s) - vec2(tile)) - 1.0;
  tile += first;
}

vec4 valueAt(vec2 pixel) {
  ivec2 ky, kx;
  vec2 uy, ux, wy, wx;
  across(place.x + pixel.y * place.y, base.x, ${rowTiles(header)}, ${marginOf(header, -2)}, ky, uy, wy);
  across(place.z + pixel.x * place.w, base.y, ${columnTiles(header)}, ${marginOf(header, -1)}, kx, ux, wx);
  vec4 sum = vec4(0.0);
  for (int t = 0; t < ${clip ? 2 : 1}; t++)
    for (int a = 0; a < 2; a++)
      for (int b = 0; b < 2; b++) {
        float weight = wy[a] * wx[b] * ${clip ? "timeWeight[t]" : "1.0"};
        if (weight == 0.0) continue;
        int tile = ${clip ? `timeTile[t] * ${rowTiles(header)} + ky[a]` : "ky[a]"};
        tile = tile * ${columnTiles(header)} + kx[b];
        vec3 u = ${clip ? "vec3(timeU[t], uy[a], ux[b])" : "vec3(uy[a], ux[b], 0.0)"};
        sum += weight * network(tile, u);
      }
  return sum;
}`;
}

const rowTiles = (header) => header.tiles[header.dims - 2];
const columnTiles = (header) => header.tiles[header.dims - 1];
const marginOf = (header, place) => glFloat(header.margin.at(place) / 64);

function glFloat(value) {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** vec4 network(int tile, vec3 u): the values of one tile. */
function networkSource(header, layout) {
  const start = `${layout.shared} + tile * ${layout.perTile}`;
  const layers = layout.layers.map((layer, l) => layerSource(header, layout, layer, l)).join("");
  return `vec4 network(int tile, vec3 u) {
  int o = ${start};
  vec4 h[${Math.max(layout.h4, four(header.encoded))}];
  vec4 z[${layout.h4}];
${encodingSource(header)}${layers}
  vec4 y = at(o + ${layout.outputBias});
  for (int i = 0; i < ${layout.h4}; i++) {
    int w = o + ${layout.output} + 4 * i;
    y += h[i].x * at(w) + h[i].y * at(w + 1) + h[i].z * at(w + 2) + h[i].w * at(w + 3);
  }
  return y${header.gain ? ` * at(o + ${layout.gain})` : ""};
}`;
}

function encodingSource({ dims, encoded, encoding, grids }) {
  if (grids) return `  for (int i = 0; i < ${four(encoded)}; i++) h[i] = ${glFloat(GRID_SCALE)} * seen[i];\n`;
  const values = ["u.x", "u.y", "u.z"].slice(0, dims);
  for (let j = 0; encoding && j < encoding.count; j++) {
    const factor = glFloat(Math.PI * encoding.base ** j);
    const phases = values.slice(0, dims).map((u) => `turn(vec4(${u} * ${factor})).x`);
    values.push(...phases.map((p) => `sin(${p})`), ...phases.map((p) => `cos(${p})`));
  }
  while (values.length % 4) values.push("0.0");
  const texel = (_, i) => `  h[${i}] = vec4(${values.slice(4 * i, 4 * i + 4)});\n`;
  return Array.from({ length: four(encoded) }, texel).join("");
}

function layerSource(header, { h4 }, layer, l) {
  const own = header.shared ? "" : "o + ";
  return `
  for (int j = 0; j < ${h4}; j++) z[j] = at(o + ${layer.bias} + j);
  for (int i = 0; i < ${four(layer.inputs)}; i++) {
    vec4 v = h[i];
    int w = o + ${layer.weight} + i * ${4 * h4};
    for (int j = 0; j < ${h4}; j++, w++)
      z[j] += v.x * at(w) + v.y * at(w + ${h4}) + v.z * at(w + ${2 * h4}) + v.w * at(w + ${3 * h4});
  }
  for (int j = 0; j < ${h4}; j++) {
    vec4 v = z[j];
${activationSource(header, layer, glFloat(header.omega[l ? 1 : 0]), own, h4)}  }`;
}

/** GLSL that sets h[j] from v = z[j], section 8.3. */
function activationSource(header, layer, omega, own, h4) {
  if (header.activation === "sine") return `    h[j] = sin(turn(${omega} * v));\n`;
  const carried = header.bases[0] === "carrier";
  const scaled = !carried && header.bases.some((name) => TRIGONOMETRIC.includes(name));
  const row = (offset, p) => `at(${own}${offset} + ${p * h4} + j)`;
  const frequency = scaled ? ` * ${row(layer.frequency, 0)}` : "";
  const formulas = {
    linear: "v", square: "v * v", sine: "s", sine2: "2.0 * s * c", cosine2: "(1.0 - 2.0 * s * s)",
    gauss: "exp(-0.5 * g * g)", cosine: "c", relu: "max(v, 0.0)", relu3: "r * r * r",
  };
  let source = "";
  if (carried || scaled) source += `    vec4 t = turn(${omega} * v${frequency}), s = sin(t), c = cos(t);\n`;
  if (header.bases.includes("gauss")) {
    source += `    vec4 g = v * ${row(layer.frequency, layer.frequencies - 1)};\n`;
  }
  if (header.bases.includes("relu3")) source += "    vec4 r = max(v, 0.0);\n";
  const terms = header.bases
    .slice(carried ? 1 : 0)
    .map((name, p) => `${row(layer.amplitude, p)} * ${formulas[name]}`);
  return `${source}    h[j] = ${[...(carried ? ["s"] : []), ...terms].join("\n      + ")};\n`;
}
