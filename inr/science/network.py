"""The residual network of the PDE experiments.

    s = x, with zeros up to the width H
    y = g_2(W_2 g_1(W_1 x + b_1) + b_2) + s
    y = g_4(W_4 g_3(W_3 y + b_3) + b_4) + y
    f = w·y + c                                                              (1)

Weights and biases start uniform in ± 1/sqrt(fan-in).  Everything is float64: residuals hold
second derivatives, and errors of 1e-6 are what is compared.

Source: Liang et al., arXiv:2101.04844; the block is that of E & Yu, "The Deep Ritz method".
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from inr.errors import SpecError
from inr.science.activations import PLAIN, Gaussians, GroupActivation
from inr.science.derivatives import Jet, layer, seed

LAYERS = 4


class ResidualNet(nn.Module):
    """Equation (1).

    Args:
        inputs: A, values at a point that the network sees.
        width: H.
        activation: one of `activations.ACTIVATIONS`.
        gaussians: what the problem says about Gaussian neurons.
        generator: source of the start values; None means torch's default.

    Raises:
        SpecError: the activation is not known, or the width is less than the inputs.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        activation: str,
        gaussians: Gaussians = PLAIN,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if width < inputs:
            raise SpecError(f"width {width}: the skip connection carries {inputs} inputs; give at least that")
        self.activations = nn.ModuleList(GroupActivation(activation, width, gaussians) for _ in range(LAYERS))
        fans = [inputs, width, width, width]
        self.weights = nn.ParameterList([_start((width, fan), fan, generator) for fan in fans])
        self.biases = nn.ParameterList([_start((width,), fan, generator) for fan in fans])
        self.last = _start((width,), width, generator)
        self.offset = _start((), width, generator)

    @torch.no_grad()
    def standardise(self, x: Tensor, first: float) -> None:
        """Start rule for solutions that turn often, whatever the activation.

        The first layer's weights are multiplied by `first`.  A cubic would carry that factor through the
        depth with a power, so the weights of every other layer are divided by the root mean square of
        what they make of the points x (layer-sequential unit variance, arXiv:1511.06422).

        Shape: x [N, A].
        """
        self.weights[0].mul_(first)

        def plain(number: int, h: Tensor) -> Tensor:
            if number > 0:
                self.weights[number].div_(_size(h @ self.weights[number].T))
            return self._act(number).value(functional.linear(h, self.weights[number], self.biases[number]))

        self.last.div_(_size(self._blocks(x, plain) @ self.last))

    def forward(self, x: Tensor) -> Tensor:
        """f alone; autograd can differentiate it twice.  Shape: [N, A] -> [N]."""

        def plain(number: int, h: Tensor) -> Tensor:
            return self._act(number).value(functional.linear(h, self.weights[number], self.biases[number]))

        return self._blocks(x, plain) @ self.last + self.offset

    def jet(self, x: Tensor) -> Jet:
        """f, ∇f and Δf by x.  Shape: [N, A] -> [N], [N, A], [N]."""

        def carried(number: int, state: Tensor) -> Tensor:
            return layer(state, self.weights[number], self.biases[number], self._act(number))

        out = self._blocks(seed(x), carried) @ self.last
        return Jet(out[0] + self.offset, out[1:-1].T, out[-1])

    def _blocks(self, s: Tensor, layer_of: Callable[[int, Tensor], Tensor]) -> Tensor:
        padded = functional.pad(s, (0, self.last.shape[0] - s.shape[-1]))
        y = layer_of(1, layer_of(0, s)) + padded
        return layer_of(3, layer_of(2, y)) + y

    def _act(self, number: int) -> GroupActivation:
        found = self.activations[number]
        assert isinstance(found, GroupActivation)
        return found


def _size(values: Tensor) -> Tensor:
    """Root mean square, kept from 0."""
    return values.square().mean().sqrt().clamp_min(1e-12)


def _start(shape: tuple[int, ...], fan_in: int, generator: torch.Generator | None) -> nn.Parameter:
    uniform = torch.rand(shape, dtype=torch.float64, generator=generator)
    return nn.Parameter((2.0 * uniform - 1.0) / fan_in**0.5)
