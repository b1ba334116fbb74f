"""Write new golden files: `python -m tests.golden.make_golden NAME...` from the repository root.

A golden file is never rewritten: what its bytes mean is a promise.  Add a file when the
format gains a version or a feature.
"""

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from inr import codec, fields
from inr.domain import Domain
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec import random_clips, random_grids, random_lapped
from tests.codec import random_fields as some

FOLDER = Path(__file__).parent
HARMONIC = ActivationSpec("raf", some.HARMONIC, 20.0, 15.0)
PUBLISHED = ActivationSpec("raf-image", ("linear", "square", "sine", "gauss"), 1.0, 1.0, shared=False)
CLIP = SignalSpec(
    "video", (5, 24, 31), 3, 8, "RGB", Fraction(30000, 1001), Fraction(4, 3), (1, 1, 1, 2),
    (0, 3003, 6006, 9010, 15015), Fraction(1, 90000),
)  # fmt: skip
ALPHA = SignalSpec("image", (9, 7), 4, 16, "RGBA", icc=bytes(range(200)))
STEREO = SignalSpec("audio", (16000,), 2, 24, "PCM_24", Fraction(16000))
VOICE = SignalSpec("audio", (5003,), 1, 16, "PCM_16", Fraction(8000))
VOICE_FIELD = FieldSpec(1, 1, (1,), (16,), 3, 1, activation=HARMONIC, gain=True)
FOURIER = EncodingSpec("fourier", 3, 1.375)
SINE = ActivationSpec("sine", (), 90.0, 30.0)
MODULATED = ActivationSpec("raf", some.MODULATED, 18.0, 20.0)
CARRIER_AND_GAUSS = ActivationSpec("raf", ("carrier", "gauss", "sine"), 12.5, 12.5, shared=False)
AUDIO = ActivationSpec("raf-audio", ("sine", "gauss"), 1.0, 1.0)
STATIONS = SignalSpec(
    "image", (12, 9), 2, 16, "",
    domain=Domain(
        ((-47.25, 71.5), (1e5, 6.5e6)), ((273.15, 301.0), (0.5, 0.5)), ("breite", "länge", "T / K", "p")
    ),
)  # fmt: skip
CASES = {
    "v1-image-raf-tiles": (
        replace(some.TYPICAL_SIGNAL, shape=(48, 64)),
        FieldSpec(2, 3, (1, 2), (0, 8), 5, 1, activation=HARMONIC),
    ),
    "v1-image-fourier-icc": (ALPHA, FieldSpec(2, 4, (1, 1), (0, 0), 4, 1, FOURIER, PUBLISHED)),
    "v1-audio-sine-gain": (STEREO, FieldSpec(1, 2, (6,), (16,), 4, 2, activation=SINE, gain=True)),
    "v1-video-uneven": (CLIP, FieldSpec(3, 3, (2, 1, 2), (4, 0, 8), 3, 0, activation=AUDIO)),
    # A case's numbers come from its place among the sorted names, so a new name must sort after the old.
    "v1-voice-levels": (VOICE, some.with_levels(VOICE_FIELD, (0, 3, 1, 0))),
    "v1-with-carrier": (
        replace(some.TYPICAL_SIGNAL, shape=(48, 64)),
        FieldSpec(2, 3, (1, 2), (0, 8), 5, 2, activation=MODULATED),
    ),
    "v1-with-carrier-and-gauss": (
        VOICE,
        some.with_levels(replace(VOICE_FIELD, activation=CARRIER_AND_GAUSS), (1, 0, 2)),
    ),
    "v1-without-grid": (STATIONS, FieldSpec(2, 2, (2, 1), (4, 0), 4, 1, activation=MODULATED)),
    "v2-grids-colours": random_grids.picture((22, 13), "RGBA", levels=2),
    "v2-grids-grey": random_grids.picture((19, 30), "L", levels=4, width=4, activation=SINE),
    "v2-lapped-mono": random_lapped.sound(150, 1, 5),
    "v2-lapped-stereo": random_lapped.sound(77, 2, 6, activation=SINE),
    # From here on as encoders write; the files above are of encoders from before.
    "v3-audio-levels": (VOICE, some.with_levels(VOICE_FIELD, (2, 0, 1))),
    "v3-grids-colours": random_grids.picture((17, 26), "RGB", levels=3),
    "v3-image-whole": (
        replace(some.TYPICAL_SIGNAL, shape=(48, 64)),
        FieldSpec(2, 3, (1, 1), (0, 0), 6, 1, activation=MODULATED),
    ),
    "v3-lapped-stereo": random_lapped.sound(90, 2, 5),
    "v3-video-tiles": (CLIP, FieldSpec(3, 3, (1, 2, 2), (0, 8, 0), 4, 1, FOURIER, AUDIO)),
}
# Frames of each group, and the case; their numbers come after those of all others.
CLIPS = {
    "v2-clips-colours": ((4, 1), random_clips.clip((4, 1), (9, 7), 3)),
    "v2-clips-grey": ((9,), random_clips.clip((9,), (21, 34), 1, levels=3, activation=SINE)),
    "v3-clips-colours": ((5, 2), random_clips.clip((5, 2), (12, 18), 3)),
}


