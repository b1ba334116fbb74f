"""One network of the RAF paper's experiments, fitted as the authors' code fits it.

First layer, three hidden ones and a linear output; every layer as wide as the experiment says.  Adam with
its usual betas on all trained numbers alike, activations included; the rate falls by a half cosine to 0
over the steps of the run, however many those are.  Sound and pictures are whole batches; a step of
video sees 0.38 % of the voxels, drawn anew with replacement, but LEAST_ROWS at least: that share of
the whole clip is 165,376 voxels, of a crop so few that their gradients would be noise, which hurts RAF
more than sine.  Loss: mean squared error in [-1, 1].

Starts are those of `inr.fields`, which for the published forms and for sine are the authors'; the
output's bias starts as torch starts it, as theirs does.  Gradients are those of `fitting.TrainingNetwork`.

Source: Liang et al. 2021, arXiv:2101.04844, and the code that they published.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from inr import fields, fitting, metrics
from inr.bench.machine import device_name
from inr.bench.raf_signals import RafSignal
from inr.bench.recipes import HIDDEN, OMEGA, RATE, VIDEO_FRACTION
from inr.specs import ActivationSpec, FieldSpec

AT_ONCE = 1 << 14  # samples of one evaluation
LEAST_ROWS = 1024
Array = np.ndarray


@dataclass(frozen=True)
class Contestant:
    """A network and how it is trained.

    Attributes:
        name: as the rows call it.
        activation: a registered activation.
        omega: ω of all layers, where the activation has no frequencies of its own.
        first: factor on the first layer's start weights and biases.
        weights: factor on every start weight but the output's (Yeom et al. 2025, arXiv:2410.04779).
        rate: Adam's, at the first step.
    """

    name: str
    activation: str
    omega: float = OMEGA
    first: float = 1.0
    weights: float = 1.0
    rate: float = RATE

    def spec(self, dims: int, channels: int, width: int) -> FieldSpec:
        """The network."""
        own = fields.activation(self.activation)
        form: ActivationSpec = own.default
        if own.tuning.reach:  # 0: its frequencies are part of the recipe
            form = replace(form, omega_first=self.omega, omega_hidden=self.omega)
        return FieldSpec(dims, channels, (1,) * dims, (0,) * dims, width, HIDDEN, activation=form)


@dataclass(frozen=True)
class Fitted:
    """What a fit came to.

    Attributes:
        spec: the network.
        tensors: its numbers, on the device.
        signal: what it was fitted to.
    """

    spec: FieldSpec
    tensors: dict[str, Tensor]
    signal: RafSignal

    @property
    def params(self) -> int:
        """Trained numbers."""
        return fields.param_count(self.spec)

    @torch.no_grad()
    def errors(self, signal: RafSignal, index: Array) -> metrics.SnrSums:
        """Sums over samples of a signal with the same coordinates, clipped and not rounded.

        Args:
            signal: where to look.
            index: flat numbers of its samples.

        Raises:
            SignalError: a value is NaN or infinite.
        """
        sums = metrics.SnrSums()
        for first in range(0, len(index), AT_ONCE):
            part = index[first : first + AT_ONCE]
            x = torch.from_numpy(signal.points(part)).to(self.tensors["output.bias"].device)
            y = fields.forward(torch, self.spec, self.tensors, x[None])[0].cpu().numpy()
            sums = metrics.update_snr(sums, signal.waveform(part), signal.from_targets(y))
        return sums


def fit(signal: RafSignal, contestant: Contestant, width: int, steps: int, seed: int = 0) -> Fitted:
    """Train one network.

    Args:
        signal: all its samples are fitted.
        contestant: what is trained, and at which rate.
        width: H of every layer.
        steps: of Adam.
        seed: of the start and of the voxels drawn.
    """
    spec = contestant.spec(len(signal.shape), signal.native.shape[-1], width)
    # Not by the kernel, which is made for narrow tiles and slower than torch at these widths.
    network = fitting.TrainingNetwork(
        spec, start(spec, contestant, seed), device_name(), torch.get_num_threads(), compiled=False
    )
    try:
        with network.threads():
            _train(network, signal, contestant.rate, steps, seed)
    finally:
        network.close()
    return Fitted(spec, network.tensors, signal)


def start(spec: FieldSpec, contestant: Contestant, seed: int) -> dict[str, Array]:
    """Start values by name."""
    tensors = fields.initialise(spec, seed)
    bound = spec.width**-0.5
    rng = np.random.Generator(np.random.Philox([seed, 1]))
    tensors["output.bias"] = rng.uniform(-bound, bound, tensors["output.bias"].shape).astype(np.float32)
    for name in ("layer0.weight", "layer0.bias"):
        tensors[name] = tensors[name] * np.float32(contestant.first)
    for layer in range(spec.hidden + 1):
        name = f"layer{layer}.weight"
        tensors[name] = tensors[name] * np.float32(contestant.weights)
    return tensors


def rows_of_a_step(signal: RafSignal) -> int:
    """Samples that a step sees."""
    if signal.experiment != "video":
        return signal.count
    return max(LEAST_ROWS, math.ceil(VIDEO_FRACTION * signal.count))


def _train(network: fitting.TrainingNetwork, signal: RafSignal, rate: float, steps: int, seed: int) -> None:
    numbers = list(network.tensors.values())
    for tensor, grad in zip(numbers, network.grads.values(), strict=True):
        tensor.grad = grad
    optimiser = torch.optim.Adam(numbers, lr=rate)
    drawn = signal.experiment == "video"
    rows = rows_of_a_step(signal)
    whole = None if drawn else _batch(network, signal, np.arange(signal.count))
    share = 1.0 / (rows * signal.native.shape[-1])  # sums of squares to their mean
    for step in range(steps):
        x, y = whole or _batch(network, signal, _drawn(signal, rows, seed, step))
        network.gradients(slice(0, 1), rows, lambda a, b, x=x, y=y: (x, y))
        for grad in network.grads.values():
            grad.mul_(share)
        optimiser.param_groups[0]["lr"] = fitting.cosine(rate, step, steps)
        optimiser.step()


def _drawn(signal: RafSignal, rows: int, seed: int, step: int) -> Array:
    """Random samples, which depend on the seed and the step alone."""
    return np.random.Generator(np.random.Philox([seed, step + 2])).integers(0, signal.count, rows)


def _batch(network: fitting.TrainingNetwork, signal: RafSignal, index: Array) -> tuple[Tensor, Tensor]:
    """Coordinates [1, n, D] and values [1, n, C] on the device."""
    device = network.tensors["output.bias"].device
    return tuple(torch.from_numpy(a).to(device)[None] for a in (signal.points(index), signal.targets(index)))  # type: ignore[return-value]
