"""Section `G` of a clip by a second decoder, written from FORMAT.md, section 12, alone: plain Python.

`read` gives the integers of all groups, `values` the coefficients, `Film` the field at any point in 64-bit
floats.  It trusts the file, as `reference_decoder.py` does.
"""

import math
from types import SimpleNamespace

from tests.codec import reference_grids
from tests.codec.reference_decoder import Cursor, RangeDecoder, seal, weights
from tests.codec.reference_grids import (
    PARTS,
    at,
    blank,
    box,
    classes,
    flag_counts,
    logarithm,
    merged,
    parts,
    read_phase,
    turned_over,
)

POINT_INPUTS, BLOCK_INPUTS = 25, 20
MOST = 32767  # that a neighbour counts as
PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
RING = [(da, db) for da in range(-2, 3) for db in range(-2, 3) if max(abs(da), abs(db)) == 2]


def read(payload, head):
    """Section 12.1: step, shrink, points and blocks (contexts, weights by name), lengths and groups.

    A group has k, low (the integers of each tensor of the stream lows, flat, from slow to fast) and
    integers[name][band][c] as rows.
    """
    cursor, out = Cursor(payload), SimpleNamespace()
    out.step = cursor.varint()
    shrink = cursor.byte()
    out.shrink = (shrink % 16, shrink // 16)
    out.points = context(cursor.take(cursor.varint()), POINT_INPUTS, head["early"])
    out.blocks = context(cursor.take(cursor.varint()), BLOCK_INPUTS, head["early"])
    sizes, left = [], head["shape"][0]
    while left > 0:
        sizes.append((cursor.varint(), cursor.varint()))
        left -= sizes[-1][0]
    assert left == 0
    out.lengths = tuple(frames for frames, _ in sizes)
    out.groups = [read_group(cursor.take(size), frames, head, out) for frames, size in sizes]
    assert cursor.at == len(payload)
    return out


def context(data, inputs, early):
    """Section 10.3, of a network with so many inputs."""
    shapes = [("1.weight", (inputs, 8)), ("1.bias", (8,)), ("2.weight", (8, 8)), ("2.bias", (8,))]
    found = weights(data, [*shapes, ("3.weight", (8, 2)), ("3.bias", (2,))], early)
    assert all(k == 5 for k, _ in found.values())
    return {name: q for name, (_, q) in found.items()}


def of_frame(head):
    """What the header of one frame as a picture would say."""
    return head | {"shape": head["shape"][1:]}


def bands(frames):
    """Section 12.1: how many there are at each level of time, from J, which has the low one, to 0."""
    sizes = [frames]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + 1) // 2)
    return [1, *(a - b for a, b in zip(sizes[-2::-1], sizes[:0:-1], strict=True))]


def coarsest(head):
    """h_N and w_N."""
    h, w = head["shape"][1:]
    for _ in range(head["levels"]):
        h, w = (h + 1) // 2, (w + 1) // 2
    return h, w


def read_group(data, frames, head, nets):
    """One group, as `read` says."""
    cursor, out = Cursor(data), SimpleNamespace()
    counts, shapes = bands(frames), parts(of_frame(head))
    top = len(counts) - 1
    order = [(f"{top - d}.low", (n, head["channels"], *coarsest(head))) for d, n in enumerate(counts)]
    lows = weights(cursor.take(cursor.varint()), order, early=True)
    (out.k,) = {k for k, _ in lows.values()}
    out.low = [q for _, q in lows.values()]
    coder = RangeDecoder(data[cursor.at :])
    times = []  # the levels of time so far: planes by name, band and component
    for distance, count in enumerate(counts):
        times.append(
            {name: [[blank(*s) for _ in range(c)] for _ in range(count)] for name, (c, *s) in shapes}
        )
        every = list(range(count))
        for second, mine in enumerate([every] if count < 4 else [every[0::2], every[1::2]]):
            if not coder.raw(1):
                continue
            for level in range(head["levels"] - 1, -1, -1):
                for c in range(head["channels"]):
                    for part in PARTS:
                        Plane(times, distance, mine, second, level, c, part).read(coder, nets)
    assert seal(coder.history) == coder.words
    out.integers = {name: [band for own in times for band in own[name]] for name, _ in shapes}
    return out


