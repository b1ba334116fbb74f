"""Section `G` by a second decoder, written from inr/codec/FORMAT.md alone: plain Python, no NumPy.

`read` gives the integers, `values` the coefficients, `Picture` the field at any point in 64-bit
floats.  It shares no code with the package, and trusts the file, as `reference_decoder.py` does.
"""

import math
import struct
from functools import cached_property, lru_cache
from types import SimpleNamespace

from tests.codec.reference_decoder import OCTAVE, Cursor, RangeDecoder, network, seal, tensors, weights

INPUTS = 18
PARTS = ("rows", "columns", "both")


def parts(head):
    """Name and shape of the tensors of section `G`, in order."""
    h, w = head["shape"]
    sizes = [(h, w)]
    for _ in range(head["levels"]):
        h, w = (h + 1) // 2, (w + 1) // 2
        sizes.append((h, w))
    out = []
    for level in range(head["levels"] - 1, -1, -1):
        (h, w), (low_h, low_w) = sizes[level], sizes[level + 1]
        for part, size in zip(
            PARTS, ((low_h, w - low_w), (h - low_h, low_w), (h - low_h, w - low_w)), strict=True
        ):
            out.append((f"grid.{level}.{part}", (head["channels"], *size)))
    return out


def read(payload, head):
    """Sections 10.1 to 10.4: step, shrink, context (weights by name), integers[name][c] as rows."""
    out, coder = opened(payload, INPUTS, head["early"])
    out.integers = {name: [blank(h, w) for _ in range(c)] for name, (c, h, w) in parts(head)}
    for level in range(head["levels"] - 1, -1, -1):
        for c in range(head["channels"]):
            for part in PARTS:
                if coder.raw(1):
                    read_plane(coder, out, level, c, part)
    assert seal(coder.history) == coder.words
    return out