def make(name):
    """The bytes of a case and what they must decode to, as JSON values."""
    if name in CLIPS:
        return make_clip(np.random.default_rng(len(CASES) + sorted(CLIPS).index(name)), *CLIPS[name])
    signal, field = CASES[name]
    rng = np.random.default_rng(sorted(CASES).index(name))
    if field.encoding.stored:
        return make_grids(rng, signal, field)
    integers, exponents, tensors = some.tensors(rng, field)
    data = codec.encode(field, tensors, exponents, signal)
    content = {n: {"k": exponents[n], "integers": integers[n].reshape(-1).tolist()} for n in tensors}
    assert list(content) == list(fields.tensor_shapes(field))
    return data, {"signal": signal.to_json(), "field": field.to_json(), "tensors": content}


def make_grids(rng, signal, field):
    """Likewise, with a section `G`: integers of all sizes, and a context network of random weights."""
    kind = random_lapped if field.encoding.name == "lapped" else random_grids
    pyramid = kind.grids(rng, field, scale=2.0, outliers=0.02)
    tensors, exponents = random_grids.network(rng, field)
    data = codec.encode(field, tensors, exponents, signal, pyramid)
    content = integers_of(tensors, exponents)
    below = {
        "step": pyramid.step, "shrink": list(pyramid.shrink),
        "context": {n: w.reshape(-1).tolist() for n, w in pyramid.context.weights.items()},
        "integers": {n: q.tolist() for n, q in pyramid.integers.items()},
    }  # fmt: skip
    return data, {"signal": signal.to_json(), "field": field.to_json(), "tensors": content, "grids": below}


def make_clip(rng, lengths, case):
    """Likewise, with groups of frames: blocks that live and blocks that do not, in stages of every sort."""
    signal, field = case
    settings = {"scale": 2.0, "living": 0.4, "density": 0.2, "outliers": 0.02}
    groups = random_clips.groups(rng, field, lengths, **settings)
    tensors, exponents = random_grids.network(rng, field)
    data = codec.encode(field, tensors, exponents, signal, groups)
    below = {
        "step": groups.step, "shrink": list(groups.shrink), "lengths": list(lengths),
        "points": {n: w.reshape(-1).tolist() for n, w in groups.nets.points.weights.items()},
        "blocks": {n: w.reshape(-1).tolist() for n, w in groups.nets.blocks.weights.items()},
        "groups": [integers_of_group(random_clips.read(groups, i)) for i in range(len(lengths))],
    }  # fmt: skip
    content = integers_of(tensors, exponents)
    return data, {"signal": signal.to_json(), "field": field.to_json(), "tensors": content, "clips": below}


def integers_of(tensors, exponents):
    """Of the network's tensors, and of the coarsest grid of a picture."""
    return {
        n: {"k": exponents[n], "integers": codec.quantise(t, exponents[n]).reshape(-1).tolist()}
        for n, t in tensors.items()
    }


def integers_of_group(own):
    """Those that are not 0, and which of its stage each one is."""
    stages = [{"places": s.places.tolist(), "values": s.values.tolist()} for s in own.stages]
    return {"k": own.k, "low": own.low.reshape(-1).tolist(), "stages": stages}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        target = FOLDER / f"{name}.inr"
        if target.exists():
            sys.exit(f"{target}: exists, and golden files are never rewritten")
        data, content = make(name)
        target.write_bytes(data)
        target.with_suffix(".json").write_text(json.dumps(content) + "\n")
