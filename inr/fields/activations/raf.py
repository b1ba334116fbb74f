"""RAF, the reproducing activation function: each neuron learns its own shape.

    y[n, j] = Σ_p  a[p, j] · g_p(b[p, j] · z[n, j])                        (1)

The bases g_p are fixed; the amplitudes a and the scalings b are trained, one of each per
neuron.  Bases that share an argument share its scaling, and a scaling that an amplitude
could absorb is left out, which removes parameters and loses nothing:

    linear z     square z²     relu max(z, 0)     relu3 max(z, 0)³         no scaling
    sine sin θ   cosine cos θ  sine2 sin 2θ       cosine2 cos 2θ           θ = ω f[0] z
    gauss exp(-t²/2)                                                       t = f[-1] z
    rational P/Q(t)   floor ⌊t⌋   exp2 2^t    (rational.py, fes.py)        t = c[p] z
    step 1 where z >= 0                                                    no scaling
    carrier sin θ with a = 1 and f[0] = 1, neither stored nor trained

The carrier fixes what a neuron's neighbours can do as well: its amplitude is a factor of the
next layer's weights and its frequency one of its own.  Where both are trained, all neurons of
a layer shrink together while the rates are high and the field ends 0.1 to 1 dB lower
(data/baselines/README.md).  `raf` is  sin θ + p sin 2θ + q cos 2θ.  In fits by tiles or by one network
p and q are trained in the last activated layer; before it they do harm, and there they stay 0.
They rest there too in sounds and in fits of few steps, where they bring nothing.  The MLP beside
grids trains them in every layer.

The double angles come from the same sine and cosine: sin 2θ = 2 sin θ cos θ and
cos 2θ = 1 - 2 sin² θ, so `raf` costs one of each, as sine and its gradient do.
ω is a constant of the spec.  The published forms keep the factor 30 in f and have ω = 1.

Source: Liang, Lyu, Wang & Yang, "Reproducing Activation Function for Deep Learning",
arXiv:2101.04844, equation for s_i,l; start values of `raf-image` and `raf-audio` are those
of the authors' image and audio runs.  Their code writes the Gaussian as exp(-x²/2d²), so
their width d is our 1/f.
"""

from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.fields.activations import fes
from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, bounded_exp, siren_bound
from inr.fields.activations.rational import DENOMINATOR, NUMERATOR, rational32
from inr.specs import ActivationSpec

BASES = (
    "linear", "square", "sine", "sine2", "cosine2", "gauss", "cosine", "relu", "relu3", "carrier",
    "rational", "floor", "exp2", "step",
)  # fmt: skip
SCALED = {"rational", "floor", "exp2"}
TRIGONOMETRIC = {"sine", "sine2", "cosine2", "cosine", "carrier"}
MODULATED = ("carrier", "sine2", "cosine2")
SECOND = 0.5  # spread of the start amplitudes of sin 2θ, in the last layer over a plane or a volume


def _check(spec: ActivationSpec) -> None:
    unknown = [name for name in spec.bases if name not in BASES]
    if unknown or not spec.bases or len(set(spec.bases)) != len(spec.bases):
        raise SpecError(
            f"{spec.name}: bases must be distinct names out of {', '.join(BASES)}; got {spec.bases}"
        )
    if "carrier" in spec.bases[1:]:
        raise SpecError(f"{spec.name}: the carrier has no amplitude, so it must come first; got {spec.bases}")


def trained(spec: ActivationSpec) -> tuple[str, ...]:
    """The bases that have an amplitude."""
    return spec.bases[spec.bases[0] == "carrier" :]


def scalings(spec: ActivationSpec) -> tuple[bool, bool]:
    """Whether the bases need the trigonometric scaling, and the Gaussian one."""
    free = spec.bases[0] != "carrier"
    return free and bool(TRIGONOMETRIC.intersection(spec.bases)), "gauss" in spec.bases


def _scaled(bases: tuple[str, ...]) -> list[str]:
    """The bases with a scaling of their own, in the order of its rows."""
    return [name for name in bases if name in SCALED]


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    _check(spec)
    rows, own, bases = sum(scalings(spec)), len(_scaled(spec.bases)), trained(spec)
    shapes: Shapes = {"amplitude": (len(bases), width)} if bases else {}
    shapes |= {"frequency": (rows, width)} if rows else {}
    shapes |= {"scaling": (own, width)} if own else {}
    return shapes | ({"numerator": (4,), "denominator": (2,)} if "rational" in bases else {})


def basis_values(
    xp: Any, z: Any, frequency: Any, omega: float, bases: tuple[str, ...], own: Arrays | None = None
) -> list[Any]:
    """g_p of equation (1), in the order of `bases`; z [K, N, H], frequency [K or 1, F, H].

    `own` holds the parameters of the bases in SCALED, if there are any.
    """
    sin: Any = None
    cos: Any = None
    gauss: Any = None
    relu: Any = None
    if TRIGONOMETRIC.intersection(bases):
        theta = omega * z if bases[0] == "carrier" else (omega * frequency[:, 0, None]) * z
        sin = xp.sin(theta)
        cos = xp.cos(theta) if {"sine2", "cosine"}.intersection(bases) else None
    if "gauss" in bases:
        t = frequency[:, -1, None] * z
        gauss = bounded_exp(xp, -0.5 * t * t)
    if {"relu", "relu3"}.intersection(bases):
        relu = z * (z > 0)
    formulas = {
        "linear": lambda: z,
        "square": lambda: z * z,
        "sine": lambda: sin,
        "carrier": lambda: sin,
        "cosine": lambda: cos,
        "sine2": lambda: 2.0 * sin * cos,
        "cosine2": lambda: 1.0 - 2.0 * sin * sin,
        "gauss": lambda: gauss,
        "relu": lambda: relu,
        "relu3": lambda: relu * relu * relu,
        "step": lambda: fes.step(xp, z),
    }
    return [
        formulas[name]() if name in formulas else _scaled_value(xp, z, name, bases, own or {})
        for name in bases
    ]


