"""The field in torch for training, with a hand-written derivative for the default RAF.

Autograd over the formula would keep every basis of every neuron and walk back through
each; here the forward pass keeps one sine and one cosine, and the backward pass, with the
amplitudes p of sin 2θ and q of cos 2θ, is

    ∂y/∂z = ω (cos θ (1 - 4 q sin θ) + 2 p (1 - 2 sin² θ)),   ∂L/∂a_p = Σ_n G g_p

with G = ∂L/∂y.  The two agree to rounding (tests/fields/test_training.py).  Other bases, and
the same ones in another order, go through autograd of the formula.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from inr.fields.activations import activation
from inr.fields.activations.raf import MODULATED
from inr.fields.encodings import encode
from inr.specs import ActivationSpec, FieldSpec


def training_forward(spec: FieldSpec, tensors: dict[str, Tensor], u: Tensor) -> Tensor:
    """`forward` of mlp.py for torch, quicker to differentiate; equal up to rounding.

    A layer of the default RAF whose amplitudes are missing has none but its carrier: it is a sine.

    Shape: u [K, N, D] -> [K, N, C].
    """
    return traced_forward(spec, tensors, u)[0]


def traced_forward(
    spec: FieldSpec, tensors: dict[str, Tensor], u: Tensor
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """`training_forward`, and what every layer sees and makes of it before its activation.

    Returns: output [K, N, C]; the input of every layer, the output layer included, [K, N, in]; the sums z
        of every activated layer, [K, N, H].
    """
    inputs, sums = [encode(torch, u, spec.encoding)], []
    for layer in range(spec.hidden + 1):
        head = f"layer{layer}."
        z = torch.baddbmm(tensors[head + "bias"][:, None], inputs[-1], tensors[head + "weight"])
        sums.append(z)
        own = {n.removeprefix(head): t for n, t in tensors.items() if n.startswith(head)}
        omega = spec.activation.omega_hidden if layer else spec.activation.omega_first
        inputs.append(_activate(z, own, omega, spec.activation))
    y = torch.baddbmm(tensors["output.bias"][:, None], inputs[-1], tensors["output.weight"])
    return y * tensors["gain"][:, None] if spec.gain else y, inputs, sums


def _activate(z: Tensor, own: dict[str, Tensor], omega: float, spec: ActivationSpec) -> Tensor:
    if spec.name == "raf" and spec.bases == MODULATED:
        if "amplitude" not in own:
            return torch.sin(z * omega)
        return _ModulatedRaf.apply(z, own["amplitude"], omega)  # type: ignore[no-any-return]
    return activation(spec.name).apply(torch, z, own, omega, spec)


class _ModulatedRaf(torch.autograd.Function):
    """raf.py equation (1) with the bases MODULATED; z [K, N, H], amplitude [K or 1, 2, H]."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, amplitude: Tensor, omega: float) -> Tensor:  # type: ignore[override]
        theta = z * omega
        sin, cos = torch.sin(theta), theta.cos_()
        ctx.save_for_backward(sin, cos, amplitude)
        ctx.omega = omega
        p, q = amplitude[:, 0, None], amplitude[:, 1, None]
        # sin θ + p sin 2θ + q cos 2θ = sin θ (1 + 2 p cos θ - 2 q sin θ) + q
        inner = (cos * (2.0 * p)).sub_(sin * (2.0 * q)).add_(1.0)
        return inner.mul_(sin).add_(q)

    @staticmethod
    @once_differentiable  # what it keeps has no graph: a second derivative would come out wrong
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        sin, cos, amplitude = ctx.saved_tensors
        p, q = amplitude[:, 0, None], amplitude[:, 1, None]
        slope = (sin * (-4.0 * q)).add_(1.0).mul_(cos).add_(2.0 * p).sub_((sin * sin).mul_(4.0 * p))
        grad_z = slope.mul_(grad).mul_(ctx.omega)
        if not ctx.needs_input_grad[1]:
            return grad_z, None, None

        def total(t: Tensor) -> Tensor:
            return t.sum((0, 1))[None] if amplitude.shape[0] == 1 else t.sum(1)

        gs = grad * sin
        of_p = 2.0 * total(gs * cos)
        return grad_z, torch.stack([of_p, total(grad) - 2.0 * total(gs.mul_(sin))], 1), None
