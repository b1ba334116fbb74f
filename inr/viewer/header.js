// Sections and the header (FORMAT.md, sections 2 to 4, 13): what the signal is, and what the network is.

const MAGIC = [0x89, 0x49, 0x4e, 0x52];
const VERSION = 3;
const EARLY = { 1: "without", 2: "with" }; // grids
const CRC_BYTES = 4;
const KINDS = [null, "image", "audio", "video"];
const AXES = { image: 2, audio: 1, video: 3 };
const PICTURE_MODES = [null, ["1", 1], ["L", 1], ["LA", 2], ["RGB", 3], ["RGBA", 4], ["CMYK", 4]];
const SOUND_MODES = ["PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "LOSSY"];
const ACTIVATIONS = [null, "sine", "raf", "raf-image", "raf-audio"];
const ENCODINGS = ["identity", "fourier", "grids", "lapped", "clips"];
const STORED = {
  grids: { dims: 2, needs: "need a picture" },
  lapped: { dims: 1, needs: "needs a sound" },
  clips: { dims: 3, needs: "need a clip" },
};
const ORDERS = [5, 13]; // of lapped windows, at least and at most
const FINE_LEVELS = 4; // the finest, which the network sees one by one
const BASES = [
  null, "linear", "square", "sine", "sine2", "cosine2", "gauss", "cosine", "relu", "relu3", "carrier",
];
const TRIGONOMETRIC = ["sine", "sine2", "cosine2", "cosine"];
const SECTION_LIMIT = 2 ** 24;

/** [{type, payload, bytes}] of a file, checked in frame, order and number. */
function sectionsOf(data) {
  const cursor = new Cursor(data, "file");
  const start = MAGIC.every((byte, i) => data[i] === byte);
  need(start, "not a .inr file: its first bytes are not 89 49 4E 52");
  cursor.take(4);
  const version = cursor.byte();
  const early = Boolean(EARLY[version]);
  need(early || version === VERSION, `version ${version} of the format; this page reads versions 1 to ${VERSION}`);
  const sections = [];
  if (!early) cursor.data = withoutChecksum(data, cursor.at);
  do sections.push(nextSection(cursor, sections, early));
  while (sections[sections.length - 1].type !== "W");
  need(!cursor.left, `file: ${cursor.left} bytes follow the weights; nothing may come after them`);
  const right = !early || (version === 2) === sections.some(({ type }) => type === "G");
  need(right, `file: version ${version} is that of files ${EARLY[version]} grids`);
  return { sections, early };
}

function withoutChecksum(data, start) {
  const body = data.subarray(0, Math.max(start, data.length - CRC_BYTES));
  const right = data.length >= start + CRC_BYTES && littleEndian(data.subarray(body.length)) === crc32(body);
  need(right, "file: its CRC-32 does not match; it is damaged or cut short: copy it again");
  return body;
}

function nextSection(cursor, before, early) {
  const start = cursor.at;
  const type = String.fromCharCode(cursor.byte());
  need(/^[A-Za-z]$/.test(type), `file: byte at offset ${start} is no section type; the file is damaged`);
  const payload = cursor.take(early || type !== "W" ? cursor.varint() : cursor.left);
  const body = cursor.data.subarray(start, cursor.at);
  need(
    !early || littleEndian(cursor.take(CRC_BYTES)) === crc32(body),
    `section ${type}: its CRC-32 does not match; the file is damaged: copy it again`
  );
  need((type === "H") === !before.length, `section ${type}: the header must come first, and only there`);
  need(!before.some((s) => s.type === type), `section ${type}: comes twice`);
  const known = !/[A-Z]/.test(type) || "HDPGW".includes(type);
  need(known, `section ${type}: is critical and not known; the file needs a newer inr`);
  need("GW".includes(type) || payload.length <= SECTION_LIMIT, `section ${type}: takes ${payload.length} bytes`);
  return { type, payload, bytes: cursor.at - start };
}

/** The header as one plain object; `early`: of a file of version 1 or 2. */
function headerOf(payload, early) {
  const cursor = new Cursor(payload, "header");
  const signal = signalOf(cursor, early);
  const header = { ...signal, ...fieldOf(cursor, signal) };
  cursor.finish();
  return header;
}

function signalOf(cursor, early) {
  const first = cursor.byte();
  const kind = KINDS[first & 3];
  need(kind && first < (early ? 64 : 128), `header: byte ${first} for the kind of signal; a newer inr may know it`);
  const shape = Array.from({ length: AXES[kind] }, () => cursor.varint());
  need(Math.min(...shape) >= 1, `header: grid lengths must be >= 1; got ${shape}`);
  const number = cursor.varint();
  const mode = modeOf(kind, number);
  const channels = kind === "audio" || !number ? cursor.varint() : PICTURE_MODES[number][1];
  const bits = cursor.varint();
  need(bits >= 1 && bits <= 64, `header: a depth of ${bits} bits; 1 to 64 are allowed`);
  const rate = first & 4 ? cursor.fraction() : null;
  need(rate || kind === "image", `header: ${kind} needs a rate`);
  const aspect = first & 8 ? cursor.fraction() : { value: 1 };
  need(!(first & 8) || aspect.top !== 1n || aspect.bottom !== 1n, "header: an aspect of 1 must be left out");
  const colour = first & 16 ? Array.from({ length: 4 }, () => cursor.varint()) : [2, 2, 2, 0];
  need(!(first & 16) || String(colour) !== "2,2,2,0", "header: plain colour must be left out");
  const timeBase = first & 32 ? cursor.fraction() : null;
  const samples = shape.reduce((a, b) => a * b);
  const pixels = kind === "audio" ? 1 : shape.slice(-2).reduce((a, b) => a * b);
  const fits = pixels <= 2 ** 28 && samples <= 2 ** 33;
  need(fits, `header: ${shape.join(" x ")} samples are more than a file holds`);
  const most = kind === "audio" ? 256 : 4;
  const right = kind === "video" && mode ? channels === 3 : true;
  need(channels >= 1 && channels <= most && right, `header: ${channels} channels of ${kind} ${mode}`);
  const spelt = early || !(first & 64); // the tiles and their margins
  return { kind, shape, mode, channels, bits, rate, aspect, colour, timeBase, samples, spelt, early };
}

function modeOf(kind, number) {
  if (!number) return "";
  const mode = kind === "audio" ? SOUND_MODES[number - 16] : (PICTURE_MODES[number] || [])[0];
  const right = mode && (kind !== "video" || mode === "RGB");
  need(right, `header: sample format ${number} of ${kind} is not known`);
  return mode;
}

function fieldOf(cursor, { kind, channels, shape, spelt, early }) {
  const dims = AXES[kind];
  const tiles = Array.from({ length: dims }, () => (spelt ? cursor.varint() : 1));
  const margin = Array.from({ length: dims }, () => (spelt ? cursor.varint() : 0));
  const tileCount = tiles.reduce((a, b) => a * b);
  const whole = tileCount === 1 && Math.max(...margin) === 0;
  need(early || whole !== spelt, "header: one tile without a margin must be left out");
  need(tileCount >= 1 && tileCount <= 2 ** 20, `header: ${tileCount} tiles; 1 to 2^20 are allowed`);
  need(Math.max(...margin) <= 31, `header: margins of ${margin} 64ths of a tile; at most 31 are allowed`);
  const width = cursor.varint();
  const hidden = cursor.varint();
  need(width >= 1 && width <= 4096 && hidden <= 64, `header: ${hidden} hidden layers of ${width} neurons`);
  const flags = cursor.varint();
  const coded = ENCODINGS[Math.floor(flags / 8)];
  need(coded, `header: encoding ${Math.floor(flags / 8)} is not known; the file needs a newer inr`);
  const encoding = coded === "fourier" ? fourierOf(cursor) : null;
  const stored = STORED[coded];
  const alone = !stored || (dims === stored.dims && tileCount === 1 && !(flags & 2));
  need(alone, `header: ${coded} ${stored && stored.needs}, one tile and no gain`);
  const frame = shape.slice(-2); // of which grids are made
  const grids = coded === "grids" || coded === "clips" ? gridLevelsOf(cursor, frame) : 0;
  const lapped = coded === "lapped" ? lappedOrderOf(cursor) : 0;
  const held = grids ? channels + Math.min(FINE_LEVELS, grids) : lapped ? channels + LAPPED_BANDS : 0;
  const encoded = held || dims * (1 + 2 * (encoding ? encoding.count : 0));
  const number = cursor.varint();
  const activation = ACTIVATIONS[number];
  need(activation, `header: activation ${number} is not known; the file needs a newer inr`);
  const bases = activation === "sine" ? [] : basesOf(cursor.big());
  const omega = cursor.varint();
  const omegaHidden = flags & 4 ? omega : cursor.varint();
  need([omega, omegaHidden].every((w) => w >= 1 && w <= 65536), "header: omega is out of range");
  need(flags & 4 || omega !== omegaHidden, "header: equal omegas must be written once");
  return {
    dims, tiles, margin, tileCount, width, hidden, encoding, grids, lapped, activation, bases, frame,
    moving: coded === "clips",
    shared: Boolean(flags & 1), gain: Boolean(flags & 2), outputs: channels,
    omega: [omega / 16, omegaHidden / 16],
    given: held || dims, // values that the network takes of a point, and what it makes of them
    encoded,
  };
}

function fourierOf(cursor) {
  const [count, base] = [cursor.varint(), cursor.varint() / 16];
  need(count >= 1 && count <= 64, `header: ${count} frequencies; 1 to 64 are allowed`);
  need(base >= 1 && base <= 8, `header: a base of ${base}; 1 to 8 are allowed`);
  return { name: "fourier", count, base };
}

function gridLevelsOf(cursor, shape) {
  const count = cursor.varint();
  const right = count >= 1 && count <= 64 && Math.min(...shape) >= 2 ** count;
  need(right, `header: ${count} levels of grids for a picture of ${shape.join(" x ")}`);
  return count;
}

function lappedOrderOf(cursor) {
  const order = cursor.varint();
  const right = order >= ORDERS[0] && order <= ORDERS[1];
  need(right, `header: lapped windows of 2^${order} frequencies; 2^5 to 2^13 are allowed`);
  return order;
}

function basesOf(packed) {
  const bases = [];
  for (; packed; packed >>= 5n) bases.push(BASES[Number(packed & 31n)]);
  const distinct = new Set(bases).size === bases.length;
  const known = bases.length && bases.length <= 12 && bases.every((name) => name);
  need(known && distinct, "header: its bases are not known");
  need(!bases.slice(1).includes("carrier"), "header: the carrier must be the first basis");
  return bases;
}
