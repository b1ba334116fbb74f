"""Gauss-Newton steps: damped, on all samples, each tile by itself.

Tiles do not interact, so the normal equations of a field are one small block a tile, and a block
is solved exactly.  With r the residuals of a tile, W their weights, J the derivatives of r by the M
weights and biases of the tile, and D the diagonal of JᵀWJ,

    (JᵀWJ + λ D) a = -JᵀW r                                                    (1)
    (JᵀWJ + λ D) b = -½ JᵀW r''[a, a]                                          (2)
    w <- w + a + b   where the squared error falls, else w stays

(1) is Levenberg-Marquardt; (2) is the geodesic acceleration of Transtrum & Sethna 2012
("Improvements to the Levenberg-Marquardt algorithm", arXiv:1201.5885), which costs two passes
forward more and one substitution, and halves the steps that it takes.  r'' comes from a
difference.  λ is the tile's own and follows Nielsen's rule: with the share ρ of the foreseen
decrease that came true, λ is multiplied by max(1/3, 1 - (2 ρ - 1)³), and where nothing fell
by 2, then 4, then 8.

Gains and what an activation trains stay as they are: a gain is a factor of the output's
weights, and amplitudes that all tiles share would tie the blocks together.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from inr import fields
from inr.fitting.network import TrainingNetwork
from inr.signals import Whole
from inr.specs import FieldSpec

FIRST = 1e-3  # λ at the start
LEAST, MOST = 1e-9, 1e6
FLOOR = 1e-7  # of the largest of D is added to all: a weight that does nothing leaves no block singular
REACH = 0.1  # of the step a, for the difference that gives r''
BENT = 1.5  # b counts where 2 |b| is at most as many times |a|
PIECE = 1 << 20  # numbers of J at a time: they should stay in the processor's cache
LARGEST = 512  # weights a tile: a block of 1,000 takes as long as 2,000 of the other steps


@dataclass(frozen=True)
class _Piece:
    """Some tiles with equally many samples: targets in the field's units, and the root of the weights."""

    tiles: Tensor
    u: Tensor
    target: Tensor
    root: Tensor  # [n, 1]


class GaussNewton:
    """Steps of all tiles of a field.

    Args:
        network: whose tensors are changed in place, and whose workers share the tiles.
        parts: every sample, with values in the field's units.
    """

    def __init__(self, network: TrainingNetwork, parts: list[Whole]) -> None:
        self._network, self._spec = network, network.spec
        self._tensors = network.without_zeros(network.tensors)
        self._names = solved(self._spec)
        size = weights_a_tile(self._spec)
        u, tiles = parts[0].u, self._spec.tile_count
        self._pieces = list(_pieces(parts, size, PIECE if u.device.type == "cpu" else 1 << 28))
        self._damping = u.new_full((tiles,), FIRST)
        self._growth = u.new_full((tiles,), 2.0)
        self._weight = sum(float(p.root.square().sum()) * p.target[:, 0].numel() for p in self._pieces)

    def state(self) -> dict[str, Tensor]:
        """λ and its next growth for each tile, for a checkpoint; the tensors are the live ones."""
        return {"newton.damping": self._damping, "newton.growth": self._growth}

    def step(self, stop: Callable[[], bool] = lambda: False) -> float | None:
        """One step of every tile.

        Args:
            stop: asked now and then; True breaks the step off, with some tiles moved and others not.

        Returns: the mean squared error afterwards, in the field's units; None where it was broken off.
        """

        def work(worker: int) -> float:
            pieces = self._pieces[worker :: self._network.workers]
            return math.fsum(math.nan if stop() else self._move(piece) for piece in pieces)

        total = math.fsum(self._network.each(work))
        return None if math.isnan(total) else total / self._weight

    @torch.no_grad()
    def _move(self, piece: _Piece) -> float:
        """Equations (1) and (2) for some tiles; their summed squared error afterwards."""
        views = self._views(piece.tiles)
        got, jacobian = derivatives(self._spec, views, piece.u)
        residual = ((got - piece.target) * piece.root).flatten(1)
        jacobian = jacobian.mul_(piece.root[:, :, None]).flatten(1, 2)
        before = residual.square().sum(1)
        damping = self._damping[piece.tiles]
        gram, slope = jacobian.mT @ jacobian, _against(jacobian, residual)
        factor, failed = _factor(gram, damping)
        first = -torch.cholesky_solve(slope, factor)[..., 0]

        moved = self._residual(self._moved(views, REACH * first), piece)
        bend = 2.0 / REACH * ((moved - residual) / REACH - (jacobian * first[:, None]).sum(2))
        second = -0.5 * torch.cholesky_solve(_against(jacobian, bend), factor)[..., 0]
        bent = 2.0 * second.norm(dim=1) > BENT * first.norm(dim=1)
        second[bent | ~torch.isfinite(second).all(1)] = 0.0

        there = self._moved(views, first + second)
        after = self._residual(there, piece).square().sum(1)
        better = torch.isfinite(after) & (after < before) & ~failed
        foreseen = -(first[:, None] @ (2.0 * slope + gram @ first[..., None]))[:, 0, 0]
        self._learn(piece.tiles, better, (before - after) / foreseen.clamp_min(1e-30), damping)
        for name in self._names:
            self._tensors[name][piece.tiles[better]] = there[name][better]
        return float(torch.where(better, after, before).sum())

    def _learn(self, tiles: Tensor, better: Tensor, share: Tensor, damping: Tensor) -> None:
        """Nielsen's rule."""
        growth = self._growth[tiles]
        less = (1.0 - (2.0 * share.clamp(0.0, 1.0) - 1.0) ** 3).clamp_min(1.0 / 3.0)
        self._damping[tiles] = (damping * torch.where(better, less, growth)).clamp(LEAST, MOST)
        self._growth[tiles] = torch.where(better, 2.0, (2.0 * growth).clamp_max(MOST))

    def _views(self, tiles: Tensor) -> dict[str, Tensor]:
        return {n: t if t.shape[0] == 1 else t[tiles] for n, t in self._tensors.items()}

    def _moved(self, views: dict[str, Tensor], by: Tensor) -> dict[str, Tensor]:
        """The tensors a step further; by [k, M] in the order of `solved`."""
        sizes = [views[name][0].numel() for name in self._names]
        steps = zip(self._names, by.split(sizes, 1), strict=True)
        return views | {name: views[name] + step.reshape(views[name].shape) for name, step in steps}

    def _residual(self, views: dict[str, Tensor], piece: _Piece) -> Tensor:
        """W^½ r, a row for each sample and channel.  Shape: [k, n C]."""
        got = fields.training_forward(self._spec, views, piece.u)
        return ((got - piece.target) * piece.root).flatten(1)


