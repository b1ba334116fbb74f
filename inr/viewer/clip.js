// A clip: one frame at a time, at any moment and any frame rate, because the field is continuous in time.

/** Times of a clip: its length, and the coordinate of a moment (as `inr decode --at` has it). */
class Clock {
  constructor({ header, times }) {
    this.frames = header.shape[0];
    this.rate = header.rate.value;
    this.times = times;
    const last = times && this.frames > 1 ? times[this.frames - 1] - times[this.frames - 2] : 0;
    this.seconds = last ? times[this.frames - 1] + last : this.frames / this.rate;
  }

  /** The frame, with a fraction, that is shown at a moment; the last one stays to the end. */
  frameAt(seconds) {
    if (!this.times) return Math.min(Math.max(seconds * this.rate, 0), this.frames - 1);
    const after = firstWhere(this.frames, (i) => this.times[i] > seconds);
    if (after === 0 || after === this.frames) return after === 0 ? 0 : this.frames - 1;
    const [a, b] = [this.times[after - 1], this.times[after]];
    return after - 1 + (seconds - a) / (b - a);
  }

  coordinate(seconds) {
    return (2 * this.frameAt(seconds) + 1) / this.frames - 1;
  }
}

/** Wire the clip's controls; returns its keys. */
function clipControls(stage, file) {
  const clock = new Clock(file);
  const [slider, play, label, choice] = ["time", "play", "moment", "fps"].map(byId);
  let now = 0;
  let playing = false;
  slider.max = String(clock.seconds);
  slider.step = String(Math.min(0.001, clock.seconds / 1000));
  choice.append(...rateOptions(clock.rate));
  const showMoment = () => {
    slider.value = String(now);
    slider.setAttribute("aria-valuetext", `${now.toFixed(2)} seconds`);
    label.textContent = `${now.toFixed(2)} / ${clock.seconds.toFixed(2)} s`;
    stage.t = clock.coordinate(now);
  };
  const seek = (seconds) => {
    now = Math.min(Math.max(seconds, 0), clock.seconds);
    showMoment();
    if (!playing) stage.refresh();
  };
  const run = async () => {
    let origin = performance.now() - 1000 * now;
    while (playing) {
      const frame = 1 / Number(choice.value);
      const before = now;
      if (await stage.sketch(1000 * frame)) {
        const due = origin + 1000 * (before + frame);
        const idle = () => performance.now() < due - SLICE_MS;
        if (file.clip && idle()) await paced(readAhead(file.clip, stage.t), undefined, idle);
        await nextScreen(due);
      }
      if (before !== now) origin = performance.now() - 1000 * now; // someone moved the slider
      const elapsed = ((performance.now() - origin) / 1000) % clock.seconds;
      if (elapsed < now) origin = performance.now() - 1000 * elapsed;
      now = Math.floor(elapsed / frame + 1e-6) * frame;
      showMoment();
    }
  };
  const toggle = () => {
    playing = !playing;
    play.textContent = playing ? "Pause" : "Play";
    if (!playing) stage.refresh();
    else run().catch(trouble);
  };
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => seek(Number(slider.value)));
  showMoment();
  byId("clip").hidden = false;
  const step = (sign) => () => seek(now + sign / Number(choice.value));
  return { " ": toggle, ",": step(-1), ".": step(1), Home: () => seek(0), End: () => seek(clock.seconds) };
}

function rateOptions(rate) {
  const own = Math.round(rate * 100) / 100;
  const rates = [...new Set([rate, rate / 2, 2 * rate, 12, 24, 30, 60])].sort((a, b) => a - b);
  return rates.map((value) => {
    const option = document.createElement("option");
    option.value = String(value);
    option.textContent = value === rate ? `${own} fps (its own)` : `${Math.round(value * 100) / 100} fps`;
    option.selected = value === rate;
    return option;
  });
}

/** Resolves with the first screen refresh after a moment of performance.now(). */
function nextScreen(moment) {
  return new Promise((resolve) => {
    const look = () => (performance.now() >= moment - 4 ? resolve() : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
}
