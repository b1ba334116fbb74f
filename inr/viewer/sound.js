// A sound: decoded into samples, then played, with its waveform and its spectrogram.

const DECODE_BLOCK = 4096;
const LOWEST_HZ = 8000; // rates that every Web Audio takes; others are sampled anew from the field
const HIGHEST_HZ = 96000;

/** All samples of a sound on a grid of n: [Float32Array] by channel; yields the share that is done. */
function* decodeSound(js, n) {
  const { outputs } = js.file.header;
  const channels = Array.from({ length: outputs }, () => new Float32Array(n));
  const { start, step } = sampleGrid(n);
  for (let from = 0; from < n; from += DECODE_BLOCK) {
    const to = Math.min(n, from + DECODE_BLOCK);
    const values = yield* js.values([line(start, step, from, to)]);
    for (let i = from, at = 0; i < to; i++) {
      for (let c = 0; c < outputs; c++) channels[c][i] = values[at++];
    }
    yield to / n;
  }
  return channels;
}

class Player {
  /** channels: [Float32Array] at rate_hz; moved: called with the position in seconds, and at the end. */
  constructor(channels, rateHz, moved) {
    this.channels = channels;
    this.rateHz = rateHz;
    this.seconds = channels[0].length / rateHz;
    this.moved = moved;
    this.position = 0;
    this.speed = 1;
    this.source = null;
  }

  get playing() {
    return this.source !== null;
  }

  play() {
    // A browser lets sound start only after a click or a key, so this is made late.
    this.audio = this.audio || new AudioContext();
    this.buffer = this.buffer || this.fill();
    this.audio.resume();
    if (this.position >= this.seconds - 1e-3) this.position = 0;
    const source = this.audio.createBufferSource();
    source.buffer = this.buffer;
    source.playbackRate.value = this.speed;
    source.connect(this.audio.destination);
    source.onended = () => source === this.source && this.end();
    source.start(0, this.position);
    this.source = source;
    this.since = this.audio.currentTime;
    this.follow();
  }

  fill() {
    const channels = this.channels.slice(0, 32); // as many as a buffer holds
    const buffer = this.audio.createBuffer(channels.length, channels[0].length, this.rateHz);
    channels.forEach((samples, c) => buffer.copyToChannel(samples, c));
    return buffer;
  }

  pause() {
    if (!this.source) return;
    this.keep();
    this.source.onended = null;
    this.source.stop();
    this.source = null;
    this.moved(this.position);
  }

  end() {
    this.source = null;
    this.position = this.seconds;
    this.moved(this.position);
  }

  /** Bring the position up to now. */
  keep() {
    const now = this.audio.currentTime;
    this.position = Math.min(this.seconds, this.position + (now - this.since) * this.speed);
    this.since = now;
  }

  follow() {
    if (!this.source) return;
    this.keep();
    this.moved(this.position);
    requestAnimationFrame(() => this.follow());
  }

  seek(seconds) {
    const playing = this.playing;
    if (playing) this.pause();
    this.position = Math.min(Math.max(seconds, 0), this.seconds);
    if (playing) this.play();
    else this.moved(this.position);
  }

  setSpeed(speed) {
    if (this.playing) this.keep();
    this.speed = speed;
    if (this.playing) this.source.playbackRate.value = speed;
  }
}

/** Decode, then show and wire the player; returns its keys. */
async function soundControls(file, js, progress) {
  const { shape, rate } = file.header;
  const rateHz = Math.min(Math.max(Math.round(rate.value), LOWEST_HZ), HIGHEST_HZ);
  const own = rateHz === Math.round(rate.value);
  const n = own ? shape[0] : Math.max(1, Math.round((shape[0] * rateHz) / rate.value));
  const channels = await paced(decodeSound(js, n), progress);
  const drawing = new SoundDrawing(byId("wave"), byId("spectrogram"), channels, rateHz);
  const [play, slider, label] = ["play-sound", "place", "position"].map(byId);
  const [speed, speedLabel] = ["speed", "speed-now"].map(byId);
  const player = new Player(channels, rateHz, (seconds) => {
    play.textContent = player.playing ? "Pause" : "Play";
    slider.value = String(seconds);
    slider.setAttribute("aria-valuetext", `${seconds.toFixed(2)} seconds`);
    label.textContent = `${seconds.toFixed(2)} / ${player.seconds.toFixed(2)} s`;
    drawing.mark(seconds);
  });
  slider.max = String(player.seconds);
  slider.step = String(Math.min(0.001, player.seconds / 1000));
  const toggle = () => (player.playing ? player.pause() : player.play());
  const setSpeed = (value) => {
    speed.value = String(Math.log2(value));
    speedLabel.textContent = `${value.toFixed(2)} ×`;
    player.setSpeed(value);
  };
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => player.seek(Number(slider.value)));
  speed.addEventListener("input", () => setSpeed(2 ** Number(speed.value)));
  drawing.onSeek = (seconds) => player.seek(seconds);
  player.moved(0);
  const step = (seconds) => () => player.seek(player.position + seconds);
  const zoom = (factor) => () => drawing.zoom(factor, player.position);
  const keys = {
    " ": toggle, ArrowLeft: step(-1), ArrowRight: step(1), Home: step(-Infinity), End: step(Infinity),
    ArrowUp: () => setSpeed(Math.min(4, player.speed * 2 ** 0.25)),
    ArrowDown: () => setSpeed(Math.max(0.25, player.speed / 2 ** 0.25)),
    1: () => setSpeed(1), "+": zoom(0.5), "=": zoom(0.5), "-": zoom(2), 0: zoom(Infinity),
  };
  return { keys, channels, player, drawing };
}
