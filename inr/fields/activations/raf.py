"""RAF, the reproducing activation function: each neuron learns its own shape.

    y[n, j] = Σ_p  a[p, j] · g_p(b[p, j] · z[n, j])                        (1)

The bases g_p are fixed; the amplitudes a and the scalings b are trained, one of each per
neuron.  Bases that share an argument share its scaling, and a scaling that an amplitude
could absorb is left out, which removes parameters and loses nothing:

    linear z     square z²     relu max(z, 0)     relu3 max(z, 0)³         no scaling
    sine sin θ   cosine cos θ  sine2 sin 2θ       cosine2 cos 2θ           θ = ω f[0] z
    gauss exp(-t²/2)                                                       t = f[-1] z

The double angles come from the same sine and cosine: sin 2θ = 2 sin θ cos θ and
cos 2θ = 1 - 2 sin² θ, so harmonic RAF costs one of each, as sine and its gradient do.
ω is a constant of the spec.  The published forms keep the factor 30 in f and have ω = 1.

Source: Liang, Lyu, Wang & Yang, "Reproducing Activation Function for Deep Learning",
arXiv:2101.04844, equation for s_i,l; start values of `raf-image` and `raf-audio` are those
of the authors' image and audio runs.  Their code writes the Gaussian as exp(-x²/2d²), so
their width d is our 1/f.
"""

from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.fields.activations.base import Activation, Arrays, Shapes, siren_bound
from inr.specs import ActivationSpec

BASES = ("linear", "square", "sine", "sine2", "cosine2", "gauss", "cosine", "relu", "relu3")
TRIGONOMETRIC = {"sine", "sine2", "cosine2", "cosine"}
HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")


def _check(spec: ActivationSpec) -> None:
    unknown = [name for name in spec.bases if name not in BASES]
    if unknown or not spec.bases or len(set(spec.bases)) != len(spec.bases):
        raise SpecError(
            f"{spec.name}: bases must be distinct names out of {', '.join(BASES)}; got {spec.bases}"
        )


def scalings(spec: ActivationSpec) -> tuple[bool, bool]:
    """Whether the bases need the trigonometric scaling, and the Gaussian one."""
    return bool(TRIGONOMETRIC.intersection(spec.bases)), "gauss" in spec.bases


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    _check(spec)
    rows = sum(scalings(spec))
    shapes: Shapes = {"amplitude": (len(spec.bases), width)}
    return shapes | ({"frequency": (rows, width)} if rows else {})


def basis_values(xp: Any, z: Any, frequency: Any, omega: float, bases: tuple[str, ...]) -> list[Any]:
    """g_p of equation (1), in the order of `bases`; z [K, N, H], frequency [K or 1, F, H]."""
    sin: Any = None
    cos: Any = None
    gauss: Any = None
    relu: Any = None
    if TRIGONOMETRIC.intersection(bases):
        theta = (omega * frequency[:, 0, None]) * z
        sin = xp.sin(theta)
        cos = xp.cos(theta) if {"sine2", "cosine"}.intersection(bases) else None
    if "gauss" in bases:
        t = frequency[:, -1, None] * z
        gauss = xp.exp(-0.5 * t * t)
    if {"relu", "relu3"}.intersection(bases):
        relu = z * (z > 0)
    formulas = {
        "linear": lambda: z,
        "square": lambda: z * z,
        "sine": lambda: sin,
        "cosine": lambda: cos,
        "sine2": lambda: 2.0 * sin * cos,
        "cosine2": lambda: 1.0 - 2.0 * sin * sin,
        "gauss": lambda: gauss,
        "relu": lambda: relu,
        "relu3": lambda: relu * relu * relu,
    }
    return [formulas[name]() for name in bases]


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    amplitude = parameters["amplitude"]
    values = basis_values(xp, z, parameters.get("frequency"), omega, spec.bases)
    y = amplitude[:, 0, None] * values[0]
    for p in range(1, len(values)):
        y = y + amplitude[:, p, None] * values[p]
    return y


def _start_harmonic(
    spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Sine alone: the other bases enter as far as training gives them amplitude.

    A spread of start frequencies around ω was tried and bought nothing (kodim15: -0.1 dB).
    """
    amplitude = {"sine": 1.0, "gauss": 0.3}
    rows = [np.full(width, amplitude.get(name, 0.0)) for name in spec.bases]
    params = {"amplitude": np.stack(rows).astype(np.float32)}
    trig, gauss = scalings(spec)
    # The Gaussian's scaling has no ω of its own, so it starts at a third of the sine's.
    scale = [np.ones(width)] * trig + [np.full(width, spec.omega_hidden / 3.0)] * gauss
    if scale:
        params["frequency"] = np.stack(scale).astype(np.float32)
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


RAF = Activation("raf", _shapes, _start_harmonic, siren_bound, _apply, ActivationSpec("raf", HARMONIC))
RAF_IMAGE = Activation(
    "raf-image",
    _shapes,
    _start_published(
        {"linear": (0.0, 0.1), "square": (1.0, 0.1), "sine": (2.0, 0.1), "gauss": (1.0, 0.1)}, (30.0, 0.001)
    ),
    _published_bound,
    _apply,
    ActivationSpec("raf-image", ("linear", "square", "sine", "gauss"), 1.0, 1.0),
)
RAF_AUDIO = Activation(
    "raf-audio",
    _shapes,
    _start_published({"sine": (2.0, 0.1), "gauss": (1.0, 0.1)}, (30.0, 10.0)),
    _published_bound,
    _apply,
    ActivationSpec("raf-audio", ("sine", "gauss"), 1.0, 1.0),
)
