"""Seeded random signals, fields and tensors that cover what a file can hold."""

from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np

from inr import fields
from inr.codec import models, weights
from inr.codec.numbers import BASES
from inr.domain import Domain
from inr.specs import AUDIO_FORMATS, IMAGE_MODES, ActivationSpec, EncodingSpec, FieldSpec, SignalSpec

TYPICAL_SIGNAL = SignalSpec("image", (512, 768), 3, 8, "RGB")
HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")
MODULATED = ("carrier", "sine2", "cosine2")  # what `raf` is unless told otherwise
TYPICAL_FIELD = FieldSpec(
    2, 3, (4, 6), (8, 8), 29, 2, activation=ActivationSpec("raf", MODULATED, 18.0, 20.0)
)
SMALL_SIGNAL = SignalSpec("audio", (400,), 1, 16, "PCM_16", Fraction(8000))
SMALL_FIELD = FieldSpec(
    1, 1, (2,), (8,), 3, 1, activation=ActivationSpec("raf", ("sine", "gauss"), 30.0, 10.0)
)
UNEVEN_FIELD = FieldSpec(1, 1, (8,), (16,), 2, 0, activation=ActivationSpec("sine"), levels=(0, 2, 0, 1))
CARRIED_FIELD = FieldSpec(1, 1, (2,), (8,), 3, 1, activation=ActivationSpec("raf", MODULATED, 30.0, 10.0))
ANYWHERE = [name for name in BASES if name != "carrier"]  # the carrier must come first
FILLS = ("zero", "constant", "normal", "laplace", "outlier", "uniform", "offset", "tiny")


def choose(rng, options):
    return options[int(rng.integers(len(options)))]


def signal(rng):
    """Any kind, every optional part now and then; the units of scattered data too."""
    plain = gridded_signal(rng)
    return replace(plain, domain=domain(rng, plain)) if rng.random() < 0.2 else plain


def domain(rng, of):
    """Units for a signal, with names or without."""
    count = len(of.shape) + of.channels
    low = rng.normal(0, 10.0 ** rng.uniform(-3, 6), count)
    high = low + 10.0 ** rng.uniform(-2, 6, count)
    pairs = tuple(zip(low.tolist(), high.tolist(), strict=True))
    names = tuple(f"größe {i}" for i in range(count)) if rng.random() < 0.5 else ()
    return Domain(pairs[: len(of.shape)], pairs[len(of.shape) :], names)


def gridded_signal(rng):
    """A signal without units."""
    kind = choose(rng, ("image", "audio", "video"))
    whole = lambda high: int(rng.integers(1, high))  # noqa: E731
    some = lambda: rng.random() < 0.4  # noqa: E731
    rate = Fraction(whole(100_000), whole(2000))
    if kind == "image":
        mode = choose(rng, ("", *IMAGE_MODES))
        channels = IMAGE_MODES.get(mode) or whole(5)
        icc = rng.integers(0, 9, whole(900), dtype=np.uint8).tobytes() if some() else None
        return SignalSpec(kind, (whole(9000), whole(9000)), channels, whole(65), mode, icc=icc)
    if kind == "audio":
        return SignalSpec(kind, (whole(10**9),), whole(7), whole(65), choose(rng, ("", *AUDIO_FORMATS)), rate)
    frames = whole(300)
    timed = some()
    pts = tuple(np.cumsum([0, *rng.integers(1, 9000, frames - 1)]).tolist()) if timed else None
    return SignalSpec(
        kind, (frames, whole(3000), whole(3000)), 3, 8, choose(rng, ("", "RGB")), rate,
        aspect=Fraction(whole(99), whole(99)) if some() else Fraction(1),
        colour=tuple(int(v) for v in rng.integers(0, 256, 4)) if some() else (2, 2, 2, 0),
        pts=pts, time_base=Fraction(1, whole(90_000)) if timed or some() else None,
    )  # fmt: skip


def field(rng, of):
    """A small field for a signal."""
    dims = len(of.shape)
    name = choose(rng, ("sine", "raf", "raf-image", "raf-audio"))
    bases = () if name == "sine" else some_bases(rng)
    omega = [float(rng.integers(1, 65537)) / 16 for _ in range(2)]
    act = ActivationSpec(name, bases, omega[0], choose(rng, omega), bool(rng.integers(2)))
    fourier = EncodingSpec("fourier", int(rng.integers(1, 5)), float(rng.integers(16, 129)) / 16)
    spec = FieldSpec(
        dims, of.channels,
        tiles=tuple(int(v) for v in rng.integers(1, 4, dims)),
        margin=tuple(int(v) for v in rng.integers(0, 32, dims)),
        width=int(rng.integers(1, 9)), hidden=int(rng.integers(0, 4)),
        encoding=choose(rng, (EncodingSpec(), fourier)), activation=act, gain=bool(rng.integers(2)),
    )  # fmt: skip
    return with_levels(spec, rng.integers(0, 3, int(rng.integers(2, 5)))) if rng.random() < 0.4 else spec


def some_bases(rng):
    """At least one basis, in any order that a file can hold; half of the time a carrier leads them."""
    carrier = ("carrier",) * int(rng.integers(2))
    return (*carrier, *rng.permutation(ANYWHERE)[: int(rng.integers(1 - len(carrier), 10))].tolist())


def with_levels(spec, levels):
    """The field with its slowest axis cut into uneven tiles, unless all levels are 0."""
    cut = tuple(int(v) for v in levels)
    return replace(spec, tiles=(sum(2**v for v in cut), *spec.tiles[1:]), levels=cut) if any(cut) else spec


def integers(rng, shape):
    """An int32 tensor of one of FILLS, at a random scale."""
    size, scale = prod(shape), 2.0 ** rng.uniform(-3, 20)
    fill = choose(rng, FILLS)
    values = {
        "zero": lambda: np.zeros(size),
        "constant": lambda: np.full(size, rng.integers(-4000, 4000)),
        "normal": lambda: rng.normal(0, scale, size),
        "laplace": lambda: rng.laplace(0, scale, size),
        "outlier": lambda: np.where(
            rng.random(size) < 0.05, rng.choice([-1, 1], size) * 4e6, rng.normal(0, 2, size)
        ),
        "uniform": lambda: rng.uniform(-scale, scale, size),
        "offset": lambda: rng.normal(scale, scale / 50, size),
        "tiny": lambda: (rng.random(size) < 0.02).astype(float),
    }[fill]()
    return np.clip(np.rint(values), -(1 << 22), 1 << 22).astype(np.int32).reshape(shape)


def tensors(rng, spec):
    """(integers, exponents, float32 tensors) of a whole field."""
    q = {name: integers(rng, shape) for name, shape in fields.tensor_shapes(spec).items()}
    k = {name: int(rng.integers(-8, 25)) for name in q}
    return q, k, {name: np.ldexp(q[name].astype(np.float32), np.int32(-k[name])) for name in q}


def integers_alone(stream, shapes):
    """Bits of the integers of a stream of weights, without the rows that stand before them."""
    content, bits = weights.read(stream, shapes), 0.0
    for name, row in content.rows.items():
        writer = weights.Writer()
        centred = content.integers[name].reshape(-1) - row.choice.centre
        writer.values(centred, models.model(row.choice.family, row.choice.index))
        bits += writer.bits
    return bits
