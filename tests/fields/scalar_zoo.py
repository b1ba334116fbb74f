"""The activations one number at a time, with `math` alone, in float64: the judge of the zoo.

Written from the formulas in the docstrings and papers, not from the code.  Each function takes a
row of H pre-activations, the place j of a neuron in it, ω, and one tile's parameters as lists.
"""

import cmath
import math

import numpy as np

from inr import fields

ONE_NUMBER = {
    "finer": lambda z, w: math.sin(w * (abs(z) + 1) * z),
    "gauss": lambda z, w: math.exp(-((w * z) ** 2)),
    "spder": lambda z, w: math.sin(w * z) * math.sqrt(abs(w * z)),
    "sinc": lambda z, w: math.sin(w * z) / (w * z) if z else 1.0,
    "relu": lambda z, w: max(z, 0.0),
    "relu2": lambda z, w: max(z, 0.0) ** 2,
    "sine": lambda z, w: math.sin(w * z),
}


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def poly(x, coefficients):
    return math.fsum(c * x**i for i, c in enumerate(coefficients))


def hosc(row, j, w, own):
    return math.tanh(own["beta"][0] * math.sin(w * row[j]))


def incode(row, j, w, own):
    a, b, c, d = (own[key][0] for key in "abcd")
    return math.exp(a) * math.sin(math.exp(b) * w * row[j] + c) + d


def staf(row, j, w, own):
    terms = zip(own["amplitude"], own["frequency"], own["phase"], strict=True)
    return math.fsum(c * math.sin(f * w * row[j] + p) for c, f, p in terms)


def wire(row, j, w, own):
    half = len(row) // 2
    m = own["imaginary"][0]
    c = complex(w * row[j % half], m * w * row[j % half + half]) if j < 2 * half else complex(w * row[j])
    y = cmath.exp(1j * c - (1.5 * abs(c)) ** 2)
    return y.imag if half <= j < 2 * half else y.real


