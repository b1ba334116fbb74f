// Waveform and spectrogram of the part of a sound that is in view.

const FLOOR_DB = -90;

class SoundDrawing {
  constructor(wave, spectrogram, channels, rateHz) {
    this.wave = wave;
    this.spectrogram = spectrogram;
    this.channels = channels;
    this.rateHz = rateHz;
    this.length = channels[0].length;
    this.from = 0; // in samples
    this.to = this.length;
    this.at = 0;
    this.onSeek = () => {};
    for (const canvas of [wave, spectrogram]) {
      canvas.addEventListener("pointerdown", (event) => this.onSeek(this.under(event) / rateHz));
      canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        this.zoom(Math.exp(0.002 * event.deltaY), this.under(event) / rateHz);
      }, { passive: false });
    }
    this.resize();
  }

  under(event) {
    const box = event.target.getBoundingClientRect();
    return this.from + ((event.clientX - box.left) / box.width) * (this.to - this.from);
  }

  /** Show `factor` times as much, around a moment. */
  zoom(factor, seconds) {
    const middle = seconds * this.rateHz;
    const size = Math.min(Math.max((this.to - this.from) * factor, 32), this.length);
    const share = Math.min(Math.max((middle - this.from) / (this.to - this.from), 0), 1);
    this.from = Math.min(Math.max(0, middle - share * size), this.length - size);
    this.to = this.from + size;
    this.draw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.wave, this.spectrogram]) {
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    }
    this.draw();
  }

  draw() {
    drawWave(this.wave, this.channels, this.from, this.to, ink(this.wave));
    drawSpectrogram(this.spectrogram, this.channels[0], this.from, this.to);
    this.pictures = [this.wave, this.spectrogram].map(copyOf);
    this.mark(this.at);
  }

  /** Draw the line that says where the player is. */
  mark(seconds) {
    this.at = seconds;
    const place = (seconds * this.rateHz - this.from) / (this.to - this.from);
    [this.wave, this.spectrogram].forEach((canvas, i) => {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(this.pictures[i], 0, 0);
      context.fillStyle = "#e5484d";
      context.fillRect(Math.round(place * (canvas.width - 2)), 0, 2, canvas.height);
    });
  }
}

/** Colours of the page, as its style says. */
function ink(element) {
  const style = getComputedStyle(element);
  return { line: style.getPropertyValue("--accent"), faint: style.getPropertyValue("--line") };
}

function copyOf(canvas) {
  const copy = picture({ columns: canvas.width, rows: canvas.height });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  return copy;
}

/** Channels one below the other; each column spans from its least to its greatest sample. */
function drawWave(canvas, channels, from, to, colours) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const band = height / channels.length;
  channels.forEach((samples, c) => {
    const middle = (c + 0.5) * band;
    const y = (value) => middle - 0.48 * band * Math.min(Math.max(value, -1), 1);
    context.fillStyle = colours.faint;
    context.fillRect(0, Math.round(middle), width, 1);
    context.strokeStyle = colours.line;
    context.lineWidth = Math.max(1, width / 1200);
    context.beginPath();
    for (let x = 0; x < width; x++) {
      const first = Math.floor(from + (x / width) * (to - from));
      const last = Math.max(first + 1, Math.floor(from + ((x + 1) / width) * (to - from)));
      let [low, high] = [Infinity, -Infinity];
      for (let i = first; i < last && i < samples.length; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
      if (low <= high) {
        context.lineTo(x, y(high));
        context.lineTo(x, y(low));
      }
    }
    context.stroke();
  });
}

/** Power over frequency (upwards, linear) and time, in dB below the loudest. */
function drawSpectrogram(canvas, samples, from, to) {
  const { width, height } = canvas;
  const size = to - from > 8192 ? 1024 : 256;
  const context = canvas.getContext("2d");
  const columns = Math.min(width, 1200);
  const power = Array.from({ length: columns }, (_, x) =>
    spectrum(samples, Math.round(from + ((x + 0.5) / columns) * (to - from)) - size / 2, size)
  );
  const loudest = Math.max(1e-20, ...power.map((column) => Math.max(...column)));
  const small = picture({ columns, rows: size / 2 });
  const image = new ImageData(columns, size / 2);
  for (let x = 0; x < columns; x++) {
    for (let f = 0; f < size / 2; f++) {
      const db = 10 * Math.log10(power[x][f] / loudest + 1e-20);
      heatColour(Math.max(0, 1 - db / FLOOR_DB), image.data, 4 * ((size / 2 - 1 - f) * columns + x));
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.clearRect(0, 0, width, height);
  context.drawImage(small, 0, 0, width, height);
}

/** Black over violet and orange to pale yellow. */
function heatColour(level, out, o) {
  out[o] = 255 * Math.min(1, Math.max(0, 1.6 * level - 0.15));
  out[o + 1] = 255 * Math.max(0, 1.8 * level - 0.85);
  const late = Math.max(0.1, 0.9 - level) + Math.max(0, 3.2 * level - 2.6);
  out[o + 2] = 255 * (level < 0.5 ? 1.1 * level : late);
  out[o + 3] = 255;
}

/** Power spectrum of `size` samples from `start` on under a Hann window. */
function spectrum(samples, start, size) {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    re[i] = (samples[start + i] || 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size));
  }
  fourier(re, im);
  return Float64Array.from({ length: size / 2 }, (_, f) => re[f] ** 2 + im[f] ** 2);
}

/** In-place Fourier transform of a power of two (Cooley and Tukey). */
function fourier(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k, b = k + size / 2; a < n; a += size, b += size) {
        const [x, y] = [re[b] * c - im[b] * s, re[b] * s + im[b] * c];
        [re[b], im[b]] = [re[a] - x, im[a] - y];
        re[a] += x;
        im[a] += y;
      }
    }
  }
}