class Plane:
    """Sections 12.2 to 12.4: one part of one level of one component of all bands of a stage.

    `times` are the levels of time that are known, that of the stage last; `mine` are the stage's bands.
    What it holds and looks into is transposed where the part is `columns`; magnitudes are at most MOST.
    """

    def __init__(self, times, distance, mine, second, level, c, part):
        self.times, self.mine, self.level, self.c, self.part = times, mine, level, c, part
        own = times[-1][f"grid.{level}.{part}"][0][0]
        self.height, self.width = (len(own[0]), len(own)) if part == "columns" else (len(own), len(own[0]))
        self.blocks = [(u, v) for u in range(-(-self.height // 16)) for v in range(-(-self.width // 16))]
        flags = (part == "both", c > 0, c > 1, second)
        self.behind = [*(16 * flag for flag in flags), 4 * level, 4 * distance]
        self.sides = [self.side(i, second, distance) for i in mine]

    def side(self, i, second, distance):
        """The other planes that those of band i look into."""
        c, before = self.c, PARTS[: PARTS.index(self.part)]
        return SimpleNamespace(
            parent=self.known(-1, i, c, level=self.level + 1),
            before=[self.known(-1, i, c, part=name) for name in before],
            first=self.known(-1, i, 0) if c > 0 else None,
            second=self.known(-1, i, 1) if c > 1 else None,
            beside=[self.known(-1, i - 1, c), self.known(-1, i + 1, c)] if second else [],
            slower=self.known(-2, i // 2, c) if distance > 1 else None,
            low=self.known(0, 0, c) if distance > 0 else None,
        )

    def known(self, time, band, c, level=None, part=None):
        """Magnitudes of a plane as this one is read; None where there is none."""
        name = f"grid.{self.level if level is None else level}.{part or self.part}"
        planes = self.times[time].get(name)
        if planes is None or not 0 <= band < len(planes):
            return None
        plane = [[min(abs(q), MOST) for q in row] for row in planes[band][c]]
        return turned_over(plane) if self.part == "columns" else plane

    def read(self, coder, nets):
        living = self.read_blocks(coder, nets.blocks)
        planes = [blank(self.height, self.width) for _ in self.mine]
        magnitudes = [blank(self.height, self.width) for _ in self.mine]
        for phase, (odd_a, odd_b) in enumerate(PHASES):
            points = [
                (i, a, b)
                for i, alive in enumerate(living)
                for u, v in self.blocks
                if alive[u][v]
                for a in range(16 * u + odd_a, min(16 * u + 16, self.height), 2)
                for b in range(16 * v + odd_b, min(16 * v + 16, self.width), 2)
            ]
            sums = [self.point(magnitudes[i], self.sides[i], a, b) for i, a, b in points]
            contexts = [classes(nets.points, self.inputs(row, phase)) for row in sums]
            for (i, a, b), value in zip(points, read_phase(coder, contexts), strict=True):
                planes[i][a][b], magnitudes[i][a][b] = value, min(abs(value), MOST)
        for i, band in enumerate(self.mine):
            assert all(bool(number(planes[i], u, v)) == living[i][u][v] for u, v in self.blocks)
            plane = turned_over(planes[i]) if self.part == "columns" else planes[i]
            self.times[-1][f"grid.{self.level}.{self.part}"][band][self.c] = plane

    def read_blocks(self, coder, context):
        """Which blocks are alive, for each band."""
        u_most, v_most = self.blocks[-1]
        living = [[[False] * (v_most + 1) for _ in range(u_most + 1)] for _ in self.mine]
        for phase, (odd_u, odd_v) in enumerate(PHASES):
            places = [
                (i, u, v)
                for i in range(len(self.mine))
                for u, v in self.blocks
                if (u % 2, v % 2) == (odd_u, odd_v)
            ]
            sums = [self.block(living[i], self.sides[i], u, v) for i, u, v in places]
            found = [classes(context, self.inputs(row, phase))[0] for row in sums]
            for z in range(88):
                for (i, u, v), own in zip(places, found, strict=True):
                    if own == z:
                        living[i][u][v] = bool(coder.symbol(flag_counts(z)))
        return living

    def inputs(self, sums, phase):
        return [logarithm(v) for v in sums] + [16 * (phase == p) for p in range(4)] + self.behind

    def block(self, alive, side, u, v):
        """Section 12.3, inputs 0 to 9."""
        return [
            at(alive, u, v - 1) + at(alive, u, v + 1),
            at(alive, u - 1, v) + at(alive, u + 1, v),
            sum(at(alive, u + du, v + dv) for du in (-1, 1) for dv in (-1, 1)),
            number(side.parent, u, v, 8),
            sum(number(plane, u, v) for plane in side.before),
            number(side.first, u, v),
            number(side.second, u, v),
            sum(number(plane, u, v) for plane in side.beside),
            number(side.slower, u, v),
            number(side.low, u, v),
        ]

    def point(self, m, side, a, b):
        """Section 12.4, inputs 0 to 14."""
        return [
            at(m, a, b - 1) + at(m, a, b + 1),
            at(m, a - 1, b) + at(m, a + 1, b),
            sum(at(m, a + da, b + db) for da in (-1, 1) for db in (-1, 1)),
            sum(at(m, a + da, b + db) for da, db in RING),
            at(side.parent, a // 2, b // 2),
            box(side.parent, a // 2, b // 2),
            sum(box(plane, a, b) for plane in side.before),
            at(side.first, a, b),
            box(side.first, a, b),
            box(side.second, a, b),
            sum(at(plane, a, b) for plane in side.beside),
            sum(box(plane, a, b) for plane in side.beside),
            at(side.slower, a, b),
            box(side.slower, a, b),
            box(side.low, a, b),
        ]


def number(plane, u, v, side=16):
    """How many points of a square are not 0."""
    rows = plane[side * u : side * u + side] if plane else []
    return sum(q != 0 for row in rows for q in row[side * v : side * v + side])


def values(found, index, head):
    """Section 10.5 of one group: name -> [band][component] as rows; those of low are exact."""
    group = found.groups[index]
    out = {}
    for name, planes in group.integers.items():
        own = SimpleNamespace(step=found.step, shrink=found.shrink, integers=dict(enumerate(planes)))
        out[name] = list(reference_grids.values(own).values())
    height, width = coarsest(head)
    flat = iter([v * 2.0**-group.k for q in group.low for v in q])
    out["grid.low"] = [
        [[[next(flat) for _ in range(width)] for _ in range(height)] for _ in range(head["channels"])]
        for _ in range(found.lengths[index])
    ]
    return out


def to_frames(series):
    """Section 12.5: one coefficient in all bands of a group, in order, to its frames."""
    out, at_band = series[:1], 1
    for count in bands(len(series))[1:]:
        out, at_band = merged(out, series[at_band : at_band + count]), at_band + count
    return out


def frames_of(planes):
    """[band][component] as rows to [frame][component] as rows."""
    flat = [[v for plane in band for row in plane for v in row] for band in planes]
    width, height, channels = len(planes[0][0][0]), len(planes[0][0]), len(planes[0])
    out = []
    for row in zip(*(to_frames(list(series)) for series in zip(*flat, strict=True)), strict=True):
        rows = [list(row[i : i + width]) for i in range(0, len(row), width)]
        out.append([rows[c * height : (c + 1) * height] for c in range(channels)])
    return out


class Film:
    """Section 12.5: the field at any point.

    `tensors` and `found` are what `reference_decoder.decode` and `read` give.
    """

    def __init__(self, head, tensors, found):
        self.head, self.tensors, self.frames = head, tensors, []
        for index, frames in enumerate(found.lengths):
            parted = {name: frames_of(planes) for name, planes in values(found, index, head).items()}
            for t in range(frames):
                own = {name: series[t] for name, series in parted.items()}
                self.frames.append(reference_grids.Pyramid(of_frame(head), own["grid.low"], own))

    def on_grid(self, t, i, j):
        """f at sample (i, j) of frame t."""
        return self.field(self.frames[t].sample(i, j))

    def at_frame(self, t, x):
        """f in frame t at a point of [-1, 1]²."""
        return self.field(self.frames[t].between(x))

    def between_frames(self, x, i, j):
        """f at a coordinate of the slowest axis and sample (i, j)."""
        return self.field(self.mixed(x, [frame.sample(i, j) for frame in self.frames]))

    def anywhere(self, x):
        """f at a point of [-1, 1]³ between the frames and between their samples."""
        return self.field(self.mixed(x[0], [frame.between(x[1:]) for frame in self.frames]))

    def mixed(self, x, held):
        """The planes between frames, where `held` has those of all frames."""
        n = len(self.frames)
        t = min(max(n * (x + 1) / 2 - 0.5, -0.5), n - 0.5)
        out = [0.0] * len(held[0])
        for k in range(math.floor(t) - 1, math.floor(t) + 3):
            mirrored = {-1: 0, -2: 1, n: n - 1, n + 1: n - 2}.get(k, k)
            e = held[min(max(mirrored, 0), n - 1)]  # one frame stands for all
            out = [a + cubic(t - k) * b for a, b in zip(out, e, strict=True)]
        return out

    def field(self, held):
        return reference_grids.field(of_frame(self.head), self.tensors, held)


def cubic(s):
    """K of section 12.5."""
    s = abs(s)
    if s <= 1:
        return 1 - 5 / 2 * s**2 + 3 / 2 * s**3
    return 2 - 4 * s + 5 / 2 * s**2 - 1 / 2 * s**3 if s <= 2 else 0.0
