"""What an activation is: a formula, its trainable parameters, and how they start.

An activation owns its start rule, because frequencies and weights only make sense
together.  The formula is written once over an array module `xp`: NumPy decodes without
torch, torch decodes large outputs, and both read the same lines.

A layer's parameters carry a leading axis of K tiles, or of 1 where tiles share them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from inr.errors import SpecError
from inr.specs import ActivationSpec

Arrays = Mapping[str, Any]
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Tuning:
    """What fitting must know about an activation; measured, see data/baselines/README.md.

    Attributes:
        reach: the first layer's ω as a share of what a plain sine wants; 0 where the frequencies of
            `default` are part of the recipe and stay.
        own: Adam's rate for the activation's own parameters, as a share of that for the weights.
        rates: learning rates (Muon, Adam) where the activation does not go with the usual ones.
    """

    reach: float = 1.0
    own: float = 1.0
    rates: tuple[float, float] | None = None


def siren_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """Start range of weights whose input meets a sine of frequency ω.

    1/n for the first layer and sqrt(6/n)/ω for the others: pre-activations then keep
    unit variance through the depth (Sitzmann et al. 2020, SIREN, section 3.2).
    """
    return 1.0 / fan_in if layer == 0 else float(np.sqrt(6.0 / fan_in)) / spec.omega_hidden


def he_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """sqrt(6/n): half of a ReLU's input is lost, and its variance kept (He et al. 2015)."""
    return float(np.sqrt(6.0 / fan_in))


def linear_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """1/sqrt(n), where PyTorch's linear layers start."""
    return 1.0 / float(np.sqrt(fan_in))


LARGEST_EXPONENT = 60.0


def bounded_exp(xp: Any, exponent: Any) -> Any:
    """exp of an exponent cut to ± LARGEST_EXPONENT; any shape.

    Below exp(-87) a float32 leaves its normal range, where the exponential and whatever is multiplied by it
    take processors ten times as long (a step of `gauss` took 16 of a sine's, and takes 1.3).
    """
    return xp.exp(xp.clip(exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT))


@dataclass(frozen=True)
class Activation:
    """One activation, as the rest of the package sees it.

    Attributes:
        name: the word used on the command line and in FORMAT.md.
        shapes: (spec, H) -> shape of each parameter of one layer, without the tile axis,
            in the order in which files store them.
        start: (spec, H, layer, generator) -> start values of those parameters, float32.
        weight_bound: (spec, layer, fan_in) -> b; weights of that layer, the output layer
            included, start uniform in [-b, b].  Layer 0 sees coordinates.
        apply: (xp, z, parameters, omega, spec) -> activated z, same shape as z, [K, N, H].
        default: the constants used where the request names none.
        tuning: how it wants to be fitted.
        start_last: as `start`, for the last activated layer of fields over two axes or more, where that
            starts otherwise.
        last_learns: whether `TrainingNetwork` trains those parameters in the last activated layer alone;
            in the others they stay at their start.
    """

    name: str
    shapes: Callable[[ActivationSpec, int], Shapes]
    start: Callable[[ActivationSpec, int, int, np.random.Generator], dict[str, np.ndarray]]
    weight_bound: Callable[[ActivationSpec, int, int], float]
    apply: Callable[[Any, Any, Arrays, float, ActivationSpec], Any]
    default: ActivationSpec
    tuning: Tuning = Tuning()
    start_last: Callable[[ActivationSpec, int, int, np.random.Generator], dict[str, np.ndarray]] | None = None
    last_learns: Callable[[ActivationSpec], bool] = lambda spec: False

    @classmethod
    def of(
        cls,
        name: str,
        function: Callable[..., Any],
        *,
        derivative: Callable[[Any, Any], Any] | None = None,
        start: Mapping[str, float] | None = None,
        per_neuron: bool = False,
        frequency: bool = True,
        weight_bound: Callable[[ActivationSpec, int, int], float] = siren_bound,
        omega: float = 30.0,
        omega_first: float | None = None,
        tuning: Tuning = Tuning(),
    ) -> Self:
        """An activation from one function of one number.

            Activation.of("morlet", lambda xp, t: xp.cos(t) * xp.exp(-0.5 * t * t))
            Activation.of("hosc", lambda xp, t, beta: xp.tanh(beta * xp.sin(t)), start={"beta": 2.0})

        Args:
            name: what it is called on the command line.
            function: (xp, θ, **parameters) -> y, elementwise, of functions that NumPy and torch
                both have; θ = ω z.
            derivative: (xp, θ) -> dy/dθ, for functions without parameters.  Training then keeps θ
                alone for the way back; without it, torch differentiates the formula.
            start: start value of each trained parameter, by name.
            per_neuron: each neuron trains its own copy; else a layer's neurons share one.
            frequency: False hands z to the function instead of θ, where a frequency has no meaning.
            weight_bound: start range of the weights, as in `Activation`.
            omega: default ω, where fitting does not choose it from the signal.
            omega_first: default ω of the first layer, where it differs.
            tuning: how it wants to be fitted.

        Raises:
            SpecError: a derivative is given for a function with parameters.
        """
        values = dict(start or {})
        if derivative is not None and values:
            raise SpecError(
                f"activation {name}: a derivative by hand is for functions without parameters; "
                f"got the parameters {', '.join(values)}; leave the derivative out"
            )

        def shapes(spec: ActivationSpec, width: int) -> Shapes:
            return dict.fromkeys(values, (width if per_neuron else 1,))

        def begin(
            spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
        ) -> dict[str, np.ndarray]:
            return {
                key: np.full(shape, values[key], np.float32) for key, shape in shapes(spec, width).items()
            }

        def apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
            theta = omega * z if frequency else z
            if derivative is not None and xp is not np:
                from inr.fields.activations.by_hand import pointwise  # torch

                return pointwise(theta, function, derivative)
            return function(xp, theta, **{key: parameters[key][:, None] for key in values})

        default = ActivationSpec(name, (), omega_first or omega, omega)
        return cls(name, shapes, begin, weight_bound, apply, default, tuning)


def alike(**values: Any) -> tuple[Any, Any]:
    """`shapes` and `start` of parameters that a layer's neurons share and that start alike in every layer."""
    arrays = {name: np.asarray(value, np.float32) for name, value in values.items()}

    def shapes(spec: ActivationSpec, width: int) -> Shapes:
        return {name: array.shape for name, array in arrays.items()}

    def start(
        spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in arrays.items()}

    return shapes, start


def entry(parameter: Any, place: int) -> Any:
    """One number of a layer's parameter, ready to meet z.  Shape: [K or 1, P] -> [K or 1, 1, 1]."""
    return parameter[:, place, None, None]


def polynomial(x: Any, coefficients: Any) -> Any:
    """c_0 + c_1 x + ... by Horner's rule.  Shape: x [K, N, H], c [K or 1, P] or [K or 1, P, H]."""
    rows = [
        coefficients[:, p, None, None] if len(coefficients.shape) == 2 else coefficients[:, p, None]
        for p in range(coefficients.shape[1])
    ]
    y = rows.pop()
    while rows:
        y = y * x + rows.pop()
    return y


def constant(xp: Any, values: Any, like: Any) -> Any:
    """Numbers that are not trained, as an array of the kind, type and place of `like`."""
    return xp.asarray(values, dtype=like.dtype, device=like.device)


def detached(values: Any) -> Any:
    """The same values, through which no gradient flows; NumPy has none."""
    return values.detach() if hasattr(values, "detach") else values
