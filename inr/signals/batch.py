"""What samplers give: the samples of one step, or all of them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

# The first batch number of `probe`: no run gets that far.
PROBE = 1 << 40


@dataclass(frozen=True)
class Batch:
    """One step's samples.

    Attributes:
        tiles: which tiles of the field they belong to, a run of k.
        slab: number of the slab these tiles make up.
        visit_step: how many batches this slab gave before.
        rows: B, samples a tile.
        draw: (first, last) -> local coordinates [last - first, B, D], float32, and values
            [last - first, B, C] in signal units, float32, of that part of the k tiles; may be called
            from several threads.
    """

    tiles: slice
    slab: int
    visit_step: int
    rows: int
    draw: Callable[[int, int], tuple[Tensor, Tensor]]

    @property
    def size(self) -> int:
        """Samples in all."""
        return (self.tiles.stop - self.tiles.start) * self.rows

    @functools.cached_property
    def _whole(self) -> tuple[Tensor, Tensor]:
        return self.draw(0, self.tiles.stop - self.tiles.start)

    @property
    def u(self) -> Tensor:
        """Local coordinates of all tiles, [k, B, D]."""
        return self._whole[0]

    @property
    def values(self) -> Tensor:
        """Values of all tiles, [k, B, C] in signal units."""
        return self._whole[1]


@dataclass(frozen=True)
class Whole:
    """Every sample of k tiles with boxes of one shape.

    Attributes:
        tiles: their places in the field's tensors, int64 [k].
        u: local coordinates, float32 [k, n, D].
        values: in signal units, float32 [k, n, C].
        weight: how often a batch draws each place, against a sample, float32 [n].
    """

    tiles: Tensor
    u: Tensor
    values: Tensor
    weight: Tensor
