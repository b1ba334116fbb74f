"""A small classifier with any activation of the package, and how it is trained.

    h_0 = g_0(W_0 x + b_0),   h_1 = g_1(W_1 h_0 + b_1),   logits = W_2 h_1 + b_2            (1)

Each g is the activation with trained parameters of its own, started by its own rule, as in a
field; its weights start in its own range.  Training is Adam on the cross-entropy with a rate that
falls to 0 along half a cosine.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inr import fields

HIDDEN = 2  # activated layers


@dataclass(frozen=True)
class Samples:
    """Labelled samples.

    Attributes:
        x: [N, D], in [-1, 1].
        label: [N], whole numbers.
    """

    x: Tensor
    label: Tensor


class Classifier(nn.Module):
    """Equation (1).

    Args:
        activation: a name that `fields.activation` knows.
        inputs: D.
        width: H.
        classes: C.
        seed: of the start values.

    Shape: [N, D] -> [N, C].
    """

    def __init__(self, activation: str, inputs: int, width: int, classes: int, seed: int) -> None:
        super().__init__()
        self._rule = fields.activation(activation)
        self._spec = self._rule.default
        rng = np.random.default_rng(seed)
        fans = [inputs, *[width] * HIDDEN]
        outs = [*[width] * HIDDEN, classes]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        self.shapes = nn.ModuleList()
        for layer, (fan, out) in enumerate(zip(fans, outs, strict=True)):
            bound = self._rule.weight_bound(self._spec, layer, fan)
            self.weights.append(_parameter(rng.uniform(-bound, bound, (out, fan))))
            self.biases.append(_parameter(rng.uniform(-1.0, 1.0, out) / math.sqrt(fan)))
            if layer < HIDDEN:
                start = self._rule.start(self._spec, width, layer, rng)
                # A leading axis of one, where a field has its tiles.
                self.shapes.append(nn.ParameterDict({k: _parameter(v[None]) for k, v in start.items()}))

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        h = x[None]
        for layer, shape in enumerate(self.shapes):
            z = functional.linear(h, self.weights[layer], self.biases[layer])
            omega = self._spec.omega_hidden if layer else self._spec.omega_first
            h = self._rule.apply(torch, z, dict(shape.named_parameters()), omega, self._spec)
        return functional.linear(h[0], self.weights[HIDDEN], self.biases[HIDDEN])

    def groups(self, lr: float) -> list[dict[str, object]]:
        """What Adam is given: the activation's own parameters at the share of the rate that fits use."""
        own = list(self.shapes.parameters())
        rest = [*self.weights, *self.biases]
        return [{"params": rest, "lr": lr}, {"params": own, "lr": lr * self._rule.tuning.own}]


def params(activation: str, inputs: int, width: int, classes: int) -> int:
    """Trained numbers, those of the activation included."""
    return sum(p.numel() for p in Classifier(activation, inputs, width, classes, 0).parameters())


def train(
    network: Classifier,
    data: Samples,
    lr: float,
    epochs: int,
    batch: int,
    seed: int,
    watch: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Train in place, every sample once an epoch in a new order.

    Args:
        network: what is trained.
        data: all samples.
        lr: the rate at the start.
        epochs: how often every sample is seen.
        batch: samples of a step.
        seed: of the orders.
        watch: called with the number of epochs done, before the first and after each.
    """
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.groups(lr))
    steps = epochs * math.ceil(len(data.x) / batch)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    watch(0)
    for epoch in range(epochs):
        for index in torch.randperm(len(data.x), generator=order).split(batch):
            optimiser.zero_grad()
            functional.cross_entropy(network(data.x[index]), data.label[index]).backward()
            optimiser.step()
            fall.step()
        watch(epoch + 1)


@torch.no_grad()
def own_parameters(network: Classifier) -> list[dict[str, list[list[float]]]]:
    """The activation's own trained parameters: for each layer and name, mean and spread of each of its rows.

    Of LSLU these are θ (`amplitude`) and ω (`shift`), a row a term of the sum.
    """
    out = []
    for shape in network.shapes:
        rows = {name: p[0].reshape(p.shape[1], -1) for name, p in shape.named_parameters()}
        out.append(
            {
                name: [[round(float(r.mean()), 5), round(float(r.std(correction=0)), 5)] for r in p]
                for name, p in rows.items()
            }
        )
    return out


@torch.no_grad()
def accuracy(network: Classifier, data: Samples) -> float:
    """The share of samples whose largest logit is the label's; without numbers none is right."""
    logits = network(data.x)
    right = (logits.argmax(-1) == data.label) & logits.isfinite().all(-1)
    return float(right.double().mean())


def _parameter(values: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(np.array(values, np.float32)))
