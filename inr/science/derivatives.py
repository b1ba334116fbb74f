"""Value, gradient and Laplacian of a network in one forward pass.

A point's state is carried through the layers: D + 2 planes, the value h, its gradient ∂_d h
and its Laplacian Δh.  A linear layer maps every plane by the same matrix, and an activation by

    h = g(z),   ∂_d h = g'(z) ∂_d z,   Δh = g'(z) Δz + g''(z) Σ_d (∂_d z)²         (1)

That is one pass of D + 2 planes where nested autograd walks back D times through a graph that
grows each time.  Training walks back through (1) once; with G_0, G_d, G_L the loss's slopes at
the three kinds of planes of h, those at z are

    Z_0 = g' G_0 + g'' (Σ_d G_d ∂_d z + G_L Δz) + g''' G_L Σ_d (∂_d z)²
    Z_d = g' G_d + 2 g'' G_L ∂_d z,        Z_L = g' G_L                            (2)

Source: Li, Ye, Jiang et al., "Forward Laplacian: a new computational framework for neural
network-based variational Monte Carlo", arXiv:2307.08214.  Equation (2) is the chain rule.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from inr import fields
from inr.errors import SpecError
from inr.fields import Field
from inr.science.activations import GroupActivation


@dataclass(frozen=True)
class Jet:
    """A function at N points.

    Attributes:
        value: [N]; of a field [N, C].
        gradient: [N, D]; of a field [N, C, D].
        laplacian: [N]; of a field [N, C].
    """

    value: Tensor
    gradient: Tensor
    laplacian: Tensor

    def times(self, other: "Jet") -> "Jet":
        """The product of two functions of one value: Δ(fg) = f Δg + 2 ∇f·∇g + g Δf."""
        f, g = self, other
        return Jet(
            f.value * g.value,
            f.value[:, None] * g.gradient + g.value[:, None] * f.gradient,
            f.value * g.laplacian + 2.0 * (f.gradient * g.gradient).sum(-1) + g.value * f.laplacian,
        )


def seed(x: Tensor) -> Tensor:
    """The state of the coordinates themselves.  Shape: [N, D] -> [D + 2, N, D]."""
    count, dims = x.shape
    state = x.new_zeros(dims + 2, count, dims)
    state[0] = x
    state[torch.arange(1, dims + 1), :, torch.arange(dims)] = 1.0
    return state


def layer(state: Tensor, weight: Tensor, bias: Tensor, activation: GroupActivation) -> Tensor:
    """A linear layer and its activation.

    Args:
        state: [D + 2, N, A].
        weight: [H, A].
        bias: [H].
        activation: of H neurons.

    Shape: [D + 2, N, A] -> [D + 2, N, H].
    """
    if activation.rational is None:
        return _FixedLayer.apply(state, weight, bias, activation)  # type: ignore[no-any-return]
    z = state @ weight.T
    g, first, second = activation.trained_jets(z[0] + bias)
    slopes = z[1:-1]
    bent = first * z[-1] + second * slopes.square().sum(0)
    return torch.cat([g[None], first * slopes, bent[None]])


class _FixedLayer(torch.autograd.Function):
    """Equations (1) and (2) for activations without trained numbers."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, state: Tensor, weight: Tensor, bias: Tensor, activation: GroupActivation
    ) -> Tensor:
        z = state @ weight.T
        z[0] += bias
        jets = activation.jets(z[0])
        squares = z[1:-1].square().sum(0)
        out = torch.empty_like(z)
        out[0] = jets[0]
        torch.mul(z[1:], jets[1], out=out[1:])
        out[-1].addcmul_(jets[2], squares)
        ctx.save_for_backward(state, weight, z, jets, squares)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        state, weight, z, (_, first, second, third), squares = ctx.saved_tensors
        back = grad * first
        inner = (grad[1:] * z[1:]).sum(0)
        back[0].addcmul_(second, inner).addcmul_(third, grad[-1] * squares)
        back[1:-1].addcmul_(2.0 * second * grad[-1], z[1:-1])
        flat = back.flatten(0, 1)
        of_state = (flat @ weight).view_as(state) if ctx.needs_input_grad[0] else None
        return of_state, flat.T @ state.flatten(0, 1), back[0].sum(0), None


def field_jet(field: Field, x: Tensor) -> Jet:
    """Value, gradient and Laplacian of a fitted field, in float64.

    Derivatives are by coordinates in [-1, 1], by autograd walked back twice, so whatever a field
    may be made of works.

    Args:
        field: of the `single` layout.
        x: coordinates in [-1, 1].

    Shape: x [N, D] -> value [N, C], gradient [N, C, D], laplacian [N, C].

    Raises:
        SpecError: the field has tiles, or the points another number of axes.
    """
    spec = field.spec
    if spec.tile_count != 1:
        raise SpecError(
            f"derivatives: the field has {spec.tile_count} tiles; "
            "fit it with --profile single to differentiate it"
        )
    if x.ndim != 2 or x.shape[1] != spec.dims:
        raise SpecError(f"derivatives: points must be [N, {spec.dims}]; got {list(x.shape)}")
    tensors = {name: torch.from_numpy(t).double() for name, t in field.tensors.items()}
    at = x.detach().double().requires_grad_()
    with torch.enable_grad():
        value = fields.forward(torch, spec, tensors, at[None])[0]
        slopes = [_slope(value[:, channel], at) for channel in range(spec.channels)]
        curves = [
            torch.stack([_slope(s[:, axis], at)[:, axis] for axis in range(spec.dims)]).sum(0) for s in slopes
        ]
    return Jet(value.detach(), torch.stack(slopes, 1).detach(), torch.stack(curves, 1).detach())


def _slope(values: Tensor, at: Tensor) -> Tensor:
    """The gradient of each value by its own point.  Shape: [N], [N, D] -> [N, D]."""
    (found,) = torch.autograd.grad(values.sum(), at, create_graph=True, materialize_grads=True)
    return found
