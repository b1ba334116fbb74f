"""The file's size in the loss: the last part of a fit under --max-size trains what the file will hold.

From progress TURNS[0] on, gradients are taken at the weights as a decoder will see them, rounded to
the steps that the rate-distortion search chose, and are applied to the float weights behind them
(the straight-through estimator, Bengio, Léonard & Courville 2013).  The code length joins the loss:

    minimise  D(ŵ) + λ R(ŵ),   ŵ = s round(w / s),   R = Σ_j |ŵ_j / s| log2((S + 1) / S)      (1)

where D is the summed squared error of a batch and R the code length of a two-sided geometric whose
scale S comes from the tensor's own mean |ŵ / s| (codec/models.py), up to a constant.  The steps decide
the size and λ holds it: it starts low, grows while the file is larger than it may be and falls while
it is smaller, so one run ends at the size that was asked for.  A squeezed field is kept only where
its real file fits.

Steps for a larger file and a λ that squeezes the rest out were tried and are worse, since the weights
of a sine network are not sparse: kodim15 in 14.7 kB 29.9 dB with steps for 12 % more, 30.5 without.
What it is worth at equal bytes and steps: pictures 0.1 to 0.3 dB, sound 5 to 6 (data/baselines/README.md).

Source: rate in the loss of coordinate networks with a target, Zhang et al. 2024, "Boosting Neural
Representations for Videos with a Conditional Decoder" (consistent entropy minimisation).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from inr import codec
from inr.errors import FitError
from inr.fitting.finish import Distortion
from inr.specs import FieldSpec, FitSpec, SignalSpec

TURNS = (0.5, 0.7, 0.9)  # progress at which rounding begins, and at which steps are chosen again
LEAST_STEPS = 200  # a plan that leaves fewer steps than this is not worth the search
CONTROL = 10  # steps between two looks at the size
FILL = 0.995  # of the bound is aimed at
GENTLE = 0.05  # of the distortion that a bit is worth, at the start
STRENGTH, MOST = 1.0, 1.5  # λ changes by the STRENGTH-th power of the excess, by a factor of MOST at most
SHARPNESS = 2.0  # how fast the slope of |q| rises from 0 around q = 0

Exponents = dict[str, int]


@dataclass
class Squeeze:
    """Where the rounding stands.

    Attributes:
        spec, signal: what the file will hold.
        max_size: bytes that it must not exceed.
        exponents: k of each tensor, the step is 2^-k.
        weight: λ of equation (1), squared error summed over all values a bit.
        overhead: bits of a file beside its integers.
        turns: how often the steps were chosen.
        slopes: log2((S + 1) / S) of each tensor.
    """

    spec: FieldSpec
    signal: SignalSpec
    max_size: int
    exponents: Exponents = field(default_factory=dict)
    weight: float = 0.0
    overhead: float = 0.0
    turns: int = 0
    slopes: dict[str, float] = field(default_factory=dict)

    def choose(self, tensors: Mapping[str, Tensor], distortion: Distortion) -> None:
        """Steps by the search for the size, on the float weights as they are.

        Args:
            tensors: the float weights.
            distortion: tensors to the mean squared error over the probe.

        Raises:
            FitError: the coarsest steps of all give a larger file.
        """
        arrays = _arrays(tensors)
        search = codec.allocate(arrays, distortion)
        self.exponents, data = search.for_size(self.max_size, lambda k: self._file(arrays, k))
        self.overhead = 8.0 * len(data) - self._bits(tensors)
        if self.weight == 0.0:
            values = float(self.signal.samples * self.signal.channels)
            self.weight = GENTLE * values * search.slope(self.exponents)
        self.turns += 1
        self._look(tensors)

    def due(self, progress: float) -> bool:
        """Whether it is time to choose steps."""
        return self.turns < len(TURNS) and progress >= TURNS[self.turns]

    @contextmanager
    def rounded(self, tensors: Mapping[str, Tensor]) -> Iterator[None]:
        """The tensors as a decoder will see them while the block runs, then the floats again."""
        kept = {name: t.clone() for name, t in tensors.items()}
        for name, t in tensors.items():
            torch.round(torch.ldexp(t, _shift(self.exponents[name])), out=t)
            t.copy_(torch.ldexp(t, _shift(-self.exponents[name])))
        try:
            yield
        finally:
            for name, t in tensors.items():
                t.copy_(kept[name])

    def add_rate(self, tensors: Mapping[str, Tensor], grads: Mapping[str, Tensor], share: float) -> None:
        """The gradient of λ R of equation (1), on top of that of a batch.

        Args:
            tensors: the float weights.
            grads: gradients of the batch's summed squared error; changed in place.
            share: values of the batch over values of the signal.
        """
        for name, t in tensors.items():
            unit = 2.0 ** self.exponents[name]
            slope = torch.tanh(t * (SHARPNESS * unit))
            grads[name].add_(slope, alpha=self.weight * share * self.slopes[name] * unit)

    def control(self, tensors: Mapping[str, Tensor]) -> None:
        """Look at the size and move λ."""
        excess = self._look(tensors) / (FILL * 8.0 * self.max_size)
        self.weight *= min(MOST, max(1.0 / MOST, excess**STRENGTH))

    def fits(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether the real file is small enough; its size corrects the estimate that λ follows."""
        size = len(self._file(_arrays(tensors), self.exponents))
        self.overhead = 8.0 * size - self._bits(tensors)
        return size <= self.max_size

    def state(self) -> dict[str, Any]:
        """JSON values for the checkpoint."""
        names = ("exponents", "weight", "overhead", "turns", "slopes")
        return {name: getattr(self, name) for name in names}

    def load(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`."""
        for name, value in state.items():
            setattr(self, name, value)

    def _look(self, tensors: Mapping[str, Tensor]) -> float:
        """Bits of the file as it would be now; the slopes follow."""
        bits = self.overhead
        for name, q in self._integers(tensors).items():
            bits += codec.coded_bits(q)
            mean = float(np.abs(q).mean())
            scale = max((mean - 1.0 + math.hypot(mean, 1.0)) / 2.0, 2.0**-5)
            self.slopes[name] = math.log2((scale + 1.0) / scale)
        return bits

    def _bits(self, tensors: Mapping[str, Tensor]) -> float:
        return sum(map(codec.coded_bits, self._integers(tensors).values()))

    def _integers(self, tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
        return {n: codec.quantise(t, self.exponents[n], name=n) for n, t in _arrays(tensors).items()}

    def _file(self, arrays: Mapping[str, np.ndarray], exponents: Exponents) -> bytes:
        return codec.encode(self.spec, arrays, exponents, self.signal)


class Squeezing:
    """What a fit has of a `Squeeze`: the right moments, and nothing at all where no size is asked for.

    Args:
        squeeze: None for a fit that does not squeeze.
    """

    def __init__(self, squeeze: Squeeze | None) -> None:
        self._squeeze = squeeze

    @classmethod
    def of(cls, request: FitSpec, field: FieldSpec, signal: SignalSpec, slabs: int) -> Self:
        """For a request: where a size is asked for and one slab holds the signal."""
        size = request.max_size
        if size is None or slabs > 1 or codec.unwritable(field.activation.name):
            return cls(None)
        return cls(Squeeze(field, replace(signal, icc=None), size))

    @property
    def exponents(self) -> Exponents | None:
        """k of each tensor, once rounding has begun."""
        return dict(self._squeeze.exponents) if self._squeeze and self._squeeze.exponents else None

    def fits(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether a file of the weights as they are may be kept."""
        return self._begun is None or self._begun.fits(tensors)

    def begins(
        self,
        progress: float,
        left: int | None,
        tensors: Mapping[str, Tensor],
        distortion: Callable[[], Distortion],
    ) -> bool:
        """Begin to round, or choose the steps again, where it is time for it.

        Args:
            progress: of the plan, 0 to 1.
            left: steps that the plan has left, None where that is unknown.
            tensors: the float weights.
            distortion: makes what `Squeeze.choose` takes; called only where it is time.

        Returns: whether rounding has begun with this call.
        """
        squeeze = self._squeeze
        if squeeze is None or left is None or not squeeze.due(progress):
            return False
        first = not squeeze.exponents
        if first and left < LEAST_STEPS:
            self._squeeze = None
            return False
        try:
            squeeze.choose(tensors, distortion())
        except FitError:  # `finish` says so, with the size that is possible
            self._squeeze = None
            return False
        return first

    @contextmanager
    def as_coded(self, tensors: Mapping[str, Tensor]) -> Iterator[None]:
        """The weights as a file would hold them while the block runs, once rounding has begun."""
        if self._begun is None:
            yield
            return
        with torch.no_grad(), self._begun.rounded(tensors):
            yield

    @torch.no_grad()
    def add_rate(
        self, step: int, tensors: Mapping[str, Tensor], grads: Mapping[str, Tensor], share: float
    ) -> None:
        """`Squeeze.add_rate`, and every CONTROL steps a look at the size, once rounding has begun."""
        if self._begun is None:
            return
        if step % CONTROL == 0:
            self._begun.control(tensors)
        self._begun.add_rate(tensors, grads, share)

    def state(self) -> dict[str, Any] | None:
        """JSON values for the checkpoint."""
        return self._squeeze.state() if self._squeeze else None

    def load(self, state: Mapping[str, Any] | None) -> None:
        """The inverse of `state`."""
        if state is None:
            self._squeeze = None
        elif self._squeeze is not None:
            self._squeeze.load(state)

    @property
    def _begun(self) -> Squeeze | None:
        return self._squeeze if self._squeeze and self._squeeze.exponents else None


def _shift(k: int) -> Tensor:
    return torch.tensor(k, dtype=torch.int32)


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: t.detach().cpu().numpy() for name, t in tensors.items()}
