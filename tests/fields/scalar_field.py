"""A field one number at a time, with `math` alone: the independent judge of everything that evaluates one.

Written from the formulas (the docstrings of partition.py, encodings.py, mlp.py and raf.py), not
from their code.  Slow, and in float64 throughout.  Uneven tiles (`FieldSpec.levels`) are honoured.
"""

import itertools
import math
from fractions import Fraction

import numpy as np

from inr import fields
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec

MODULATED = ("carrier", "sine2", "cosine2")  # the default of `raf`
HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")
ALL_BASES = ("linear", "square", "sine", "sine2", "cosine2", "gauss", "cosine", "relu", "relu3")
TRIGONOMETRIC = {"sine", "sine2", "cosine2", "cosine"}


def rows(bases):
    """How many amplitudes, and how many frequencies, a neuron with these bases has."""
    if bases[0] == "carrier":  # it has neither, and there is no other sine frequency beside it
        return len(bases) - 1, int("gauss" in bases)
    return len(bases), int(bool(TRIGONOMETRIC & set(bases))) + int("gauss" in bases)


def basis(name, z, omega, frequencies, carried=False):
    """g_p(b z); `frequencies` are one neuron's scalings, the trigonometric one first, if it has one."""
    theta = omega * z if carried else omega * frequencies[0] * z if frequencies else 0.0
    t = frequencies[-1] * z if frequencies else 0.0
    return {
        "linear": lambda: z,
        "square": lambda: z**2,
        "sine": lambda: math.sin(theta),
        "carrier": lambda: math.sin(theta),
        "cosine": lambda: math.cos(theta),
        "sine2": lambda: math.sin(2 * theta),
        "cosine2": lambda: math.cos(2 * theta),
        "gauss": lambda: math.exp(-(t**2) / 2),
        "relu": lambda: max(z, 0.0),
        "relu3": lambda: max(z, 0.0) ** 3,
    }[name]()


def activated(z, spec, omega, amplitudes, frequencies):
    """One neuron's output; `amplitudes` are its a_p."""
    if spec.name == "sine":
        return math.sin(omega * z)
    carried = spec.bases[0] == "carrier"
    all_amplitudes = [1.0, *amplitudes] if carried else amplitudes
    return math.fsum(
        a * basis(name, z, omega, frequencies, carried)
        for a, name in zip(all_amplitudes, spec.bases, strict=True)
    )


def encoded(u, spec):
    """The coordinates, then sin and cos of π base^j u for each j."""
    out = list(u)
    for j in range(spec.count):
        out += [math.sin(math.pi * spec.base**j * v) for v in u]
        out += [math.cos(math.pi * spec.base**j * v) for v in u]
    return out


def network(spec, tensors, tile, u):
    """The MLP of one tile at one local point u: C numbers."""

    def own(name):
        t = tensors[name]
        return t[tile if t.shape[0] > 1 else 0].astype(np.float64)

    h = encoded(u, spec.encoding)
    for layer in range(spec.hidden + 1):
        w, b = own(f"layer{layer}.weight"), own(f"layer{layer}.bias")
        omega = spec.activation.omega_hidden if layer else spec.activation.omega_first
        a = own(f"layer{layer}.amplitude") if f"layer{layer}.amplitude" in tensors else None
        f = own(f"layer{layer}.frequency") if f"layer{layer}.frequency" in tensors else None
        z = [math.fsum(h[i] * w[i, j] for i in range(len(h))) + b[j] for j in range(spec.width)]
        h = [
            activated(
                z[j],
                spec.activation,
                omega,
                [] if a is None else a[:, j].tolist(),
                [] if f is None else f[:, j].tolist(),
            )
            for j in range(spec.width)
        ]
    w, b = own("output.weight"), own("output.bias")
    y = [math.fsum(h[i] * w[i, c] for i in range(spec.width)) + b[c] for c in range(spec.channels)]
    return [v * g for v, g in zip(y, own("gain"), strict=True)] if spec.gain else y


def tiles_1d(tiles, levels=()):
    """(left border, right border) of every tile of an axis, exact."""
    levels = levels or (0,) * tiles
    cell = Fraction(2, len(levels))
    return [
        (-1 + cell * (i + Fraction(j, 2**v)), -1 + cell * (i + Fraction(j + 1, 2**v)))
        for i, v in enumerate(levels)
        for j in range(2**v)
    ]


def weight_1d(x, k, tiles, margin):
    """Window of tile k of `tiles` at x, before windows of several axes are multiplied."""

    def right_share(left, right):
        border, width = float(right[0]), float(min(left[1] - left[0], right[1] - right[0]))
        if margin == 0:
            return 1.0 if x >= border else 0.0
        t = min(1.0, max(0.0, (x - border) / (2 * margin * width) + 0.5))
        return t * t * (3 - 2 * t)

    ours = right_share(tiles[k - 1], tiles[k]) if k > 0 else 1.0
    next_one = right_share(tiles[k], tiles[k + 1]) if k < len(tiles) - 1 else 0.0
    return ours * (1 - next_one)


def value(field, x):
    """The whole field at one point of the domain: Σ_k w_k(x) f_k(u_k)."""
    spec = field.spec
    total = [0.0] * spec.channels
    axes = [tiles_1d(n, spec.levels if d == 0 else ()) for d, n in enumerate(spec.tiles)]
    for place in itertools.product(*(range(k) for k in spec.tiles)):
        weight = math.prod(weight_1d(x[d], k, axes[d], spec.margin[d] / 64) for d, k in enumerate(place))
        if weight == 0:
            continue
        tile = 0
        for d in range(spec.dims):
            tile = tile * spec.tiles[d] + place[d]
        here = [axes[d][k] for d, k in enumerate(place)]
        u = [(v - float((a + b) / 2)) / float((b - a) / 2) for v, (a, b) in zip(x, here, strict=True)]
        total = [t + weight * v for t, v in zip(total, network(spec, field.tensors, tile, u), strict=True)]
    return total


def some_spec(name="raf", bases=MODULATED, **changes):
    """A small tiled picture field; every part can be replaced."""
    settings = {
        "dims": 2,
        "channels": 3,
        "tiles": (3, 2),
        "margin": (8, 6),
        "width": 7,
        "hidden": 2,
        "encoding": EncodingSpec(),
        "activation": ActivationSpec(name, bases, 6.0, 5.0),
        "gain": False,
    } | changes
    return FieldSpec(**settings)


def random_field(spec, seed=0, scale=1.0):
    """A field whose every tensor is random and of a natural size, the activation's included."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for name, shape in fields.tensor_shapes(spec).items():
        kind = name.rpartition(".")[2]
        if kind == "weight":
            t = rng.normal(0, 1 / math.sqrt(shape[1]), shape) * (
                1.0 if name.startswith(("layer0", "output")) else 2 / spec.activation.omega_hidden
            )
        elif kind == "amplitude":
            beside_one = spec.activation.bases[0] == "carrier"
            t = rng.normal(0, 1, shape) * (0.25 if beside_one else 1 / shape[1])
        elif kind == "frequency":
            t = 1 + 0.3 * rng.normal(0, 1, shape)
        elif kind == "gain":
            t = rng.uniform(0.2, 1.5, shape)
        else:
            t = 0.3 * rng.normal(0, 1, shape)
        tensors[name] = (scale * t if name.startswith("output") else t).astype(np.float32)
    return fields.Field(spec, tensors)
