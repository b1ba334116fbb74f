// Bytes: the cursor that every parser reads with, CRC-32, base64 (FORMAT.md, sections 1 and 3).

/** The bytes break a rule of FORMAT.md; the message says where. */
class FormatError extends Error {}

function need(condition, message) {
  if (!condition) throw new FormatError(message);
}

/** Reads from the front of a Uint8Array; `what` is named in messages. */
class Cursor {
  constructor(data, what) {
    this.data = data;
    this.what = what;
    this.at = 0;
  }

  get left() {
    return this.data.length - this.at;
  }

  take(count) {
    need(
      count <= this.left,
      `${this.what}: needs ${count} bytes at offset ${this.at}, but ${this.left} are left; ` +
        "the file was cut short or damaged"
    );
    this.at += count;
    return this.data.subarray(this.at - count, this.at);
  }

  byte() {
    return this.take(1)[0];
  }

  /** An unsigned integer of at most 63 bits in its shortest form, as a BigInt. */
  big() {
    let value = 0n;
    for (let place = 0n; place < 9n; place++) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << (7n * place);
      if (byte < 128) {
        need(byte || !place, `${this.what}: the integer before offset ${this.at} is not the shortest form`);
        return value;
      }
    }
    throw new FormatError(`${this.what}: the integer before offset ${this.at} takes more than 9 bytes`);
  }

  /** The same as a number: exact below 2^53, which is far above every limit of section 9. */
  varint() {
    return Number(this.big());
  }

  /** Numerator and denominator, in lowest terms; the value as a number. */
  fraction() {
    const top = this.big();
    const bottom = this.big();
    need(top && bottom && gcd(top, bottom) === 1n, `${this.what}: ${top}/${bottom} is not in lowest terms`);
    return { top, bottom, value: Number(top) / Number(bottom) };
  }

  finish() {
    need(!this.left, `${this.what}: ${this.left} bytes follow its last field`);
  }
}

function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** That of zlib and PNG. */
function crc32(data) {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

function littleEndian(data) {
  return (data[0] | (data[1] << 8) | (data[2] << 16) | (data[3] << 24)) >>> 0;
}

/** The bytes of a base64 text. */
function fromBase64(text, what) {
  let binary;
  try {
    binary = atob(text.trim());
  } catch {
    throw new FormatError(`${what}: the page is damaged here (this is not base64); export it again`);
  }
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}
