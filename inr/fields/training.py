"""The field in torch for training, with a hand-written derivative for harmonic RAF.

Autograd over the formula would keep every basis of every neuron and walk back through
each; here the forward pass keeps z, one sine and one cosine, and the backward pass is

    ∂y/∂z = Σ_p a_p g_p'(·) · scaling,   ∂L/∂a_p = Σ_n G g_p,   ∂L/∂f = Σ_n G (∂y/∂θ) ω z

with G = ∂L/∂y.  The two agree to rounding (tests/fields/test_training.py).
"""

from typing import Any

import torch
from torch import Tensor

from inr.fields.activations import activation
from inr.fields.activations.raf import HARMONIC
from inr.fields.encodings import encode
from inr.specs import ActivationSpec, FieldSpec


def training_forward(spec: FieldSpec, tensors: dict[str, Tensor], u: Tensor) -> Tensor:
    """`forward` of mlp.py for torch, quicker to differentiate; equal up to rounding.

    Shape: u [K, N, D] -> [K, N, C].
    """
    h = encode(torch, u, spec.encoding)
    for layer in range(spec.hidden + 1):
        head = f"layer{layer}."
        z = torch.baddbmm(tensors[head + "bias"][:, None], h, tensors[head + "weight"])
        own = {n.removeprefix(head): t for n, t in tensors.items() if n.startswith(head)}
        omega = spec.activation.omega_hidden if layer else spec.activation.omega_first
        h = _activate(z, own, omega, spec.activation)
    y = torch.baddbmm(tensors["output.bias"][:, None], h, tensors["output.weight"])
    return y * tensors["gain"][:, None] if spec.gain else y


def _activate(z: Tensor, own: dict[str, Tensor], omega: float, spec: ActivationSpec) -> Tensor:
    if "amplitude" in own and spec.bases == HARMONIC:
        return _HarmonicRaf.apply(z, own["amplitude"], own["frequency"], omega)  # type: ignore[no-any-return]
    return activation(spec.name).apply(torch, z, own, omega, spec)


class _HarmonicRaf(torch.autograd.Function):
    """raf.py equation (1) with the bases HARMONIC; z [K, N, H], amplitude [K or 1, 5, H]."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, z: Tensor, amplitude: Tensor, frequency: Tensor, omega: float
    ) -> Tensor:
        theta = z * (omega * frequency[:, 0, None])
        sin, cos = torch.sin(theta), theta.cos_()
        ctx.save_for_backward(z, sin, cos, amplitude, frequency)
        ctx.omega = omega
        row = {name: amplitude[:, p, None] for p, name in enumerate(HARMONIC)}
        # a sin θ + p sin 2θ + q cos 2θ = sin θ (a + 2 p cos θ - 2 q sin θ) + q
        inner = cos * (2.0 * row["sine2"])
        inner.add_(row["sine"]).sub_(sin * (2.0 * row["cosine2"]))
        y = inner.mul_(sin)
        y.add_(z * (z * row["square"]).add_(row["linear"])).add_(row["cosine2"])
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        z, sin, cos, amplitude, frequency = ctx.saved_tensors
        row = {name: amplitude[:, p, None] for p, name in enumerate(HARMONIC)}
        # D = ∂y/∂θ = a cos θ + 2 p cos 2θ - 2 q sin 2θ = cos θ (a - 4 q sin θ) + 2 p - 4 p sin² θ
        slope = sin * (-4.0 * row["cosine2"])
        slope.add_(row["sine"]).mul_(cos)
        slope.add_(2.0 * row["sine2"]).sub_((sin * sin).mul_(4.0 * row["sine2"]))
        slope.mul_(grad)
        shared = amplitude.shape[0] == 1

        def total(t: Tensor) -> Tensor:
            return t.sum((0, 1))[None] if shared else t.sum(1)

        grad_f = ctx.omega * total(slope * z)
        grad_z = slope.mul_(ctx.omega * frequency[:, 0, None])
        grad_z.add_((z * (2.0 * row["square"])).add_(row["linear"]).mul_(grad))
        gs, gz = grad * sin, grad * z
        parts = {
            "linear": total(gz),
            "square": total(gz.mul_(z)),
            "sine": total(gs),
            "sine2": 2.0 * total(gs * cos),
            "cosine2": total(grad) - 2.0 * total(gs.mul_(sin)),
        }
        grad_a = torch.stack([parts[name] for name in HARMONIC], 1)
        return grad_z, grad_a, grad_f[:, None], None
