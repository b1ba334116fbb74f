"""The `clips` encoding: groups of frames, each a pyramid of grids in the plane and a wavelet in time.

A clip is cut into groups of frames, where the scene changes or after LONGEST frames.  Every frame of a
group is a pyramid as in grids.py, and each of its coefficients, followed through the group, is split
by the same wavelet until one number is left:

    n frames -> 1 low one, then details from slow to fast;   what holds still is 0 in all but the low one (1)

So the frames of a group stand in *bands*: first what they have in common, last how neighbours differ.  Put
together, a frame has the planes T and D of grids.py, equation (1), and what the MLP sees is what it sees
of a picture.  Between frames every plane goes by cubic convolution through the four frames around, whose
value and slope are continuous:

    e(t) = Σ_k e_k κ(t - k),   κ(s) = 1 - 5/2 s² + 3/2 |s|³ for |s| <= 1,
                               κ(s) = 2 - 4 |s| + 5/2 s² - 1/2 |s|³ for 1 <= |s| <= 2            (2)

It needs the groups of these four frames alone, so a clip can be asked anywhere without reading all of it.

Source of (2): Keys 1981, "Cubic convolution interpolation for digital image processing", equation 15.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import numpy as np

from inr.fields import grids
from inr.fields.spline import Planes, four_around, on_points
from inr.fields.wavelet import coarser, merge, split
from inr.specs import EncodingSpec

Array = np.ndarray
LONGEST = 32  # frames of a group
KEPT = 4  # frames whose planes are kept: those that a point between two frames needs
SCALE, encoded, mixing = grids.SCALE, grids.encoded, grids.mixing  # what the MLP sees is that of a picture


class Groups(Protocol):
    """Where the groups of a clip come from, one at a time.

    Attributes:
        lengths: frames of each group.
    """

    @property
    def lengths(self) -> tuple[int, ...]:
        """Frames of each group, first to last."""
        ...

    def group(self, index: int) -> Mapping[str, Array]:
        """The tensors of `band_shapes` of one group, float32."""
        ...


def of_frame(encoding: EncodingSpec) -> EncodingSpec:
    """The encoding of one frame as a picture."""
    return replace(encoding, name="grids", shape=encoding.shape[1:])


def grid_shapes(encoding: EncodingSpec, channels: int) -> dict[str, tuple[int, ...]]:
    """None: the numbers of a clip come group by group."""
    return {}


def band_shapes(encoding: EncodingSpec, channels: int, frames: int) -> dict[str, tuple[int, ...]]:
    """Tensors of a group of so many frames: those of a picture, with the bands as first axis."""
    shapes = grids.grid_shapes(of_frame(encoding), channels)
    return {name: (frames, *shape) for name, shape in shapes.items()}


def bands(frames: int) -> list[tuple[int, int]]:
    """(level, index) of each band of a group, in stored order; level 0 is the fastest one."""
    lengths = [frames]
    while lengths[-1] > 1:
        lengths.append(coarser(lengths[-1]))
    top = len(lengths) - 1
    return [(top, 0)] + [(j, i) for j in reversed(range(top)) for i in range(lengths[j] - lengths[j + 1])]


def to_bands(frames: Array) -> Array:
    """Equation (1) along the first axis: [n, ...] -> [n, ...] in the order of `bands`."""
    low, details = frames, []
    while len(low) > 1:
        low, detail = split(np, low, 0)
        details.append(detail)
    return np.concatenate([low, *reversed(details)])


def to_frames(values: Array) -> Array:
    """The inverse of `to_bands`."""
    lengths = [len(values)]
    while lengths[-1] > 1:
        lengths.append(coarser(lengths[-1]))
    low, at = values[:1], 1
    for n, half in zip(lengths[-2::-1], lengths[:0:-1], strict=True):
        low = merge(np, low, values[at : at + n - half], 0)
        at += n - half
    return low


def analyse(frames: Iterable[Array], levels: int) -> dict[str, Array]:
    """A group of frames as coefficients: the start of a fit.

    Args:
        frames: [H, W, C] float32 each, in the field's units; taken one at a time.
        levels: L.

    Returns: the tensors of `band_shapes`.
    """
    parts: dict[str, list[Array]] = {}
    for frame in frames:
        for name, values in grids.analyse(frame, levels).items():
            parts.setdefault(name, []).append(values)
    return {name: to_bands(np.stack(parts.pop(name))) for name in list(parts)}


def planes_of_group(values: Mapping[str, Array], encoding: EncodingSpec) -> Iterator[Array]:
    """What the MLP sees of every frame of a group with these tensors, [E, H, W] each."""
    frames = {name: to_frames(t) for name, t in values.items()}
    for t in range(len(frames[grids.LOW])):
        yield grids.planes(np, {name: own[t] for name, own in frames.items()}, of_frame(encoding))


class Frames:
    """The planes of a clip, which can be asked at any coordinate in [-1, 1]³."""

    def __init__(self, groups: Groups, encoding: EncodingSpec) -> None:
        """Take where the groups come from; each is put together when first needed."""
        self._groups, self._encoding = groups, encoding
        self._starts = np.cumsum([0, *groups.lengths])
        self._held: tuple[int, dict[str, Array]] = (-1, {})
        self._planes: OrderedDict[int, Planes] = OrderedDict()
        self._worker = ThreadPoolExecutor(1)  # its thread begins with its first task
        self._ahead: tuple[int, Future[Planes]] | None = None

    @property
    def planes(self) -> Array:
        """Those of the frame in the middle, [E, H, W], where one stands for all."""
        return self.of_frame(self._encoding.shape[0] // 2).planes

    def of_frame(self, t: int) -> Planes:
        """What the MLP sees of frame t, [E, H, W]."""
        if t not in self._planes:
            ahead, self._ahead = self._ahead, None
            self._planes[t] = (
                ahead[1].result() if ahead and ahead[0] == t else self._planes_of(self._frame(t))
            )
            while len(self._planes) > KEPT:
                self._planes.popitem(last=False)
            if t - 1 in self._planes and self._group_of(t + 1) == self._held[0]:
                # Frames are mostly asked for one after the other.
                self._ahead = (t + 1, self._worker.submit(self._planes_of, self._frame(t + 1)))
        self._planes.move_to_end(t)
        return self._planes[t]

    def _planes_of(self, tensors: Mapping[str, Array]) -> Planes:
        return Planes(grids.planes(np, tensors, of_frame(self._encoding)))

    def _frame(self, t: int) -> dict[str, Array]:
        index = self._group_of(t)
        if self._held[0] != index:
            self._held = (-1, {})  # before the next one takes memory
            group = dict(self._groups.group(index))
            self._held = (index, {name: to_frames(group.pop(name)) for name in list(group)})
        i = t - int(self._starts[index])
        return {name: values[i] for name, values in self._held[1].items()}

    def _group_of(self, t: int) -> int:
        return int(np.searchsorted(self._starts, t, side="right")) - 1

    def product(self, first: Array, second: Array, third: Array) -> Array:
        """On the product of three coordinate arrays; a value does not depend on the other coordinates.

        Shape: [M], [N], [P] -> [M, N, P, E] float32.
        """
        total = self._encoding.shape[0]
        there, index = on_points(first, total)
        frames, weights = _taps(first, total)
        on, out = iter(index.tolist()), []
        for m in range(len(first)):
            if there[m]:
                out.append(self.of_frame(next(on)).product(second, third))
                continue
            parts = [
                self.of_frame(int(t)).product(second, third) * w
                for t, w in zip(frames[m], weights[m], strict=True)
            ]
            out.append(parts[0] + parts[1] + parts[2] + parts[3])
        return np.stack(out)

    def points(self, x: Array) -> Array:
        """At points of any order.  Shape: [N, 3] -> [N, E] float32."""
        frames, weights = _taps(x[:, 0], self._encoding.shape[0])
        out: Array | None = None
        for t in np.unique(frames).tolist():
            weight = np.where(frames == t, weights, np.float32(0.0)).sum(1)
            near = np.flatnonzero((frames == t).any(1))
            part = self.of_frame(t).points(x[near, 1:]) * weight[near, None]
            if out is None:
                out = np.zeros((len(x), part.shape[1]), dtype=np.float32)
            out[near] += part
        assert out is not None, "no points"
        return out


def _taps(x: Array, n: int) -> tuple[Array, Array]:
    """Equation (2): which frames reach the coordinates, and how much; mirrored at the ends.

    Shape: x [M] in [-1, 1] -> indices [M, 4] of 0 .. n-1, weights [M, 4] float32.
    """
    index, t = four_around(x, n)
    weights = np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], -1
    ) / 2.0  # fmt: skip
    return index, weights.astype(np.float32)
