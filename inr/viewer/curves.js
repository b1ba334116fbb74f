// The activation of every layer, drawn: thin lines are single neurons, the thick one their mean.

const CURVE_POINTS = 240;
const MOST_NEURONS = 24;

/** One canvas a layer into `place`; networks of tiles with activations of their own show the first tile. */
function drawCurves(place, file) {
  const { header } = file;
  place.replaceChildren();
  for (let layer = 0; layer <= header.hidden; layer++) {
    const figure = element("figure");
    const canvas = element("canvas", "", { width: 520, height: 200, role: "img" });
    const curves = curvesOf(file, layer);
    const what = `layer ${layer}: g(z) for z in ±${curves.reach.toPrecision(2)}`;
    const span = `between ${curves.low.toFixed(2)} and ${curves.high.toFixed(2)}`;
    canvas.setAttribute("aria-label", `${what}, ${span}`);
    figure.append(canvas, element("figcaption", what));
    place.append(figure);
    drawCurve(canvas, curves);
  }
}

/** {reach, low, high, lines: [Float64Array], mean} of one layer's activation. */
function curvesOf({ header, tensors }, layer) {
  const { width } = header;
  const reach = reachOf(header, layer, tensors);
  const activate = activationOf(header, layer, tensors);
  const z = new Float64Array(CURVE_POINTS * width);
  for (let n = 0; n < CURVE_POINTS; n++) {
    z.fill(reach * ((2 * n) / (CURVE_POINTS - 1) - 1), n * width, (n + 1) * width);
  }
  activate(z, CURVE_POINTS, 0);
  const every = Math.max(1, Math.ceil(width / MOST_NEURONS));
  const lines = [];
  const mean = new Float64Array(CURVE_POINTS);
  for (let j = 0; j < width; j++) {
    const line = Float64Array.from({ length: CURVE_POINTS }, (_, n) => z[n * width + j]);
    line.forEach((value, n) => (mean[n] += value / width));
    if (j % every === 0) lines.push(line);
  }
  const all = lines.flatMap((line) => [...line]).sort((a, b) => a - b);
  return { reach, low: all[0], high: all[all.length - 1], lines, mean };
}

/** Half the range of z to draw: one and a half turns of the sine, or a few widths of the Gaussian. */
function reachOf(header, layer, tensors) {
  const omega = header.omega[layer ? 1 : 0];
  const sine = header.activation === "sine" || header.bases[0] === "carrier";
  const frequency = tensors.get(`layer${layer}.frequency`);
  if (sine) return (3 * Math.PI) / omega;
  if (!frequency) return 2;
  const row = [...frequency.values.subarray(0, header.width)].map(Math.abs).sort((a, b) => a - b);
  const middle = row[row.length >> 1] || 1;
  const scaled = header.bases.some((name) => TRIGONOMETRIC.includes(name));
  return scaled ? (3 * Math.PI) / omega / middle : 3 / middle;
}

function drawCurve(canvas, { lines, low, high, mean }) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const colours = ink(canvas);
  const room = Math.max(high - low, 1e-9);
  const y = (value) => height - 8 - ((height - 16) * (value - low)) / room;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colours.faint;
  context.fillRect(width / 2, 0, 1, height);
  if (low <= 0 && high >= 0) context.fillRect(0, Math.round(y(0)), width, 1);
  const trace = (line) => {
    context.beginPath();
    line.forEach((value, n) => context.lineTo((n / (CURVE_POINTS - 1)) * width, y(value)));
    context.stroke();
  };
  context.strokeStyle = colours.line;
  context.lineWidth = 1.2;
  context.globalAlpha = lines.length > 1 ? 0.35 : 1;
  lines.forEach(trace);
  context.globalAlpha = 1;
  context.lineWidth = 3;
  trace(mean);
}
