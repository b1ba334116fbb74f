"""Weights of other programs' SIREN networks as a field: the same function, number for number.

    h_0 = x,   h_(l+1) = sin(ω_l (W_l h_l + b_l)),   f = W h_L + b                     (1)

is what `sine` computes, so weights are only transposed, where the two agree.  Where they do not:
    ω that no file can hold (it holds sixteenths): the next one, and W, b times the quotient;
    hidden layers of several widths: neurons with weights 0 up to the widest, sin(0) = 0;
    a sine at the output: one more hidden layer, and an output layer that passes it on.

Layouts, by the names of the tensors (index i of the layer, the last one linear unless said otherwise):
    net.i.linear.weight .. net.n.weight          SIREN's notebook; the last net.n.linear.weight: a sine
    net.net.i.0.weight                           SIREN's training code
    net.i.weight, i.weight, layers.i.weight      torch.nn.Sequential of torch.nn.Linear
    layers.i.weight .. last_layer.weight         siren-pytorch; its ω behind the first layer is 1
    net.i.linear.weight .. last_layer.linear.weight   COIN

Source: Sitzmann, Martel, Bergman, Lindell & Wetzstein, "Implicit Neural Representations with Periodic
Activation Functions", NeurIPS 2020, equations 3 and 4; the layouts are those of the published programs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.fields.field import Field
from inr.specs import ActivationSpec, FieldSpec

Array = np.ndarray
OUTPUT = re.compile(r"(^|\.)(last|last_layer|final|final_layer|output|output_layer|head)(\.|$)")
WRAPPED = ".linear"  # the layer of a module that ends with a sine


@dataclass(frozen=True)
class Layer:
    """One linear layer.

    Attributes:
        name: its name in the other program.
        weight: [out, in], float64.
        bias: [out], float64; zeros where the other program has none.
    """

    name: str
    weight: Array
    bias: Array


def siren_field(
    tensors: Mapping[str, Any],
    *,
    omega: float = 30.0,
    omega_hidden: float | None = None,
    outermost: str | None = None,
    values: tuple[float, float] = (-1.0, 1.0),
    stretch: Sequence[float] = (),
) -> Field:
    """A field of one sine network out of a state dict.

    Args:
        tensors: arrays or tensors by name, in one of the layouts above.
        omega: ω of the first layer.
        omega_hidden: ω of the others; None means `omega`, and 1 for siren-pytorch's layout.
        outermost: "linear" or "sine", what follows the last layer; None reads it off the names.
        values: what the network gives where the field is to give -1 and 1.
        stretch: what the network's coordinates are, axis by axis, where the field's are 1; 1 by default.

    Raises:
        SpecError: the tensors are no such network, or a file could not hold it.
    """
    layers = _layers(tensors)
    if outermost not in (None, "linear", "sine"):
        raise SpecError(f"siren: outermost must be linear or sine; got {outermost!r}")
    names = [layer.name for layer in layers]
    if outermost is None:
        ends_wrapped = names[-1].endswith(WRAPPED) and not OUTPUT.search(names[-1])
        outermost = "sine" if ends_wrapped else "linear"
    if omega_hidden is None:
        theirs = OUTPUT.search(names[-1]) and not names[-1].endswith(WRAPPED)
        omega_hidden = 1.0 if theirs else omega
    if outermost == "sine":
        channels = len(layers[-1].bias)
        layers.append(Layer("the identity behind it", np.eye(channels), np.zeros(channels)))
    if len(layers) < 2:
        raise SpecError("siren: one linear layer came; at least one sine layer before it is needed")
    first, last = layers[0], layers[-1]
    if stretch and len(stretch) == first.weight.shape[1]:
        layers[0] = replace(first, weight=first.weight * np.asarray(stretch))
    low, high = values
    if not low < high:
        raise SpecError(f"siren: values must be (low, high) with low < high; got {values}")
    scale = 2.0 / (high - low)
    layers[-1] = Layer(last.name, scale * last.weight, scale * (last.bias - 0.5 * (low + high)))
    return _field(layers, omega, omega_hidden)


def _stored(omega: float) -> float:
    """The nearest ω that a file can hold."""
    if not 0 < omega <= 4096:
        raise SpecError(f"siren: omega must lie above 0 and be at most 4096; got {omega}")
    return max(1, round(omega * 16)) / 16


def _field(layers: list[Layer], omega: float, omega_hidden: float) -> Field:
    first, hidden = _stored(omega), _stored(omega_hidden)
    dims, channels = layers[0].weight.shape[1], len(layers[-1].bias)
    width = max(len(layer.bias) for layer in layers[:-1])
    spec = FieldSpec(
        dims, channels, (1,) * dims, (0,) * dims, width, len(layers) - 2,
        activation=ActivationSpec("sine", (), first, hidden),
    )  # fmt: skip
    tensors: dict[str, Array] = {}
    for place, layer in enumerate(layers):
        last = place == len(layers) - 1
        scale = 1.0 if last else omega / first if place == 0 else omega_hidden / hidden
        wanted = (channels if last else width, width if place else dims)
        weight = np.zeros(wanted)
        weight[: layer.weight.shape[0], : layer.weight.shape[1]] = layer.weight * scale
        bias = np.zeros(wanted[0])
        bias[: len(layer.bias)] = layer.bias * scale
        head = "output" if last else f"layer{place}"
        tensors[f"{head}.weight"] = np.ascontiguousarray(weight.T[None], dtype=np.float32)
        tensors[f"{head}.bias"] = bias[None].astype(np.float32)
    return Field(spec, tensors)


def _layers(tensors: Mapping[str, Any]) -> list[Layer]:
    """The linear layers in their order, checked against each other."""
    arrays = {str(name): _array(str(name), value) for name, value in tensors.items()}
    heads = sorted((name.removesuffix(".weight") for name in arrays if name.endswith("weight")), key=_place)
    known = {f"{head}.{kind}" for head in heads for kind in ("weight", "bias")}
    if not heads or (other := sorted(set(arrays) - known)):
        what = f"the tensor {other[0]!r}" if heads else f"the tensors {sorted(arrays)[:4]}"
        raise SpecError(
            f"siren: {what} is not known; names such as net.0.linear.weight, net.0.weight or "
            "layers.0.weight are needed, each with its bias; leave other tensors out"
        )
    layers: list[Layer] = []
    for head in heads:
        weight = arrays[f"{head}.weight"]
        bias = arrays.get(f"{head}.bias", np.zeros(weight.shape[:1]))
        if weight.ndim != 2 or bias.shape != weight.shape[:1]:
            raise SpecError(
                f"siren: {head} has a weight of shape {weight.shape} and a bias of shape {bias.shape}; "
                "[out, in] and [out] are needed"
            )
        if layers and layers[-1].weight.shape[0] != weight.shape[1]:
            raise SpecError(
                f"siren: {layers[-1].name} gives {layers[-1].weight.shape[0]} values, but {head} takes "
                f"{weight.shape[1]}; the layers of one network are needed, first to last"
            )
        layers.append(Layer(head, weight, bias))
    return layers


def _place(head: str) -> tuple[bool, tuple[int, ...], str]:
    """Where a layer stands: by the numbers in its name, what is called the output last."""
    return bool(OUTPUT.search(head)), tuple(int(n) for n in re.findall(r"\d+", head)), head


def _array(name: str, given: Any) -> Array:
    """Float64 of an array or a tensor of any float type."""
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        given = given.double() if given.is_floating_point() else given
    array = np.asarray(given)
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise SpecError(f"siren: {name} is {array.dtype} or not finite; finite floats are needed")
    return array.astype(np.float64)
