// Long work in slices, so that the page stays alive: generators pause, this decides when to let go.

const SLICE_MS = 14;
const waiting = [];
const channel = new MessageChannel(); // unlike timers, messages are not slowed down in a tab at the back
channel.port1.onmessage = () => waiting.shift()();

/** Resolves after the browser has handled what came meanwhile. */
function breathe() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
}

/**
 * Run a generator to its end; `each` sees what it yields.
 * Returns its value, or undefined as soon as `wanted()` is false; wanted may take its time.
 */
async function paced(steps, each = () => {}, wanted = () => true) {
  let until = performance.now() + SLICE_MS;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (value !== undefined) each(value);
    if (performance.now() < until) continue;
    await breathe();
    if (!(await wanted())) return undefined;
    until = performance.now() + SLICE_MS;
  }
}
