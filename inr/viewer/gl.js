// Pictures by WebGL2: strips of pixels into a texture of bytes, read back as the JavaScript path gives them.
// Reading back makes the two interchangeable, and times each strip, so that a slow device is not reset.

const STRIP_MS = 30;
const FIRST_STRIP = 1e7; // multiply-adds of the first strip, before the device's speed is known

class GlEngine {
  /** Throws an Error that says why, where this browser or this file cannot do it. */
  constructor(file) {
    const obstacle = shaderObstacle(file);
    if (obstacle) throw new Error(obstacle);
    this.name = "WebGL";
    this.file = file;
    this.axes = axesOf(file);
    this.cost = costOf(file.header);
    this.perMs = FIRST_STRIP / STRIP_MS;
    this.gl = openContext();
    this.program = this.link(file);
    this.uploadWeights(file);
    if (file.header.grids) this.holdPlanes(drain(planesOf(file, firstMoment(file))));
    this.target = { columns: 0, rows: 0 };
  }

  link({ header, tensors }) {
    const { gl } = this;
    this.layout = textureLayout(header, tensors);
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, fragmentShader(header, this.layout)],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`the shader was refused: ${logs.join(" ")} ${gl.getProgramInfoLog(program)}`);
    }
    return program;
  }

  uploadWeights(file) {
    const { gl } = this;
    upload(gl, packTexture(file, this.layout), "weights");
    gl.useProgram(this.program);
    gl.bindVertexArray(gl.createVertexArray());
    this.places = {};
    for (const name of ["base", "place", "timeTile", "timeU", "timeWeight"]) {
      this.places[name] = gl.getUniformLocation(this.program, name);
    }
  }

  /** Have these planes in the texture of grids: those of the picture, or of a moment of a clip. */
  holdPlanes(planes) {
    if (this.planes === planes) return;
    const { gl } = this;
    textureRows(gl, texelsOf(planes), "grids"); // they are large: better known before they are packed
    gl.activeTexture(gl.TEXTURE2);
    this.packed = packPlanes(planes, this.packed);
    this.grids = upload(gl, this.packed, "grids", this.grids);
    gl.uniform1i(gl.getUniformLocation(this.program, "planes"), 2);
    gl.activeTexture(gl.TEXTURE0);
    this.planes = planes;
    if (!this.file.clip) this.packed = null; // it will not be needed again
  }

  /** A byte texture to draw strips into, at least this large. */
  aim(columns, rows) {
    const { gl, target } = this;
    if (target.columns >= columns && target.rows >= rows) return;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    if (columns > most) throw new Error("a picture too wide for this device");
    this.target = { columns: Math.max(columns, target.columns), rows: Math.max(rows, target.rows) };
    gl.activeTexture(gl.TEXTURE1); // weights stay on unit 0, grids on unit 2
    if (this.texture) gl.deleteTexture(this.texture);
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    plainTexture(gl);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, this.target.columns, this.target.rows);
    this.frame = this.frame || gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.texture, 0);
    gl.activeTexture(gl.TEXTURE0);
    const whole = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
    if (!whole) throw new Error("there is no frame to draw in");
  }

  /** As those of JsEngine. */
  *strips(view) {
    const perRow = view.columns * this.cost;
    const planes = this.file.header.grids ? yield* planesOf(this.file, view.t) : null;
    for (let row = 0; row < view.rows; ) {
      if (planes) this.holdPlanes(planes); // another drawing may have come between two strips
      const fits = Math.floor((this.perMs * STRIP_MS) / perRow);
      const rows = Math.min(view.rows - row, Math.max(1, fits), 1024);
      const started = performance.now();
      const data = this.draw(view, row, rows);
      const took = Math.max(performance.now() - started, 0.1);
      // The first strips of a device are slow; a jump by more than 4 is not believed.
      this.perMs = Math.min((rows * perRow) / took, 4 * this.perMs);
      yield { row, rows, data };
      row += rows;
    }
  }

  draw(view, row, rows) {
    const { gl, places } = this;
    this.aim(view.columns, rows);
    const y = this.counted(-2, view.y0 + row * view.dy, view.dy);
    const x = this.counted(-1, view.x0, view.dx);
    gl.uniform2i(places.base, y.base, x.base);
    gl.uniform4f(places.place, y.start, y.step, x.start, x.step);
    if (view.t !== null && !this.file.clip) this.setTime(view.t);
    gl.viewport(0, 0, view.columns, rows);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    const data = new Uint8Array(view.columns * rows * 4);
    gl.readPixels(0, 0, view.columns, rows, gl.RGBA, gl.UNSIGNED_BYTE, data);
    if (gl.isContextLost()) throw new Error("the graphics device was lost");
    return data;
  }

  /**
   * A coordinate and a step counted in tiles, or in points of the finest grid, from a whole one: small
   * numbers for 32-bit floats.
   */
  counted(axis, x, step) {
    const { grids, frame, tiles } = this.file.header;
    const count = (grids ? frame : tiles).at(axis);
    const place = ((x + 1) * count) / 2 - (grids ? 0.5 : 0);
    const base = Math.min(Math.max(Math.floor(place), 0), count - 1);
    return { base, start: place - base, step: (step * count) / 2 };
  }

  setTime(t) {
    const { gl, places } = this;
    const [a, b] = touching(this.axes[0], Float64Array.of(t));
    gl.uniform2i(places.timeTile, a.tile, b ? b.tile : a.tile);
    gl.uniform2f(places.timeU, a.u[0], b ? b.u[0] : 0);
    gl.uniform2f(places.timeWeight, a.weight[0], b ? b.weight[0] : 0);
  }
}

