"""Quality over steps and seconds, gathered from the records that a fit yields anyway."""

from dataclasses import dataclass, field

from inr.fitting import Progress

POINTS = 2000


@dataclass(frozen=True)
class CurvePoint:
    """One record: optimiser steps, seconds since the first byte was read, running quality in dB."""

    step: int
    seconds: float
    quality_db: float


@dataclass
class Curve:
    """The quality of a running fit in bounded memory, whatever its length.

    Every `stride`-th record is kept; where the points become too many, every other one goes and
    the stride doubles.

    Attributes:
        most: bound on the points.
    """

    most: int = POINTS
    _kept: list[CurvePoint] = field(default_factory=list)
    _last: CurvePoint | None = None
    _stride: int = 1
    _seen: int = 0

    def add(self, progress: Progress) -> None:
        """Take a record; those of other phases and without a quality are passed over."""
        if progress.phase != "fit" or progress.quality_db is None:
            return
        self._last = CurvePoint(progress.step, progress.seconds, progress.quality_db)
        if self._seen % self._stride == 0:
            self._kept.append(self._last)
        self._seen += 1
        if len(self._kept) >= self.most:
            self._kept = self._kept[::2]
            self._stride *= 2

    @property
    def points(self) -> list[CurvePoint]:
        """The points kept, with the last record always among them."""
        if self._last is None or self._kept[-1] is self._last:
            return list(self._kept)
        return [*self._kept, self._last]
