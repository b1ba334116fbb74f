// The page: read the file that it carries, show it, and answer to keys and to tests.

function byId(id) {
  return document.getElementById(id);
}

/** Show what went wrong in place of the signal. */
function trouble(error) {
  const damaged = error instanceof FormatError;
  byId("trouble").hidden = false;
  byId("trouble-title").textContent = damaged ? "This .inr file cannot be read" : "This page met an error";
  byId("trouble-text").textContent = error.message || String(error);
  byId("trouble-help").textContent = damaged
    ? "Copy or export it again. If it comes from a newer version of inr, make this page with that one."
    : "A newer browser may help; `inr decode` does without one.";
  for (const id of ["picture", "sound", "busy", "panel", "about"]) byId(id).hidden = true;
}

function busy(text) {
  byId("busy").hidden = !text;
  byId("busy").textContent = text;
}

/** Send keys to actions, unless a control wants them for itself. */
function listenToKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    const { tagName, type } = event.target;
    const typed = tagName === "SELECT" || (tagName === "INPUT" && type !== "range");
    const slides = tagName === "INPUT" && /^(Arrow|Home|End|Page)/.test(event.key);
    const presses = ["BUTTON", "SUMMARY"].includes(tagName) && [" ", "Enter"].includes(event.key);
    const pages = byId("panel").contains(event.target) && /^(Arrow|Home|End|Page| )/.test(event.key);
    if (typed || slides || presses || pages) return;
    event.preventDefault();
    keys[event.key]();
  });
}

function panelKeys() {
  const panel = byId("panel");
  const button = byId("about");
  const toggle = () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    window.dispatchEvent(new Event("resize"));
  };
  button.addEventListener("click", toggle);
  return { i: toggle };
}

/** The reference that the page carries, or null; a damaged one costs the comparison, not the page. */
function embeddedReference(header) {
  const text = byId("reference").textContent.trim();
  if (!text) return null;
  try {
    return readReference(fromBase64(text, "reference"), header);
  } catch (error) {
    byId("quality").textContent = error.message;
    return null;
  }
}

async function showPicture(file, engines, reference) {
  byId("picture").hidden = false;
  const say = (text) => (byId("status").textContent = text);
  const stage = new Stage(byId("canvas"), file, engines, reference, say);
  const why = engines.why ? `, without WebGL: ${engines.why}` : "";
  byId("engine").textContent = `Drawn by ${engines.engine.name}${why}.`;
  if (file.clip) file.clip.tell = say;
  const keys = pictureControls(stage);
  if (file.header.kind === "video") Object.assign(keys, clipControls(stage, file));
  const resize = () => stage.resize().catch(trouble);
  resize();
  new ResizeObserver(resize).observe(byId("canvas"));
  if (reference && file.header.kind === "image") {
    const steps = paced(pictureQuality(engines.js, reference), undefined, () => stage.idle());
    steps.then((text) => (byId("quality").textContent = text)).catch(trouble);
  }
  return { keys, stage };
}

async function showSound(file, js, reference) {
  byId("sound").hidden = false;
  const percent = (share) => busy(`Decoding ${Math.round(100 * share)} %`);
  const sound = await soundControls(file, js, percent);
  busy("");
  new ResizeObserver(() => sound.drawing.resize()).observe(byId("wave"));
  const whole = reference && sound.channels[0].length === file.header.shape[0];
  if (whole) byId("quality").textContent = soundQuality(file.header, sound.channels, reference);
  return sound;
}

async function start() {
  busy("Reading the file");
  const file = await paced(decodeFile(fromBase64(byId("file").textContent, "file")));
  byId("summary").textContent = summaryOf(file);
  fillPanel(file);
  const reference = embeddedReference(file.header);
  if (file.clip) file.clip.tell = busy;
  if (file.header.grids) await paced(planesOf(file, firstMoment(file)));
  busy("");
  const sound = file.header.kind === "audio";
  const engines = sound ? { js: new JsEngine(file) } : chooseEngine(file);
  const shown = sound
    ? await showSound(file, engines.js, reference)
    : await showPicture(file, engines, reference);
  listenToKeys({ ...panelKeys(), ...shown.keys });
  return { file, engines, ...shown };
}

/** For tests: what was decoded, and what is shown. */
function testHandle(ready) {
  return {
    ready,
    /** Every tensor with its float32 values. */
    weights: async () => {
      const { file } = await ready;
      return [...file.tensors.values()].map(({ name, shape, k, values }) => ({ name, shape, k, values }));
    },
    /**
     * Channels of samples x .. x+w-1, y .. y+h-1 of the original grid, or of one `scale` times as dense,
     * Uint8Array [h, w, C]; by: "js", "gl", or the engine that the page shows.
     */
    pixels: async (x, y, w, h, { frame = 0, by = "engine", scale = 1 } = {}) => {
      const { file, engines } = await ready;
      const { shape, channels, kind } = file.header;
      const [across, down] = [sampleGrid(scale * shape.at(-1), x), sampleGrid(scale * shape.at(-2), y)];
      const t = kind === "video" ? sampleGrid(shape[0], frame).start : null;
      const steps = { x0: across.start, dx: across.step, y0: down.start, dy: down.step };
      const view = { columns: w, rows: h, ...steps, t };
      const out = new Uint8Array(w * h * channels);
      const take = ({ row, rows, data }) => {
        for (let i = 0; i < rows * w; i++) {
          out.set(data.subarray(4 * i, 4 * i + channels), (row * w + i) * channels);
        }
      };
      await paced(engines[by].strips(view), take);
      return out;
    },
    /** Decoded samples by channel, of a sound. */
    samples: async () => (await ready).channels,
    /** The stage of a picture or a clip, or the player of a sound. */
    shown: () => ready.then(({ stage, player, drawing }) => ({ stage, player, drawing })),
  };
}

window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  trouble(event.reason); // of a drawing that a key or the slider asked for
});
const ready = start();
ready.catch(trouble);
window.inr = testHandle(ready);