def opened(payload, inputs, early):
    """Sections 10.1, 13.4: step, shrink, context (a network of so many inputs); the decoder of the planes."""
    cursor, out = Cursor(payload), SimpleNamespace()
    out.step = cursor.varint()
    shrink = cursor.byte()
    out.shrink = (shrink % 16, shrink // 16)
    shapes = [("1.weight", (inputs, 8)), ("1.bias", (8,)), ("2.weight", (8, 8)), ("2.bias", (8,))]
    shapes += [("3.weight", (8, 2)), ("3.bias", (2,))]
    if early:
        found = weights(cursor.take(cursor.varint()), shapes, early)
        coder = RangeDecoder(payload[cursor.at :])
    else:
        coder = RangeDecoder(payload[cursor.at :])
        found = tensors(coder, shapes, early)
    assert all(k == 5 for k, _ in found.values())
    out.context = {name: q for name, (_, q) in found.items()}
    return out, coder


def blank(height, width):
    return [[0] * width for _ in range(height)]


def at(plane, y, x):
    return abs(plane[y][x]) if plane and 0 <= y < len(plane) and 0 <= x < len(plane[0]) else 0


def box(plane, y, x):
    return sum(at(plane, y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) if plane else 0


def read_plane(coder, out, level, c, part):
    """One plane: `q` is transposed where the part is `columns`, and so is all that it looks into."""

    def other(level, part, c):
        plane = out.integers.get(f"grid.{level}.{part}", [None] * (c + 1))[c]
        return list(map(list, zip(*plane, strict=True))) if plane and turned else plane

    turned = part == "columns"
    own = other(level, part, c)
    height, width = len(own), len(own[0])
    parent = other(level + 1, part, c)
    before = [other(level, name, c) for name in PARTS[: PARTS.index(part)]]
    before = [[row[:width] for row in plane[:height]] for plane in before]
    first = other(level, part, 0) if c > 0 else None
    second = other(level, part, 1) if c > 1 else None
    ring = [(da, db) for da in range(-2, 3) for db in range(-2, 3) if max(abs(da), abs(db)) == 2]
    q = blank(height, width)
    for phase, (odd_a, odd_b) in enumerate(((0, 0), (1, 1), (0, 1), (1, 0))):
        points = [(a, b) for a in range(odd_a, height, 2) for b in range(odd_b, width, 2)]
        contexts = []
        for a, b in points:
            there = parent and a // 2 < len(parent) and b // 2 < len(parent[0])
            sums = [
                at(q, a, b - 1) + at(q, a, b + 1),
                at(q, a - 1, b) + at(q, a + 1, b),
                sum(at(q, a + da, b + db) for da in (-1, 1) for db in (-1, 1)),
                sum(at(q, a + da, b + db) for da, db in ring),
                at(parent, a // 2, b // 2),
                box(parent, a // 2, b // 2) if there else 0,
                sum(box(plane, a, b) for plane in before),
                at(first, a, b),
                box(first, a, b),
                box(second, a, b),
            ]
            flags = [16 * (phase == p) for p in range(4)]
            flags += [16 * (part == "both"), 16 * (c > 0), 16 * (c > 1), 4 * level]
            contexts.append(classes(out.context, [logarithm(v) for v in sums] + flags))
        for (a, b), value in zip(points, read_phase(coder, contexts), strict=True):
            q[a][b] = value
    out.integers[f"grid.{level}.{part}"][c] = list(map(list, zip(*q, strict=True))) if turned else q


def logarithm(v):
    u = min(v, 2**20) + 1
    k = u.bit_length() - 1
    return 16 * k + ((16 * u) >> k) - 16


def classes(context, x):
    """Section 10.3: (z, g); Python's >> rounds down for negative numbers too."""
    for layer, shift in ((1, 5), (2, 5), (3, 7)):
        bias, weight = context[f"{layer}.bias"], context[f"{layer}.weight"]
        n = len(bias)
        sums = [sum(x[i] * weight[i * n + j] for i in range(len(x))) + 16 * bias[j] for j in range(n)]
        assert max(map(abs, sums)) < 2**31
        x = [s >> shift for s in sums]
        if layer < 3:
            x = [min(max(v, 0), 4095) for v in x]
    return min(max(x[0] + 56, 0), 87), min(max(x[1] + 20, 0), 47)


@lru_cache
def flag_counts(z):
    odds = OCTAVE[z % 4] * 2 ** (z // 4)
    ones = min(max(odds * 2**24 // (odds + 2**30), 64), 2**24 - 64)
    return [2**24 - ones, ones]


@lru_cache
def size_counts(g):
    scale = OCTAVE[g % 4] * 2 ** (g // 4)
    edge, t, w = 9 + (16 * scale >> 21), scale * 2**32 // (scale + 2**21), [2**48]
    for _ in range(edge):
        w.append(w[-1] * t >> 32)
    free, whole = 2**24 - (edge + 1) - 1024, sum(w)
    counts = [1 + v * free // whole for v in w]
    counts[-1] += 1024
    counts[0] += 2**24 - sum(counts)
    return counts


def read_phase(coder, contexts):
    """Section 10.4: the integers of one phase."""
    size = [0] * len(contexts)
    flags = dict.fromkeys(range(len(contexts)), 0)
    for k in range(88):
        mine = [i for i, (z, _) in enumerate(contexts) if z == k]
        for i in mine:
            flags[i] = coder.symbol(flag_counts(k))
    for k in range(48):
        mine = [i for i, (_, g) in enumerate(contexts) if g == k and flags[i]]
        counts = size_counts(k) if mine else []
        for i in mine:
            size[i] = coder.symbol(counts)
        for i in mine:
            if size[i] == len(counts) - 1:
                size[i] += coder.gamma()
    return [(1 - 2 * coder.raw(1)) * (n + 1) if flags[i] else 0 for i, n in enumerate(size)]


def single(value):
    """The nearest 32-bit float."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def values(found):
    """Section 10.5: name -> a list of planes."""

    def value(q):
        t = found.shrink[abs(q) > 1]
        return single(math.copysign((32 * abs(q) - t) * found.step / 2**25, q)) if q else 0.0

    return {
        name: [[[value(q) for q in row] for row in plane] for plane in planes]
        for name, planes in found.integers.items()
    }


def merged(s, d):
    """Section 10.6: two halves of one axis to samples."""
    gain = 2**0.5 / 1.230174104914001
    s, d = [v / gain for v in s], [v * gain for v in d]
    for weight, into_s in (
        (-0.443506852043971, True),
        (-0.882911075530934, False),
        (0.052980118572961, True),
        (1.586134342059924, False),
    ):
        if into_s:
            s = [v + weight * (d[max(i - 1, 0)] + d[min(i, len(d) - 1)]) for i, v in enumerate(s)]
        else:
            d = [v + weight * (s[i] + s[min(i + 1, len(s) - 1)]) for i, v in enumerate(d)]
    return [(s, d)[i % 2][i // 2] for i in range(len(s) + len(d))]


def along_rows(s, d):
    return [merged(*pair) for pair in zip(s, d, strict=True)]


def turned_over(plane):
    return list(map(list, zip(*plane, strict=True)))


def along_columns(s, d):
    return turned_over(along_rows(turned_over(s), turned_over(d)))


class Pyramid:
    """Section 10.6 and the splines of 10.7: what the field sees at any point of a picture.

    `low` has rows for each component, `details` for each component of each part by name.
    """

    def __init__(self, head, low, details):
        self.head, self.low, self.details = head, low, details
        planes = [self.put_together(c, 0) for c in range(head["channels"])]
        for level in range(min(4, head["levels"])):
            with_it, without = self.put_together(0, level), self.put_together(0, level + 1)
            pairs = zip(with_it, without, strict=True)
            planes.append([[a - b for a, b in zip(*rows, strict=True)] for rows in pairs])
        self.planes = planes

    @cached_property
    def splines(self):
        return [turned_over(map(spline, turned_over(map(spline, plane)))) for plane in self.planes]

    def put_together(self, c, coarsest):
        """A_0 of component c, the details of levels below `coarsest` taken as 0."""
        out = self.low[c]
        for level in range(self.head["levels"] - 1, -1, -1):
            rows, columns, both = (self.details[f"grid.{level}.{part}"][c] for part in PARTS)
            if level < coarsest:
                rows, columns, both = (blank(len(p), len(p[0])) for p in (rows, columns, both))
            out = along_rows(along_columns(out, columns), along_columns(rows, both))
        return out

    def sample(self, i, j):
        """All planes at sample (i, j) of the header's grid."""
        return [plane[i][j] for plane in self.planes]

    def between(self, x):
        """All planes at a point of [-1, 1]², by the splines."""
        n = (len(self.planes[0]), len(self.planes[0][0]))
        down, across = (pieces(v, count) for v, count in zip(x, n, strict=True))
        return [sum(a * b * c[i][j] for i, a in down for j, b in across) for c in self.splines]


class Picture(Pyramid):
    """Sections 10.6 and 10.7: the field at any point.

    `tensors` and `found` are what `reference_decoder.decode` and `read` give.
    """

    def __init__(self, head, tensors, found):
        self.tensors = tensors
        shape, k, q = tensors["grid.low"]
        size = shape[1] * shape[2]
        low = [
            [[v * 2.0**-k for v in q[c * size + y * shape[2] :][: shape[2]]] for y in range(shape[1])]
            for c in range(shape[0])
        ]
        super().__init__(head, low, values(found))

    def on_grid(self, i, j):
        """f at sample (i, j) of the header's grid."""
        return field(self.head, self.tensors, self.sample(i, j))

    def anywhere(self, x):
        """f at a point of [-1, 1]²."""
        return field(self.head, self.tensors, self.between(x))


def field(head, tensors, held):
    """f where the planes hold these values."""
    channels = head["channels"]
    out = network(head, tensors, 0, [4 * v for v in held])
    m = [[float(i == j) for j in range(channels)] for i in range(channels)]
    if channels >= 3:
        rows = ([1, 1, 1], 3), ([1, 0, -1], 2), ([1, -2, 1], 6)
        for i, (row, square) in enumerate(rows):
            m[i][:3] = [v / square**0.5 for v in row]
    return [out[j] + sum(m[i][j] * held[i] for i in range(channels)) for j in range(channels)]


def spline(y):
    """Coefficients c of one axis: the equations of section 10.7 by sweeps until nothing changes."""
    c = list(y)
    for _ in range(200):
        for i in range(len(y)):
            left, right = c[i - 1] if i else None, c[i + 1] if i + 1 < len(y) else None
            ends = (left is None) + (right is None)  # a mirrored neighbour is c_i itself
            c[i] = (6 * y[i] - (left or 0) - (right or 0)) / (4 + ends)
    return c


def pieces(x, n):
    """(index, weight) of the coefficients that reach x."""

    def b(t):
        t = abs(t)
        return 2 / 3 - t**2 + t**3 / 2 if t <= 1 else (2 - t) ** 3 / 6 if t <= 2 else 0.0

    a = min(max(n * (x + 1) / 2 - 0.5, -0.5), n - 0.5)
    mirrored = {-1: 0, -2: 1, n: n - 1, n + 1: n - 2}
    return [(mirrored.get(k, k), b(a - k)) for k in range(-2, n + 2) if b(a - k)]
