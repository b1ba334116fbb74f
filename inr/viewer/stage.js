// The canvas of a picture or of one frame: what is there is shown at once, and then made sharper.

const QUICK_MS = 120; // a first, coarse picture should not take longer
const COARSEST = 16;
const LONGEST = 8192; // side of a drawing: browsers refuse larger canvases

class Stage {
  /** say: called with a line about the last drawing. */
  constructor(canvas, file, { engine, js }, reference, say) {
    const { shape, aspect } = file.header;
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.file = file;
    this.js = js;
    this.engine = engine;
    this.reference = reference;
    this.say = say;
    this.view = new View(shape.at(-1), shape.at(-2), aspect.value);
    this.look = "field";
    this.split = 0.5;
    this.onGrid = false;
    this.t = firstMoment(file);
    this.perMs = 3e5; // multiply-adds of the JavaScript engine, until it is measured
    this.turn = 0;
    this.drawing = 0; // drawings under way, the given up ones among them
    this.last = null; // {area, raw, image}
    this.checks = checkerboard(this.context);
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const pixels = (size) => Math.max(1, Math.round(size * ratio));
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight].map(pixels);
    if (width === this.view.width && height === this.view.height) return Promise.resolve(true);
    this.canvas.width = width;
    this.canvas.height = height;
    this.view.resize(width, height);
    return this.refresh();
  }

  /** Draw the view: coarse first if the whole takes long.  Resolves to false if another drawing came. */
  async refresh() {
    const turn = ++this.turn;
    this.paint();
    for (const step of this.steps(QUICK_MS)) {
      if (!(await this.draw(step, turn))) return false;
    }
    return true;
  }

  /** Draw once, as fine as `ms` milliseconds allow. */
  async sketch(ms) {
    const turn = ++this.turn;
    return this.draw(this.steps(ms)[0], turn);
  }

  /** Screen pixels to a sample, of one drawing after the other; the first takes about `ms`. */
  steps(ms) {
    const perMs = this.engine === this.js ? this.perMs : this.engine.perMs;
    const whole = this.view.free(1);
    const expected = whole ? (whole.columns * whole.rows * this.engine.cost) / perMs : 0;
    const first = Math.min(COARSEST, Math.max(1, Math.ceil(Math.sqrt(expected / ms))));
    const coarse = first === 1 ? [] : first > 4 ? [first, 4] : [first];
    return [...coarse, 1, ...this.finest()];
  }

  /** Several samples to a screen pixel, where the original has them too: else fine detail flickers. */
  finest() {
    const { width, height, scale } = this.view;
    const dense = Math.min(4, Math.round(1 / scale), Math.floor(LONGEST / Math.max(width, height)));
    return dense > 1 && !this.asPixels ? [1 / dense] : [];
  }

  /** Whether samples must be those of the original: the error exists there only. */
  get asPixels() {
    return this.onGrid || this.look === "error";
  }

  areaOf(step) {
    const grid = step === 1 && this.asPixels ? this.view.grid() : null;
    const shown = grid && Math.max(grid.columns, grid.rows) <= LONGEST;
    return shown ? grid : this.view.free(step);
  }

  async draw(step, turn) {
    this.drawing += 1;
    try {
      return await this.drawOnce(step, turn);
    } finally {
      this.drawing -= 1;
    }
  }

  /** Resolves to true once nothing is being drawn. */
  async idle() {
    while (this.drawing) await breathe();
    return true;
  }

  async drawOnce(step, turn) {
    const area = this.areaOf(step);
    if (!area) return true;
    const { file, t } = this;
    const wanted = () => turn === this.turn;
    const began = performance.now();
    // Apart from the drawing, because it says nothing about the speed of the engine.
    if (file.clip && !(await paced(planesOf(file, t), undefined, wanted))) return false;
    const started = performance.now();
    const count = area.columns * area.rows;
    const next = { area, raw: new Uint8Array(4 * count), image: picture(area), smooth: step !== 1 || this.view.scale < 1 };
    let painted = started;
    const take = ({ row, rows, data }) => {
      next.raw.set(data, row * area.columns * 4);
      this.fill(next, row, rows);
      if (performance.now() - painted < 60 || (this.last && step > 1)) return;
      this.paint(next);
      painted = performance.now();
    };
    try {
      await paced(this.engine.strips({ ...area, t }), take, wanted);
    } catch (error) {
      if (this.engine === this.js || error instanceof FormatError) throw error;
      this.engine = this.js; // a graphics device that fails is not asked again
      return this.drawOnce(step, turn);
    }
    if (!wanted()) return false;
    const took = performance.now() - started;
    if (this.engine === this.js) this.perMs = Math.max(1e4, (count * this.js.cost) / Math.max(took, 1));
    this.last = next;
    this.paint();
    this.say(`${area.columns} × ${area.rows} samples, ${this.engine.name}, ${Math.round(performance.now() - began)} ms`);
    return true;
  }

  /** Colour rows of a drawing. */
  fill(drawing, row, rows) {
    const { area } = drawing;
    const [left, , width] = this.view.onScreen(area);
    const split = ((this.split * this.view.width - left) / width) * area.columns;
    const look = { look: this.look, split, reference: this.reference };
    const colours = compose(this.file.header, area, drawing.raw, row, rows, look);
    drawing.image.getContext("2d").putImageData(new ImageData(colours, area.columns, rows), 0, row);
  }

  /** Another look at the samples that are there. */
  recolour() {
    if (!this.last) return;
    this.fill(this.last, 0, this.last.area.rows);
    this.paint();
  }

  /** The last drawing where it now belongs, and `over` on top of it while it is made. */
  paint(over = null) {
    const { context, view } = this;
    context.clearRect(0, 0, view.width, view.height);
    context.imageSmoothingQuality = "high";
    for (const drawing of [this.last, over]) {
      if (!drawing) continue;
      const place = whole(view.onScreen(drawing.area));
      if ([2, 4].includes(this.file.header.channels) && this.file.header.mode !== "CMYK") {
        context.fillStyle = this.checks;
        context.fillRect(...place);
      }
      context.imageSmoothingEnabled = drawing.smooth; // coarse samples are not pixels of the original
      context.drawImage(drawing.image, ...place);
    }
    if (this.look !== "split" || !this.reference) return;
    context.fillStyle = "#fff";
    context.fillRect(this.split * view.width - 1, 0, 2, view.height);
    context.fillStyle = "#000";
    context.fillRect(this.split * view.width + 1, 0, 1, view.height);
  }
}

function picture({ columns, rows }) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  return canvas;
}

/** What shows through where a picture is transparent. */
function checkerboard(context) {
  const tile = picture({ columns: 16, rows: 16 });
  const paint = tile.getContext("2d");
  paint.fillStyle = "#bbb";
  paint.fillRect(0, 0, 16, 16);
  paint.fillStyle = "#888";
  paint.fillRect(0, 0, 8, 8);
  paint.fillRect(8, 8, 8, 8);
  return context.createPattern(tile, "repeat");
}

/** A rectangle on whole pixels of the screen: edges between them would blur. */
function whole([x, y, width, height]) {
  const [left, top] = [Math.round(x), Math.round(y)];
  return [left, top, Math.max(1, Math.round(x + width) - left), Math.max(1, Math.round(y + height) - top)];
}
