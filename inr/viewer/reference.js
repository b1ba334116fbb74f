// The original beside the field: a PNG or a WAV, read here, because the browser's own readers change
// samples (colours that are premultiplied or managed, sound that is resampled).

const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PNG_CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 };

function bigEndian(data, at, bytes) {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + data[at + i];
  return value;
}

/**
 * The reference of a file: a picture {columns, rows, data, deep, bits} with data Uint8Array of 4 channels
 * a pixel and deep the samples at their own depth, or a sound {channels: [Float64Array]}.
 */
function readReference(data, header) {
  const isPng = PNG_MAGIC.every((byte, i) => data[i] === byte);
  const found = isPng ? readPng(data) : readWav(data);
  const size = isPng ? [found.rows, found.columns] : [found.channels[0].length];
  const channels = isPng ? found.count : found.channels.length;
  need(
    String(size) === String(header.shape) && channels === header.channels,
    `reference: ${size.join(" x ")} samples of ${channels} channels; ` +
      `the file holds ${header.shape.join(" x ")} of ${header.channels}`
  );
  return found;
}

/** PNG (ISO 15948) without palette and interlace, as our writer makes them. */
function readPng(data) {
  const parts = [];
  let head = null;
  for (let at = 8; at + 12 <= data.length; ) {
    const size = bigEndian(data, at, 4);
    const type = String.fromCharCode(...data.subarray(at + 4, at + 8));
    const body = data.subarray(at + 8, at + 8 + size);
    const sum = crc32(data.subarray(at + 4, at + 8 + size));
    need(bigEndian(data, at + 8 + size, 4) === sum, "reference: PNG is damaged");
    if (type === "IHDR") head = body;
    if (type === "IDAT") parts.push(body);
    at += 12 + size;
  }
  need(head && parts.length, "reference: PNG is cut short");
  const [columns, rows] = [bigEndian(head, 0, 4), bigEndian(head, 4, 4)];
  const [bits, count] = [head[8], PNG_CHANNELS[head[9]]];
  need(count && !head[12], "reference: PNG with a palette or interlaced; export it again with inr");
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (packed.set(part, at), at + part.length), 0);
  const stride = Math.ceil((columns * count * bits) / 8);
  const lines = inflate(packed, rows * (stride + 1), "reference");
  unfilter(lines, rows, stride, Math.max(1, (count * bits) >> 3));
  const deep = new Uint16Array(rows * columns * count);
  const bytes = new Uint8Array(rows * columns * 4);
  const top = 2 ** bits - 1;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let n = 0; n < columns * count; n++, i++) {
      deep[i] = bitsAt(lines, row * (stride + 1) + 1, n, bits);
      bytes[4 * Math.floor(i / count) + (i % count)] = Math.round((255 * deep[i]) / top);
    }
  }
  return { columns, rows, count, bits, deep, data: bytes };
}

function bitsAt(data, start, n, bits) {
  if (bits === 16) return data[start + 2 * n] * 256 + data[start + 2 * n + 1];
  if (bits === 8) return data[start + n];
  const place = n * bits;
  return (data[start + (place >> 3)] >> (8 - bits - (place & 7))) & (2 ** bits - 1);
}

/** Undo the filter of each line in place; `back` is the distance to the pixel on the left. */
function unfilter(lines, rows, stride, back) {
  for (let row = 0; row < rows; row++) {
    const start = row * (stride + 1);
    const kind = lines[start];
    need(kind <= 4, "reference: PNG has an unknown filter");
    for (let i = 1; i <= stride; i++) {
      const a = i > back ? lines[start + i - back] : 0;
      const b = row ? lines[start + i - stride - 1] : 0;
      const c = row && i > back ? lines[start + i - stride - 1 - back] : 0;
      lines[start + i] += [0, a, b, (a + b) >> 1, kind === 4 ? paeth(a, b, c) : 0][kind];
    }
  }
}

function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** WAV: integers of 8 to 32 bits and floats; values in [-1, 1]. */
function readWav(data) {
  const tag = (at) => String.fromCharCode(...data.subarray(at, at + 4));
  need(tag(0) === "RIFF" && tag(8) === "WAVE", "reference: neither PNG nor WAV");
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let format = null;
  for (let at = 12; at + 8 <= data.length; ) {
    const size = view.getUint32(at + 4, true);
    if (tag(at) === "fmt ") {
      const code = view.getUint16(at + 8, true);
      format = {
        code: code === 0xfffe ? view.getUint16(at + 32, true) : code,
        count: view.getUint16(at + 10, true),
        bits: view.getUint16(at + 22, true),
      };
    }
    if (tag(at) === "data" && format) {
      return wavSamples(view, at + 8, Math.min(size, data.length - at - 8), format);
    }
    at += 8 + size + (size & 1);
  }
  throw new FormatError("reference: WAV without samples");
}

function wavSamples(view, start, size, { code, count, bits }) {
  const bytes = bits / 8;
  const read = {
    "1,8": (at) => (view.getUint8(at) - 128) / 128,
    "1,16": (at) => view.getInt16(at, true) / 32768,
    "1,24": (at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 8388608,
    "1,32": (at) => view.getInt32(at, true) / 2147483648,
    "3,32": (at) => view.getFloat32(at, true),
    "3,64": (at) => view.getFloat64(at, true),
  }[`${code},${bits}`];
  need(read && count, `reference: WAV of format ${code} with ${bits} bits`);
  const frames = Math.floor(size / bytes / count);
  const channels = Array.from({ length: count }, () => new Float64Array(frames));
  for (let i = 0, at = start; i < frames; i++) {
    for (let c = 0; c < count; c++, at += bytes) channels[c][i] = read(at);
  }
  return { channels };
}
