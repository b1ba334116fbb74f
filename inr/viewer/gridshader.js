// Grids in a fragment shader: spline coefficients in a texture, sixteen of them added by hand at each pixel.
//
// A point of the finest grid is one or two texels: T_0 .. T_C-1, D_0 .. of section 10.7, then zeros.  Points
// stand row by row, as many texels to a row of the texture as weights have.

function texelsOf({ rows, columns, coefficients }) {
  return rows * columns * four(coefficients.length);
}

/** All coefficients as RGBA texels, Float32Array [rows · 2048 · 4]; `room` is one of the same size to be filled, or null. */
function packPlanes(planes, room) {
  const { coefficients } = planes;
  const lanes = 4 * four(coefficients.length);
  const out = room || new Float32Array(Math.ceil(texelsOf(planes) / TEXTURE_WIDTH) * TEXTURE_WIDTH * 4);
  coefficients.forEach((plane, e) => {
    for (let i = 0; i < plane.length; i++) out[i * lanes + e] = plane[i];
  });
  return out;
}

/** GLSL of `valueAt` for a field of grids: base and place count points of the finest grid. */
function gridSource(header) {
  const [rows, columns] = header.frame;
  const blocks = four(header.encoded);
  return `
int mirrored(int i, int n) {
  return clamp(i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i, 0, n - 1);
}

void taps(float s, int first, int n, out int index[4], out vec4 weight) {
  s = clamp(s, -0.5 - float(first), float(n - first) - 0.5);
  float near = floor(s);
  float t = s - near, r = 1.0 - t;
  for (int k = 0; k < 4; k++) index[k] = mirrored(first + int(near) - 1 + k, n);
  weight = vec4(r * r * r, t * t * (3.0 * t - 6.0) + 4.0, r * r * (3.0 * r - 6.0) + 4.0, t * t * t) / 6.0;
}

vec4 valueAt(vec2 pixel) {
  int row[4], column[4];
  vec4 down, across;
  taps(place.x + pixel.y * place.y, base.x, ${rows}, row, down);
  taps(place.z + pixel.x * place.w, base.y, ${columns}, column, across);
  for (int k = 0; k < ${blocks}; k++) seen[k] = vec4(0.0);
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      float weight = down[i] * across[j];
      int from = (row[i] * ${columns} + column[j]) * ${blocks};
      for (int k = 0; k < ${blocks}; k++) seen[k] += weight * texel(planes, from + k);
    }
  return ${coloursSource(header.outputs)} + network(0, vec3(0.0));
}`;
}

/** The grids' own colours, as addColours has them. */
function coloursSource(channels) {
  if (channels < 3) return "seen[0]";
  const [light, side, green] = [1 / 3, 1 / 2, 1 / 6].map((square) => glFloat(Math.sqrt(square)));
  const column = (values) => `vec4(${values}, 0.0)`;
  const columns = [
    column([light, light, light]), column([side, "0.0", `-${side}`]),
    column([green, `-2.0 * ${green}`, green]), channels > 3 ? "vec4(0.0, 0.0, 0.0, 1.0)" : "vec4(0.0)",
  ];
  return `mat4(${columns.join(", ")}) * seen[0]`;
}
