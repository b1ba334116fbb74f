"""Section `G` of a sound by a second decoder, written from FORMAT.md, section 11, alone: plain Python.

`read` gives the integers as `reference_grids.read` does, `Sound` the field at any time in 64-bit floats.
"""

import math

from tests.codec.reference_decoder import network, seal
from tests.codec.reference_grids import (
    at,
    blank,
    box,
    classes,
    logarithm,
    opened,
    pieces,
    read_phase,
    spline,
    values,
)

INPUTS = 17
STAGES = ((0, 16, 16), (8, 16, 8), (4, 8, 4), (2, 4, 2), (1, 2, 1))  # n mod the second is the first; d


def sizes(head):
    """K and N."""
    size = 2 ** head["order"]
    return size, (head["shape"][0] + size - 1) // size + 1


def read(payload, head):
    """Sections 10.1 and 11.1: step, shrink, context (weights by name), integers["grid.lap"][c] as rows."""
    out, coder = opened(payload, INPUTS, head["early"])
    planes = [blank(*sizes(head)) for _ in range(head["channels"])]
    out.integers = {"grid.lap": planes}
    for c, plane in enumerate(planes):
        if coder.raw(1):
            read_plane(coder, out.context, plane, planes[0] if c else None)
    assert seal(coder.history) == coder.words
    return out


def read_plane(coder, context, q, first):
    """Ten phases of one component; `first` is the plane of component 0, for those after it."""
    size, count = len(q), len(q[0])
    for stage, (start, every, d) in enumerate(STAGES):
        for odd in (0, 1):
            points = [(a, n) for a in range(odd, size, 2) for n in range(count) if n % every == start]
            contexts = []
            for a, n in points:

                def total(frequencies, windows, a=a, n=n):
                    return sum(at(q, a + i, n + j) for i in frequencies for j in windows)

                sums = [
                    total((-1, 1), (0,)),
                    total((-2, 2), (0,)),
                    total((-4, -3, 3, 4), (0,)),
                    total((0,), (-d, d)),
                    total((-1, 1), (-d, d)),
                    total((-3, -2, 2, 3), (-d, d)),
                    total((-1, 0, 1), (-2 * d, 2 * d)),
                    at(first, a, n),
                    box(first, a, n),
                    a,
                ]
                flags = [16 * (s == stage) for s in range(5)] + [16 * odd, 16 * (first is not None)]
                contexts.append(classes(context, [logarithm(v) for v in sums] + flags))
            for (a, n), value in zip(points, read_phase(coder, contexts), strict=True):
                q[a][n] = value


class Sound:
    """Section 11.2: the field at any time.

    `tensors` and `found` are what `reference_decoder.decode` and `read` give.
    """

    def __init__(self, head, tensors, found):
        self.head, self.tensors, self.held = head, tensors, values(found)["grid.lap"]
        self.size, self.count = sizes(head)
        self.frames = head["shape"][0]
        bands = [(self.size >> (b + 1), self.size >> b) for b in range(4)]
        self.parts = [(c, 0, self.size) for c in range(head["channels"])] + [(0, *band) for band in bands]
        self.splines = None

    def wave(self, part, place):
        """T_c or D_b at a position in frames."""
        c, low, high = part
        out, size = 0.0, self.size
        for n in range(self.count):
            u = place - (n - 1) * size
            if -0.5 <= u < 2 * size - 0.5:
                inner = 0.0
                for j in range(low, high):
                    angle = math.pi / size * (u + 0.5 + size / 2) * (j + 0.5)
                    inner += self.held[c][j][n] * math.sqrt(2 / size) * math.cos(angle)
                out += math.sin(math.pi / (2 * size) * (u + 0.5)) * inner
        return out

    def on_grid(self, i):
        """f at frame i."""
        return self.field([self.wave(part, i) for part in self.parts])

    def anywhere(self, x):
        """f at a coordinate, by the splines through the quarters."""
        if self.splines is None:
            quarters = [i / 4 - 0.5 for i in range(4 * self.frames + 1)]
            self.splines = [spline([self.wave(part, a) for a in quarters]) for part in self.parts]
        place = min(max(self.frames * (x + 1) / 2 - 0.5, -0.5), self.frames - 0.5)
        n = 4 * self.frames + 1
        taps = pieces(2 * (4 * place + 2 + 0.5) / n - 1, n)  # the coordinate whose a is 4 place + 2
        return self.field([sum(w * c[k] for k, w in taps) for c in self.splines])

    def field(self, held):
        out = network(self.head, self.tensors, 0, [16 * v for v in held])
        if self.head["channels"] == 2:
            half = math.sqrt(0.5)
            return [out[0] + half * (held[0] + held[1]), out[1] + half * (held[0] - held[1])]
        return [v + held[j] for j, v in enumerate(out)]