def wire_real(row, j, w, own):
    partner = row[(j + len(row) // 2) % len(row)]
    return math.cos(w * row[j]) * math.exp(-((1.5 * w * partner) ** 2))


def slaf(row, j, w, own):
    u = min(1.0, max(-1.0, own["scale"][0] * w * row[j]))
    return poly(u, own["amplitude"])


def slaf_fourier(row, j, w, own):
    t = w * row[j]
    cosines = [a * math.cos(k * t) for k, a in enumerate(own["cosine"])]
    return math.fsum(cosines + [b * math.sin((k + 1) * t) for k, b in enumerate(own["sine"])])


def lslu(row, j, w, own):
    terms = zip(own["amplitude"], own["shift"], strict=True)
    return math.fsum(a[j] * max(row[j] + s[j], 0.0) for a, s in terms)


def pau(row, j, w, own):
    x = w * row[j] / math.pi
    return poly(x, own["numerator"]) / (1 + abs(poly(x, [0.0, *own["denominator"]])))


def kat(row, j, w, own):
    x = w * row[j] / math.pi
    b = [powers[math.floor(8 * j / len(row))] for powers in own["denominator"]]
    return poly(x, own["numerator"]) / (1 + abs(poly(x, [0.0, *b])))


def rational(x, numerator, denominator):
    return poly(x, numerator) / (1 + (denominator[0] + denominator[1] * x) ** 2)


def rational32(row, j, w, own):
    return rational(row[j], own["numerator"], own["denominator"])


def pwlu(row, j, w, own):
    (left, right), y, (below, above) = own["bounds"], own["values"], own["slopes"]
    t, d = w * row[j], (right - left) / 16
    if t < left:
        return y[0] + below * (t - left)
    if t >= right:
        return y[16] + above * (t - right)
    i = math.floor((t - left) / d)
    return y[i] + (y[i + 1] - y[i]) * (t - left - i * d) / d


def solved(matrix, right):
    """Gaussian elimination with pivots."""
    rows, n = [[*r, v] for r, v in zip(matrix, right, strict=True)], len(right)
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    out = [0.0] * n
    for i in reversed(range(n)):
        out[i] = (rows[i][n] - sum(rows[i][k] * out[k] for k in range(i + 1, n))) / rows[i][i]
    return out


def gp(row, j, w, own):
    t, places = w * row[j], range(-3, 4)
    x = min(8.0, max(-8.0, t / (math.pi / 2)))
    weights = solved([[math.exp(-((a - b) ** 2) / 2) for b in places] for a in places], own["values"])
    bumps = math.fsum(v * math.exp(-((x - i) ** 2) / 2) for v, i in zip(weights, places, strict=True))
    return bumps + own["line"][0] + own["line"][1] * t


KNOWN = {
    "linear": lambda t: t,
    "relu": lambda t: max(t, 0.0),
    "tanh": math.tanh,
    "sigmoid": sigmoid,
    "silu": lambda t: t * sigmoid(t),
    "sine": math.sin,
    "cosine": math.cos,
    "gauss": lambda t: math.exp(-t * t / 2),
}


def combination(row, j, w, own, bases=("sine", "silu", "tanh", "linear")):
    return math.fsum(a * KNOWN[name](w * row[j]) for a, name in zip(own["amplitude"], bases, strict=True))


def groups(row, j, w, own, bases=("linear", "square", "sine", "gauss"), sigma=0.05):
    z = row[j]
    place = min(j // (len(row) // len(bases)), len(bases) - 1)
    return {
        "linear": lambda: z,
        "square": lambda: z * z,
        "relu": lambda: max(z, 0.0),
        "relu3": lambda: max(z, 0.0) ** 3,
        "sine": lambda: math.sin(w * z),
        "cosine": lambda: math.cos(w * z),
        "gauss": lambda: math.exp(-z * z / (2 * sigma**2)),
        "rational": lambda: rational(z, own["numerator"], own["denominator"]),
    }[bases[place]]()


def apalu(row, j, w, own):
    z = row[j]
    return own["a"][0] * (z + z * sigmoid(1.702 * z)) if z >= 0 else own["b"][0] * (math.exp(z) - 1)


def sqish(row, j, w, own):
    z, a, b, g = row[j], own["a"][0], own["b"][0], own["g"][0]
    return a * z + (1 - a) * z / math.sqrt(1 + abs(b) * math.exp(-2 * g * (1 - a) * z))


def talu(row, j, w, own):
    return row[j] if row[j] >= 0 else math.tanh(max(row[j], own["cut"][0]))


SCALAR = {
    **{name: lambda row, j, w, own, f=f: f(row[j], w) for name, f in ONE_NUMBER.items()},
    "hosc": hosc,
    "incode": incode,
    "staf": staf,
    "wire": wire,
    "wire-real": wire_real,
    "slaf": slaf,
    "slaf-fourier": slaf_fourier,
    "lslu": lslu,
    "pau": pau,
    "kat": kat,
    "rational32": rational32,
    "pwlu": pwlu,
    "gp": gp,
    "combination": combination,
    "raf-groups": groups,
    "apalu": apalu,
    "sqish": sqish,
    "talu": talu,
}
ZOO = sorted(set(SCALAR) - {"sine"})


def loop(function, z, parameters, omega):
    """The function over an array [K, N, H]; parameters [K or 1, ...]."""
    out = np.zeros(z.shape)
    for k, n, j in np.ndindex(z.shape):
        own = {name: t[k if t.shape[0] > 1 else 0].tolist() for name, t in parameters.items()}
        out[k, n, j] = function(z[k, n].tolist(), j, omega, own)
    return out


def some_parameters(name, width, lead, rng, spec=None):
    """Start values that have been moved about, different in every tile, float64."""
    act = fields.activation(name)
    spec = spec or act.default
    tiles = [act.start(spec, width, 1, rng) for _ in range(lead)]
    out = {}
    for key in act.shapes(spec, width):
        t = np.stack([tile[key] for tile in tiles]).astype(np.float64)
        out[key] = t + 0.3 * (np.abs(t) + 0.2) * rng.uniform(-1, 1, t.shape)
    return out
