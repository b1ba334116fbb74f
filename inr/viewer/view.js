// Where one looks: the centre in pixels of the original and the zoom; and the samples that this asks for.
// An original pixel i covers i .. i+1, so place p of n is the coordinate 2 p / n - 1.

class View {
  /** Size of the original, and width : height of one of its pixels. */
  constructor(columns, rows, aspect) {
    this.columns = columns;
    this.rows = rows;
    this.aspect = aspect;
    this.width = this.height = 0; // of the screen, in its own pixels
    this.x = columns / 2;
    this.y = rows / 2;
    this.scale = 1; // screen pixels to one row of the original
    this.fitted = true;
  }

  get scaleX() {
    return this.scale * this.aspect;
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    if (this.fitted) this.fit();
  }

  /** Show all of it. */
  fit() {
    this.x = this.columns / 2;
    this.y = this.rows / 2;
    this.scale = Math.min(this.width / this.columns / this.aspect, this.height / this.rows);
    this.fitted = true;
  }

  /** Zoom by a factor, with the point under (px, py) of the screen staying where it is. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.at(px, py);
    // Beyond 1e10 the centre itself would run out of digits.
    this.scale = Math.min(Math.max(this.scale * factor, 1e-4), 1e10);
    this.x = x - (px - this.width / 2) / this.scaleX;
    this.y = y - (py - this.height / 2) / this.scale;
    this.fitted = false;
  }

  /** Move by screen pixels. */
  pan(dx, dy) {
    this.x -= dx / this.scaleX;
    this.y -= dy / this.scale;
    this.fitted = false;
  }

  /** The place of the original under a point of the screen. */
  at(px, py) {
    return [this.x + (px - this.width / 2) / this.scaleX, this.y + (py - this.height / 2) / this.scale];
  }

  /** The screen rectangle of an area: [x, y, width, height]. */
  onScreen(area) {
    const x = this.width / 2 + (area.left - this.x) * this.scaleX;
    const y = this.height / 2 + (area.top - this.y) * this.scale;
    return [x, y, area.columns * area.cellX * this.scaleX, area.rows * area.cellY * this.scale];
  }

  /** The visible part, sampled once every `step` screen pixels; null where nothing is visible. */
  free(step) {
    const x = visible(this.x, this.scaleX, this.width, this.columns, step);
    const y = visible(this.y, this.scale, this.height, this.rows, step);
    return x && y ? this.area(x, y) : null;
  }

  /** The visible part on the pixels of the original. */
  grid() {
    const [x0, y0] = this.at(0, 0);
    const [x1, y1] = this.at(this.width, this.height);
    const pixels = (from, to, n) => {
      const first = Math.max(0, Math.floor(from));
      const count = Math.min(n, Math.ceil(to)) - first;
      return count > 0 ? { first, count, cell: 1 } : null;
    };
    const x = pixels(x0, x1, this.columns);
    const y = pixels(y0, y1, this.rows);
    return x && y ? this.area(x, y) : null;
  }

  area(x, y) {
    const coordinate = (place, n) => (2 * place) / n - 1;
    return {
      left: x.first, top: y.first, columns: x.count, rows: y.count, cellX: x.cell, cellY: y.cell,
      x0: coordinate(x.first + x.cell / 2, this.columns), dx: (2 * x.cell) / this.columns,
      y0: coordinate(y.first + y.cell / 2, this.rows), dy: (2 * y.cell) / this.rows,
    };
  }
}

/** Samples of one axis that are on the screen: {first place, count, cell size}, in original pixels. */
function visible(centre, scale, size, n, step) {
  const from = Math.max(0, Math.floor(size / 2 - centre * scale));
  const to = Math.min(size, Math.ceil(size / 2 + (n - centre) * scale));
  if (to <= from) return null;
  const first = centre + (from - size / 2) / scale;
  return { first, count: Math.ceil((to - from) / step), cell: step / scale };
}