def derivatives(spec: FieldSpec, views: dict[str, Tensor], u: Tensor) -> tuple[Tensor, Tensor]:
    """A field's output at every sample, and its derivatives by the weights and biases of the sample's tile.

    Samples of a tile do not interact either: the gradient of the sum of one channel by the sums z of a
    layer is each sample's own, and its derivatives by the weights are products with the layer's inputs.

    Shape: u [k, n, D] -> [k, n, C] and [k, n, C, M], M in the order of `solved`.
    """
    with torch.enable_grad():
        asking = views | {"layer0.bias": views["layer0.bias"].detach().requires_grad_(True)}
        got, inputs, sums = fields.traced_forward(spec, asking, u)
        slopes = [
            torch.autograd.grad(got[..., c].sum(), sums, retain_graph=c + 1 < spec.channels)
            for c in range(spec.channels)
        ]
    seen = [h.detach() for h in inputs]
    gain = views["gain"][:, None] if spec.gain else torch.ones_like(got[:1, :1])
    jacobian = u.new_zeros(*got.shape, weights_a_tile(spec))
    for c in range(spec.channels):
        _fill(jacobian[:, :, c], seen, slopes[c], gain[..., c, None], c, spec.channels)
    return got.detach(), jacobian


def _fill(
    rows: Tensor, inputs: list[Tensor], slopes: tuple[Tensor, ...], gain: Tensor, channel: int, channels: int
) -> None:
    """The derivatives of one channel, in the order of `solved`; rows [k, n, M] are zero."""
    at = 0
    for h, slope in zip(inputs[:-1], slopes, strict=True):
        shape = h.shape[2], slope.shape[2]
        end = at + shape[0] * shape[1]
        torch.mul(h[..., None], slope[:, :, None], out=rows[..., at:end].unflatten(-1, shape))
        rows[..., end : end + shape[1]] = slope
        at = end + shape[1]
    end = rows.shape[2] - channels
    torch.mul(inputs[-1], gain, out=rows[..., at + channel : end : channels])
    rows[..., end + channel] = gain[..., 0]


def _against(jacobian: Tensor, values: Tensor) -> Tensor:
    """Jᵀ v, [k, n, M] and [k, n] -> [k, M, 1]; torch is eight times as quick with the row on the left."""
    return (values[:, None] @ jacobian).mT


def _factor(gram: Tensor, damping: Tensor) -> tuple[Tensor, Tensor]:
    """The Cholesky factors of the damped blocks, and where there is none.  Shape: [k, M, M], [k]."""
    diagonal = torch.diagonal(gram, dim1=1, dim2=2)
    damped = gram.clone()
    added = damping[:, None] * diagonal + FLOOR * diagonal.amax(1, keepdim=True)
    torch.diagonal(damped, dim1=1, dim2=2).add_(added)
    factor, info = torch.linalg.cholesky_ex(damped)
    return factor, info != 0


def _pieces(parts: list[Whole], size: int, room: int) -> Iterator[_Piece]:
    for part in parts:
        rows = part.values.shape[1] * part.values.shape[2] * size
        at_once = max(1, room // rows)
        for run in range(0, len(part.tiles), at_once):
            some = slice(run, run + at_once)
            yield _Piece(part.tiles[some], part.u[some], part.values[some], part.weight.sqrt()[:, None])


def solved(spec: FieldSpec) -> list[str]:
    """The tensors that these steps move: weights and biases, in stored order."""
    return [name for name in fields.tensor_shapes(spec) if name.endswith((".weight", ".bias"))]


def weights_a_tile(spec: FieldSpec) -> int:
    """M: numbers of these tensors that a tile has."""
    shapes = fields.tensor_shapes(spec)
    return sum(math.prod(shapes[name][1:]) for name in solved(spec))


def worth(spec: FieldSpec, samples: float, batch: int) -> int:
    """How many of the other steps take as long as one of these, about, from the operations of both.

    Args:
        spec: the field.
        samples: a tile has, on the average.
        batch: samples a tile of the other steps.
    """
    size = weights_a_tile(spec)
    solve = 2.0 * samples * spec.channels * size**2 + size**3 / 3.0
    return max(1, round(solve / (6.0 * batch * size)))