def _scaled_value(xp: Any, z: Any, name: str, bases: tuple[str, ...], own: Arrays) -> Any:
    t = own["scaling"][:, _scaled(bases).index(name), None] * z
    if name == "rational":
        return rational32(t, own["numerator"], own["denominator"])
    return fes.floor(xp, t) if name == "floor" else fes.exp2(xp, t)


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    values = basis_values(xp, z, parameters.get("frequency"), omega, spec.bases, parameters)
    y = values.pop(0) if spec.bases[0] == "carrier" else None
    for p, value in enumerate(values):
        term = parameters["amplitude"][:, p, None] * value
        y = term if y is None else y + term
    return y


def _start_harmonic(
    spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """A sine; the other bases start at 0, but for the Gaussian.

    A spread of start frequencies around ω was tried and bought nothing (kodim15: -0.1 dB).
    """
    amplitude = {"sine": 1.0, "gauss": 0.3}
    rows = [np.full(width, amplitude.get(name, 0.0)) for name in trained(spec)]
    params = {"amplitude": np.stack(rows).astype(np.float32)} if rows else {}
    trig, gauss = scalings(spec)
    # The Gaussian's scaling has no ω of its own, so it starts at a third of the sine's.
    scale = [np.ones(width)] * trig + [np.full(width, spec.omega_hidden / 3.0)] * gauss
    if scale:
        params["frequency"] = np.stack(scale).astype(np.float32)
    if own := len(_scaled(spec.bases)):
        params["scaling"] = np.full((own, width), spec.omega_hidden / 3.0, np.float32)
    if "rational" in spec.bases:
        params["numerator"] = np.array(NUMERATOR, np.float32)
        params["denominator"] = np.array(DENOMINATOR, np.float32)
    return params


def _start_last(
    spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The same beside a second harmonic of either sign, different from neuron to neuron.

    In the last activated layer, where no other layer multiplies the frequencies once more: kodim15
    gains 0.3 to 0.5 dB, and sound loses 0.4 (data/baselines/README.md).
    """
    params = _start_harmonic(spec, width, layer, rng)
    if "carrier" in spec.bases and "sine2" in spec.bases:
        params["amplitude"][trained(spec).index("sine2")] = rng.normal(0.0, SECOND, width)
    return params


def _start_published(means: dict[str, tuple[float, float]], frequency: tuple[float, float]):  # noqa: ANN202
    """The authors' start: amplitudes and frequencies normal, Gaussian widths uniform in 0.01..0.05."""

    def start(
        spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        if set(spec.bases) != set(means):
            raise SpecError(
                f"{spec.name}: the published start is for the bases {', '.join(means)}; got {spec.bases}; "
                "use raf to start with other bases"
            )
        amplitude = np.stack([rng.normal(*means[name], width) for name in spec.bases])
        trig = rng.normal(*frequency, width)
        gauss = 1.0 / rng.uniform(0.01, 0.05, width)
        return {
            "amplitude": amplitude.astype(np.float32),
            "frequency": np.stack([trig, gauss]).astype(np.float32),
        }

    return start


def _published_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """SIREN's rule with its 30 kept although ω is 1: the trained frequency supplies the 30."""
    return 1.0 / fan_in if layer == 0 else float(np.sqrt(6.0 / fan_in)) / 30.0


PUBLISHED = Tuning(reach=0.0, rates=(0.005, 1e-3))
RAF = Activation(
    "raf",
    _shapes,
    _start_harmonic,
    siren_bound,
    _apply,
    ActivationSpec("raf", MODULATED),
    Tuning(own=0.3),
    start_last=_start_last,
    last_learns=lambda spec: spec.bases == MODULATED,
)
RAF_IMAGE = Activation(
    "raf-image",
    _shapes,
    _start_published(
        {"linear": (0.0, 0.1), "square": (1.0, 0.1), "sine": (2.0, 0.1), "gauss": (1.0, 0.1)}, (30.0, 0.001)
    ),
    _published_bound,
    _apply,
    ActivationSpec("raf-image", ("linear", "square", "sine", "gauss"), 1.0, 1.0),
    PUBLISHED,
)
RAF_AUDIO = Activation(
    "raf-audio",
    _shapes,
    _start_published({"sine": (2.0, 0.1), "gauss": (1.0, 0.1)}, (30.0, 10.0)),
    _published_bound,
    _apply,
    ActivationSpec("raf-audio", ("sine", "gauss"), 1.0, 1.0),
    PUBLISHED,
)
