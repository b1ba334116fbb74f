"""The units of scattered data: what -1 and 1 of a field stand for.

    coordinate t of axis d:   x = 2 (t - low_d) / (high_d - low_d) - 1               (1)
    value v of channel c:     v = low_c + (high_c - low_c) (f + 1) / 2               (2)

x and f are what the network sees and gives.  Files hold these numbers in section `u`
(FORMAT.md, section 4.5).  The formulas are written over an array module `xp`, NumPy or torch.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Self

from inr.errors import SpecError

Bounds = tuple[tuple[float, float], ...]
LONGEST_NAME = 64  # bytes of UTF-8
UNNAMEABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Domain:
    """The affine maps of equations (1) and (2), with the names of what they map.

    Attributes:
        axes: (low, high) of every axis in the person's own units, slowest axis first; low < high.
        ranges: (low, high) of every channel, likewise; equal where the values are all the same.
        names: of the axes, then of the channels; empty where none were given.

    Raises:
        SpecError: bounds are not finite or not in order, or names are too many, too long or twice the same.
    """

    axes: Bounds
    ranges: Bounds
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the bounds and the names."""
        for what, bounds, least in (("axis", self.axes, True), ("channel", self.ranges, False)):
            for place, (low, high) in enumerate(bounds):
                ordered = low < high if least else low <= high
                if not (math.isfinite(low) and math.isfinite(high - low) and ordered):
                    raise SpecError(
                        f"domain: {what} {place} runs from {low:g} to {high:g}; finite bounds are needed, "
                        f"the first one {'below' if least else 'not above'} the second"
                    )
        count = len(self.axes) + len(self.ranges)
        if self.names and (len(self.names) != count or len(set(self.names)) != count):
            raise SpecError(
                f"domain: names must be {count} different ones, of {len(self.axes)} axes and then of "
                f"{len(self.ranges)} channels; got {', '.join(map(repr, self.names))}"
            )
        for name in self.names:
            if not (1 <= len(name.encode(errors="replace")) <= LONGEST_NAME and not UNNAMEABLE.search(name)):
                raise SpecError(
                    f"domain: a name must be 1 to {LONGEST_NAME} bytes of text without control characters; "
                    f"got {name!r}"
                )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`, also after JSON.

        Raises:
            SpecError: keys are missing or unknown, or `Domain` refuses the values.
        """
        try:
            axes, ranges = (tuple((float(a), float(b)) for a, b in data[key]) for key in ("axes", "ranges"))
            names = tuple(str(name) for name in data.get("names", ()))
        except (KeyError, TypeError, ValueError) as error:
            raise SpecError(f"domain: needs axes and ranges as pairs of numbers; {error}") from error
        if unknown := sorted(set(data) - {"axes", "ranges", "names"}):
            raise SpecError(f"domain: unknown keys {unknown}; known are axes, ranges, names")
        return cls(axes, ranges, names)

    def to_unit(self, xp: Any, coordinates: Any) -> Any:
        """Equation (1).  Shape: [..., D] -> [..., D]."""
        return xp.stack(
            [2.0 * (coordinates[..., d] - a) / (b - a) - 1.0 for d, (a, b) in enumerate(self.axes)], -1
        )

    def values(self, xp: Any, output: Any) -> Any:
        """Equation (2).  Shape: [..., C] -> [..., C]."""
        return xp.stack(
            [a + (b - a) * (0.5 * output[..., c] + 0.5) for c, (a, b) in enumerate(self.ranges)], -1
        )

    def output(self, xp: Any, values: Any) -> Any:
        """The inverse of `values`; 0 for a channel whose values are all the same."""
        return xp.stack(
            [
                2.0 * (values[..., c] - a) / (b - a) - 1.0 if b > a else 0.0 * values[..., c]
                for c, (a, b) in enumerate(self.ranges)
            ],
            -1,
        )

    def described(self) -> str:
        """One line for a person: every axis and channel with its bounds."""
        axes, channels = len(self.axes), len(self.ranges)
        names = self.names or (*(f"axis {d}" for d in range(axes)), *(f"value {c}" for c in range(channels)))
        parts = [f"{n} {a:g} .. {b:g}" for n, (a, b) in zip(names, (*self.axes, *self.ranges), strict=True)]
        return f"{', '.join(parts[:axes])} -> {', '.join(parts[axes:])}"
