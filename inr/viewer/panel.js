// The panel: what the file holds, where its bytes go, and the shape of its activations.

const SECTION_NAMES = {
  H: "header", D: "division into tiles", P: "times of frames", G: "grids", i: "colour profile",
  u: "units of scattered data", W: "weights",
};

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const counted = (n) => n.toLocaleString("en");

/** One line that says what the file is, bytes first. */
function summaryOf({ header, bytes, params }) {
  const { kind, shape, channels } = header;
  const plain = () => `${shape[1]} × ${shape[0]}`;
  const size = { image: plain, audio: soundSize, video: clipSize }[kind](header);
  const perSample = ((8 * bytes) / header.samples).toPrecision(3);
  const unit = { image: "bits a pixel", audio: "bits a sample", video: "bits a voxel" }[kind];
  const lanes = `${channels} channel${channels > 1 ? "s" : ""}`;
  const what = `${kind} ${size}, ${lanes}`;
  return `${counted(bytes)} bytes · ${what} · ${perSample} ${unit} · ${counted(params)} parameters`;
}

function soundSize({ shape, rate }) {
  return `${(shape[0] / rate.value).toFixed(2)} s at ${counted(Math.round(rate.value))} Hz`;
}

function clipSize({ shape, rate }) {
  return `${shape[2]} × ${shape[1]}, ${shape[0]} frames at ${Math.round(rate.value * 100) / 100} fps`;
}

function fillPanel(file) {
  fillList(byId("architecture"), architecture(file));
  const named = (type) => `${type}  ${SECTION_NAMES[type] || "not known here"}`;
  const sections = file.sections.map((s) => [named(s.type), s.bytes]);
  const framed = file.sections.reduce((sum, s) => sum + s.bytes, 0);
  sections.push(["magic, version and checksum", file.bytes - framed]);
  fillBars(byId("sections"), sections, file.bytes);
  const tensors = [...file.tensors.values()].map((t) => [`${t.name}  ${t.shape.join("×")}`, t.bits / 8, t]);
  fillBars(byId("tensors"), tensors, file.bytes);
  byId("by-level").hidden = !(file.grids || file.clip);
  if (file.grids || file.clip) fillBars(byId("levels"), bytesByLevel(file), file.bytes);
  drawCurves(byId("curves"), file);
}

/** Rows for a table with bars: what the grids of each level take, coarse to fine, and what foresees them. */
function bytesByLevel({ header, tensors, grids, clip }) {
  if (clip) return [[groupWords(clip), clip.streams.reduce((sum, s) => sum + s.length, 0)], ["context networks", clip.context]];
  if (header.lapped) return [["cosines", tensors.get(LAPPED).bits / 8], ["context network", grids.context]];
  const sizes = shapesOfLevels(header.shape, header.grids);
  const named = (name, [height, width]) => `${name}  ${width} × ${height}`;
  const rows = [[named("coarsest grid", sizes[header.grids]), tensors.get("grid.low").bits / 8]];
  for (let level = header.grids - 1; level >= 0; level--) {
    const bits = GRID_PARTS.reduce((sum, part) => sum + tensors.get(gridName(level, part)).bits, 0);
    rows.push([named(`details of level ${level}`, sizes[level]), bits / 8]);
  }
  return [...rows, ["context network", grids.context]];
}

function groupWords({ lengths }) {
  const longest = lengths.reduce((a, b) => Math.max(a, b));
  const frames = `${longest} frame${longest > 1 ? "s" : ""}`;
  return lengths.length > 1 ? `${counted(lengths.length)} groups of up to ${frames}` : `one group of ${frames}`;
}

function encodingWords({ encoding, grids, lapped, frame, moving }, { step }) {
  if (lapped) return `lapped: ${2 ** lapped} cosines a window, step ${step.toPrecision(3)}`;
  if (grids) return `${moving ? "clips" : "grids"}: ${frame[1]} × ${frame[0]} points, ${grids} levels, step ${step.toPrecision(3)}`;
  return encoding ? `fourier: ${encoding.count} frequencies, base ${encoding.base}` : "identity";
}

function architecture({ header, levels, times, profile, grids, clip }) {
  const h = header;
  const tiles = `${h.tiles.join(" × ")} tiles${levels ? ", of uneven lengths" : ""}`;
  const widths = new Array(h.hidden + 1).fill(h.width).join(" → ");
  const margins = h.margin.map((m) => `${m}/64`).join(", ");
  const stored = h.grids || h.lapped;
  const inputs = stored ? `${h.given} values of the grids` : `${h.dims} coordinate${h.dims > 1 ? "s" : ""}`;
  const one = stored ? "one network that adds to what its grids hold" : "one network";
  return [
    ["layout", h.tileCount === 1 ? one : `${tiles}, reaching ${margins} over their borders`],
    ["network", `${inputs} → ${widths} → ${h.outputs}`],
    ["encoding", encodingWords(h, grids || clip || {})],
    ["activation", `${h.activation}${h.bases.length ? `: ${h.bases.join(", ")}` : ""}`],
    ["ω", h.omega[0] === h.omega[1] ? `${h.omega[0]}` : `${h.omega[0]} first, ${h.omega[1]} after`],
    ["depth", `${h.bits} bits${h.mode ? `, ${h.mode}` : ""}${times ? ", frames at uneven times" : ""}`],
    ...(profile ? [["colour", colourWords(profile)]] : []),
  ];
}

function fillList(list, rows) {
  for (const [name, text] of rows) list.append(element("dt", name), element("dd", text));
}

/** A table with bars; rows are [name, bytes, tensor or nothing]. */
function fillBars(body, rows, whole) {
  for (const [name, bytes, tensor] of rows) {
    const row = element("tr");
    row.append(element("th", name, { scope: "row" }));
    const size = bytes < 10 && tensor ? bytes.toFixed(1) : counted(Math.round(bytes));
    const cell = element("td", size);
    const bar = element("span", "", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${Math.max(0.5, (100 * bytes) / whole)}%`;
    cell.append(bar);
    row.append(cell);
    if (tensor) {
      const each = (tensor.bits / tensor.values.length).toFixed(2);
      const step = tensor.k === undefined ? tensor.step.toPrecision(3) : `2^${-tensor.k}`;
      row.append(element("td", `${each} bits each, step ${step}`));
    }
    body.append(row);
  }
}