function openContext() {
  const gl = document.createElement("canvas").getContext("webgl2", { antialias: false, depth: false });
  if (!gl) throw new Error("this browser has no WebGL2");
  const highp = gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_FLOAT);
  if (!highp || highp.precision < 23) throw new Error("its shaders have no 32-bit floats");
  gl.disable(gl.DITHER);
  gl.pixelStorei(gl.PACK_ALIGNMENT, 4);
  return gl;
}

/** Texels of 32-bit floats as a texture of TEXTURE_WIDTH on the unit that is active: a new one, or into `texture`. */
function upload(gl, texels, what, texture = gl.createTexture()) {
  const rows = textureRows(gl, texels.length / 4, what);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  plainTexture(gl);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, TEXTURE_WIDTH, rows, 0, gl.RGBA, gl.FLOAT, texels);
  if (gl.getError() !== gl.NO_ERROR) throw new Error(`the ${what} were refused`);
  return texture;
}

function textureRows(gl, texels, what) {
  const rows = Math.ceil(texels / TEXTURE_WIDTH);
  if (rows > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw new Error(`the ${what} do not fit in a texture`);
  return rows;
}

function plainTexture(gl) {
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ]) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
}

/** The time coordinate of a clip's first frame; a picture has none. */
function firstMoment({ header }) {
  return header.kind === "video" ? sampleGrid(header.shape[0]).start : null;
}

/** A view of the whole of a picture, or of a clip's first frame, on a grid of its own. */
function wholeView(file, columns, rows) {
  const t = firstMoment(file);
  const [x, y] = [sampleGrid(columns), sampleGrid(rows)];
  return { columns, rows, x0: x.start, dx: x.step, y0: y.start, dy: y.step, t };
}

/** Whether an engine agrees with the JavaScript one on a few samples: the test before it is trusted. */
function agrees(engine, js) {
  const { header } = engine.file;
  const [got, want] = [engine, js].map((e) => raster(e, wholeView(engine.file, 23, 17)));
  // A one-bit picture, or a depth of few levels, may fall to the other side of a step.
  const step = Math.max(1, Math.ceil(255 / (2 ** header.bits - 1)));
  return got.every((value, i) => i % 4 >= header.channels || Math.abs(value - want[i]) <= step);
}

/** All strips of a view, at once. */
function raster(engine, view) {
  const out = new Uint8Array(view.columns * view.rows * 4);
  for (const strip of engine.strips(view)) if (strip) out.set(strip.data, strip.row * view.columns * 4);
  return out;
}

/** Milliseconds for a picture that is small enough not to be noticed. */
function timeOf(engine) {
  const rows = Math.min(32, Math.max(1, Math.floor(1e7 / (64 * engine.cost))));
  const started = performance.now();
  raster(engine, wholeView(engine.file, 64, rows));
  return performance.now() - started;
}

/** {engine, js, gl, why}: the quicker engine that is right, and why it is not WebGL where it is not. */
function chooseEngine(file) {
  const js = new JsEngine(file);
  try {
    const gl = new GlEngine(file);
    if (!agrees(gl, js)) return { engine: js, js, gl, why: "it computes other values here" };
    // WebGL in software, where there is no graphics unit, is slower than JavaScript.
    if (timeOf(gl) > timeOf(js)) return { engine: js, js, gl, why: "it is slower here" };
    return { engine: gl, js, gl, why: "" };
  } catch (error) {
    return { engine: js, js, gl: null, why: error.message };
  }
}
