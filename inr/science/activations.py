"""The activations of the PDE code: neurons in groups, each group with a function of its own.

    h[n, j] = g_p(z[n, j])    where neuron j belongs to group p             (1)

Nothing is trained in equation (1): the next layer's weights combine the groups, so a layer can
form any combination of the functions that the amplitudes of the coordinate networks' RAF could.
Groups are as equal as the width allows and the last one takes what is left over.  Only the
rational function has trained numbers.

Source: Liang et al., arXiv:2101.04844, ScientificComputing part of the authors' code.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inr.errors import SpecError
from inr.science.bases import FIXED, Basis, Rational, gauss

ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "relu3": ("relu3",),
    "relu": ("relu",),
    "tanh": ("tanh",),
    "sine": ("sine",),
    "rational": ("rational",),
    "poly": ("linear", "square"),
    "poly-relu": ("linear", "square", "relu"),
    "poly-relu3": ("linear", "square", "relu3"),
    "poly-sine": ("linear", "square", "sine"),
    "poly-sine-gauss": ("linear", "square", "sine", "gauss"),
    "poly-sine-gauss-rational": ("linear", "square", "sine", "gauss", "rational"),
}


@dataclass(frozen=True)
class Gaussians:
    """What a problem says about the Gaussian neurons.

    Attributes:
        sigma: their width.
        share: which part of the neurons they are; None for a group like the others.
    """

    sigma: float = 0.5
    share: float | None = None


PLAIN = Gaussians()


def groups(name: str, width: int, gaussians: Gaussians = PLAIN) -> list[tuple[str, int]]:
    """The groups of an activation as (function, neurons), in the order of the neurons.

    Raises:
        SpecError: the activation is not known, or the layer is too narrow for its groups.
    """
    if name not in ACTIVATIONS:
        raise SpecError(f"activation {name!r} is not known here; known are {', '.join(ACTIVATIONS)}")
    bases = ACTIVATIONS[name]
    if width < len(bases):
        raise SpecError(f"width {width}: {name} needs at least {len(bases)}, one neuron a function")
    sizes = [width // len(bases)] * len(bases)
    if name == "poly-sine-gauss" and gaussians.share is not None:
        # What Gaussians leave goes to the sines, which stand before them.
        sizes[3] = max(1, round(width * gaussians.share))
        sizes[2] = width - sizes[3] - sizes[0] - sizes[1]
    else:
        sizes[-1] += width - sum(sizes)
    return list(zip(bases, sizes, strict=True))


class GroupActivation(nn.Module):
    """Equation (1) for one layer.

    Args:
        name: one of ACTIVATIONS.
        width: H.
        gaussians: width and share of the Gaussians.
    """

    def __init__(self, name: str, width: int, gaussians: Gaussians = PLAIN) -> None:
        super().__init__()
        layout = groups(name, width, gaussians)
        self.sizes = [size for _, size in layout]
        self.rational = Rational() if any(base == "rational" for base, _ in layout) else None
        self._bases: list[Basis | None] = [
            None if base == "rational" else gauss(gaussians.sigma) if base == "gauss" else FIXED[base]
            for base, _ in layout
        ]

    def value(self, z: Tensor) -> Tensor:
        """Equation (1); autograd can differentiate it twice.  Shape: [N, H] -> [N, H]."""
        parts = z.split(self.sizes, -1)
        return torch.cat([self._at(k).value(part) for k, part in enumerate(parts)], -1)

    def jets(self, z: Tensor) -> Tensor:
        """g, g', g'', g''' of every neuron, outside autograd.  Shape: [N, H] -> [4, N, H].

        The rational function has no g''': layers that train it go through `trained_jets`.
        """
        out = z.new_empty(4, *z.shape)
        start = 0
        for basis, size in zip(self._bases, self.sizes, strict=True):
            assert basis is not None
            here = slice(start, start + size)
            for order, part in enumerate(basis.jets(z[..., here])):
                out[order, ..., here] = part
            start += size
        return out

    def trained_jets(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """g, g' and g'' with autograd through them.  Shape: [N, H] -> three times [N, H]."""
        parts = z.split(self.sizes, -1)
        jets = [self._at(k).jets(part)[:3] for k, part in enumerate(parts)]
        orders = [
            torch.cat(
                [torch.as_tensor(g, dtype=z.dtype).expand_as(p) for g, p in zip(row, parts, strict=True)], -1
            )
            for row in zip(*jets, strict=True)
        ]
        return orders[0], orders[1], orders[2]

    def _at(self, group: int) -> Basis | Rational:
        found = self._bases[group] or self.rational
        assert found is not None
        return found
