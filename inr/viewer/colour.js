// From the channels of a raster to the pixels of a screen: colour, a reference beside it, their difference.

const ERROR_GAIN = 8;

/** Writes [r, g, b, a] of the pixel whose channels start at raw[i] into out at o. */
function painter({ mode, channels }) {
  if (mode === "CMYK") {
    return (raw, i, out, o) => {
      const light = (255 - raw[i + 3]) / 255;
      for (let c = 0; c < 3; c++) out[o + c] = (255 - raw[i + c]) * light;
      out[o + 3] = 255;
    };
  }
  const grey = channels <= 2;
  return (raw, i, out, o) => {
    out[o] = raw[i];
    out[o + 1] = raw[grey ? i : i + 1];
    out[o + 2] = raw[grey ? i : i + 2];
    out[o + 3] = channels === 2 ? raw[i + 1] : channels === 4 ? raw[i + 3] : 255;
  };
}

/** How far two pixels are apart, mean over the channels times ERROR_GAIN: black, blue, red, yellow, white. */
function paintError(a, i, b, j, channels, out, o) {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += Math.abs(a[i + c] - b[j + c]);
  const heat = Math.min(1, (ERROR_GAIN * sum) / channels / 255);
  out[o] = 255 * Math.min(1, Math.max(0, 3 * heat - 0.6));
  out[o + 1] = 255 * Math.max(0, 2 * heat - 1);
  out[o + 2] = 255 * (heat < 0.5 ? Math.min(1, 3 * heat) * (1 - heat) : Math.max(0, 3 * heat - 2));
  out[o + 3] = 255;
}

/**
 * Rows of a raster as screen pixels.
 * look: "field", "reference", "split" or "error"; split: the raster column where the field begins.
 */
function compose(header, area, raw, firstRow, rows, { look, split, reference }) {
  const paint = painter(header);
  const out = new Uint8ClampedArray(area.columns * rows * 4);
  for (let row = 0, o = 0; row < rows; row++) {
    const line = reference ? referenceRow(reference, area, firstRow + row) : 0;
    for (let column = 0; column < area.columns; column++, o += 4) {
      const i = ((firstRow + row) * area.columns + column) * 4;
      const theirs = look === "reference" || (look === "split" && column < split);
      if (!reference || (look !== "error" && !theirs)) {
        paint(raw, i, out, o);
        continue;
      }
      const j = 4 * (line + clampIndex(area.left + (column + 0.5) * area.cellX, reference.columns));
      if (theirs) paint(reference.data, j, out, o);
      else paintError(raw, i, reference.data, j, header.channels, out, o);
    }
  }
  return out;
}

function referenceRow(reference, area, row) {
  return reference.columns * clampIndex(area.top + (row + 0.5) * area.cellY, reference.rows);
}

function clampIndex(place, count) {
  return Math.min(Math.max(Math.floor(place), 0), count - 1);
}
