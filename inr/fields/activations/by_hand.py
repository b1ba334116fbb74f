"""A function of one number with its derivative by hand, for torch.

The way back needs θ and nothing else, where autograd keeps every step of the formula.  The
derivative is itself made of torch's operations, so second derivatives and torch.func go through.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Function = Callable[[Any, Any], Any]


class _Pointwise(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(theta: Tensor, function: Function, derivative: Function) -> Tensor:  # type: ignore[override]
        return function(torch, theta)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        theta, _, ctx.derivative = inputs
        ctx.save_for_backward(theta)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        (theta,) = ctx.saved_tensors
        return grad * ctx.derivative(torch, theta), None, None


def pointwise(theta: Tensor, function: Function, derivative: Function) -> Tensor:
    """function(torch, θ), whose gradient is derivative(torch, θ).  The shape is kept."""
    return _Pointwise.apply(theta, function, derivative)  # type: ignore[no-any-return]
