// Hands on a picture: wheel, drag, two fingers, keys and buttons.

const KEY_ZOOM = 1.25;
const KEY_PAN = 0.1; // of the screen

/** Wire a stage to its controls; returns the keys it knows: {key: action}. */
function pictureControls(stage) {
  const { canvas, view } = stage;
  const redraw = () => stage.refresh();
  const zoom = (factor, x, y) => (view.zoom(factor, x, y), redraw());
  const pan = (x, y) => (view.pan(x, y), redraw());
  const toggleGrid = () => {
    stage.onGrid = !stage.onGrid;
    byId("grid").setAttribute("aria-pressed", String(stage.onGrid));
    redraw();
  };
  const natural = () => (view.zoom((window.devicePixelRatio || 1) / view.scale), redraw());
  const fit = () => (view.fit(), redraw());
  gestures(canvas, zoom, pan);
  for (const [id, action] of Object.entries({
    "zoom-in": () => zoom(KEY_ZOOM ** 2),
    "zoom-out": () => zoom(KEY_ZOOM ** -2),
    fit,
    natural,
    grid: toggleGrid,
  })) {
    byId(id).addEventListener("click", action);
  }
  const step = (x, y) => () => pan(x * KEY_PAN * view.width, y * KEY_PAN * view.height);
  return {
    "+": () => zoom(KEY_ZOOM), "=": () => zoom(KEY_ZOOM),
    "-": () => zoom(1 / KEY_ZOOM), "_": () => zoom(1 / KEY_ZOOM),
    0: fit, 1: natural, g: toggleGrid,
    ArrowLeft: step(1, 0), ArrowRight: step(-1, 0), ArrowUp: step(0, 1), ArrowDown: step(0, -1),
    ...(stage.reference ? comparison(stage) : {}),
  };
}

/** Wheel and pointers; zoom(factor, x, y) and pan(dx, dy) take pixels of the canvas. */
function gestures(canvas, zoom, pan) {
  const ratio = () => canvas.width / Math.max(1, canvas.clientWidth);
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1; // some browsers count in lines
    zoom(Math.exp(-0.0018 * lines * Math.max(-300, Math.min(300, event.deltaY))), ...place(event));
  }, { passive: false });
  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    const [x, y] = place(event);
    const [oldX, oldY] = fingers.get(event.pointerId);
    fingers.set(event.pointerId, [x, y]);
    if (fingers.size === 1) return pan(x - oldX, y - oldY);
    const [a, b] = [...fingers.values()];
    const apart = ([p, q], [r, s]) => Math.max(1, Math.hypot(p - r, q - s));
    zoom(apart(a, b) / apart(before[0], before[1]), (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    return undefined;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
}

/** The reference beside the field; returns its keys. */
function comparison(stage) {
  const look = byId("look");
  const split = byId("split");
  byId("compare").hidden = false;
  const show = (name) => {
    // The error exists on the pixels of the original only.
    const gridded = stage.look === "error" || name === "error";
    stage.look = look.value = name;
    split.parentElement.hidden = name !== "split";
    if (gridded) stage.refresh();
    else stage.recolour();
  };
  look.addEventListener("change", () => show(look.value));
  split.addEventListener("input", () => {
    stage.split = Number(split.value) / 1000;
    stage.recolour();
  });
  const toggle = (name) => () => show(stage.look === name ? "field" : name);
  return { r: toggle("reference"), s: toggle("split"), e: toggle("error") };
}
