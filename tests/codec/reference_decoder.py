"""A second decoder, written from inr/codec/FORMAT.md alone: plain Python, no NumPy, slow.

It shares no code with the codec, so agreement of the two says that the page and the
package mean the same.  `decode` returns plain dicts and lists; it trusts the file.
"""

import math
import zlib
from math import prod

IMAGE, AUDIO, VIDEO = 1, 2, 3
AXES = {IMAGE: 2, AUDIO: 1, VIDEO: 3}
MODE_CHANNELS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4}
TRIGONOMETRIC = {3, 4, 5, 7}
GAUSS_BASIS = 6
CARRIER = 10
OCTAVE = (65536, 77936, 92682, 110218)


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data)
        self.at += n
        return self.data[self.at - n : self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def fraction(self):
        return (self.varint(), self.varint())


def sections(data):
    """Sections 2, 3 and 13.1: payloads by type."""
    assert data[:4] == bytes([0x89, 0x49, 0x4E, 0x52])
    if is_early(data):
        return early_sections(data)
    assert int.from_bytes(data[-4:], "little") == zlib.crc32(data[:-4])
    cursor, out = Cursor(data[:-4]), {}
    cursor.take(5)
    while "W" not in out:
        kind = chr(cursor.byte())
        out[kind] = cursor.take(len(data) - 4 - cursor.at if kind == "W" else cursor.varint())
    return out


def is_early(data):
    """Section 13: whether a file is of version 1 or 2."""
    assert data[4] in (1, 2, 3)
    return data[4] < 3


def early_sections(data):
    cursor, out = Cursor(data), {}
    cursor.take(5)
    while cursor.at < len(data):
        start = cursor.at
        kind = chr(cursor.byte())
        payload = cursor.take(cursor.varint())
        body = data[start : cursor.at]
        assert int.from_bytes(cursor.take(4), "little") == zlib.crc32(body)
        out[kind] = payload
    assert (data[4] == 2) == ("G" in out)
    return out


def header(payload, early):
    """Section 4: a flat dict."""
    c, h = Cursor(payload), {"early": early}
    first = c.byte()
    kind = first & 3
    h["kind"] = kind
    h["shape"] = [c.varint() for _ in range(AXES[kind])]
    h["mode"] = c.varint()
    stored = kind == AUDIO or h["mode"] == 0
    h["channels"] = c.varint() if stored else MODE_CHANNELS[h["mode"]]
    h["bits"] = c.varint()
    h["rate"] = c.fraction() if first & 4 else None
    h["aspect"] = c.fraction() if first & 8 else (1, 1)
    h["colour"] = [c.varint() for _ in range(4)] if first & 16 else [2, 2, 2, 0]
    h["time_base"] = c.fraction() if first & 32 else None
    whole = first & 64
    assert not (whole and early)
    h["tiles"] = [1 if whole else c.varint() for _ in range(AXES[kind])]
    h["margin"] = [0 if whole else c.varint() for _ in range(AXES[kind])]
    h["width"], h["hidden"] = c.varint(), c.varint()
    flags = c.varint()
    h["shared"], h["gain"], h["encoding"] = bool(flags & 1), bool(flags & 2), flags >> 3
    h["count"], h["base"] = (c.varint(), c.varint()) if h["encoding"] == 1 else (0, 32)
    h["levels"] = c.varint() if h["encoding"] in (2, 4) else 0
    h["order"] = c.varint() if h["encoding"] == 3 else 0
    h["activation"] = c.varint()
    packed = c.varint() if h["activation"] in (2, 3, 4) else 0
    h["bases"] = []
    while packed:
        h["bases"].append(packed % 32)
        packed //= 32
    h["omega"] = c.varint()
    h["omega_hidden"] = h["omega"] if flags & 4 else c.varint()
    assert c.at == len(payload)
    return h


def shapes(h):
    """Section 7: (name, shape) in order."""
    tiles, width = prod(h["tiles"]), h["width"]
    lead = 1 if h["shared"] else tiles
    carried = CARRIER in h["bases"]
    amplitudes = len(h["bases"]) - carried
    rows = (bool(TRIGONOMETRIC & set(h["bases"])) and not carried) + (GAUSS_BASIS in h["bases"])
    fan_in, out = AXES[h["kind"]] * (1 + 2 * h["count"]), []
    if h["encoding"] in (2, 4):
        fan_in = h["channels"] + min(4, h["levels"])
    if h["encoding"] == 3:
        fan_in = h["channels"] + 4
    for layer in range(h["hidden"] + 1):
        out += [(f"layer{layer}.weight", (tiles, fan_in, width)), (f"layer{layer}.bias", (tiles, width))]
        if amplitudes:
            out.append((f"layer{layer}.amplitude", (lead, amplitudes, width)))
        if rows:
            out.append((f"layer{layer}.frequency", (lead, rows, width)))
        fan_in = width
    out += [("output.weight", (tiles, width, h["channels"])), ("output.bias", (tiles, h["channels"]))]
    if h["encoding"] == 2:
        low = list(h["shape"])
        for _ in range(h["levels"]):
            low = [(n + 1) // 2 for n in low]
        out.append(("grid.low", (h["channels"], *low)))
    return out + ([("gain", (tiles, h["channels"]))] if h["gain"] else [])


class RangeDecoder:
    """Section 5.1."""

    def __init__(self, payload):
        assert len(payload) % 4 == 0
        self.words = [int.from_bytes(payload[i : i + 4], "little") for i in range(0, len(payload), 4)]
        self.next = 0
        self.lower, self.range = 0, 2**64 - 1
        self.point = self.word() << 32 | self.word()
        self.history = []  # (cumulative count, count) of all symbols, for section 5.3

    def word(self):
        self.next += 1
        return self.words[self.next - 1] if self.next <= len(self.words) else 0

    def step(self, find):
        scale = self.range >> 24
        quantile = ((self.point - self.lower) % 2**64) // scale
        assert quantile < 2**24
        symbol, below, count = find(quantile)
        self.history.append((below, count))
        self.lower = (self.lower + scale * below) % 2**64
        self.range = scale * count
        if self.range < 2**32:
            self.lower = (self.lower << 32) % 2**64
            self.range <<= 32
            self.point = (self.point << 32) % 2**64 | self.word()
        return symbol

    def raw(self, bits):
        size = 24 - bits
        return self.step(lambda q: (q >> size, q >> size << size, 1 << size)) if bits else 0

    def gamma(self):
        j = self.raw(5)
        return (1 << j) + self.raw(j) - 1

    def symbol(self, counts):
        def find(quantile):
            below = 0
            for s, count in enumerate(counts):
                if quantile < below + count:
                    return s, below, count
                below += count
            raise AssertionError

        return self.step(find)

    def values(self, n, family, index):
        counts, edge, shift = table(family, index)
        high = [self.symbol(counts) - edge for _ in range(n)]
        low = [self.raw(shift) for _ in range(n)]
        for at, h in enumerate(high):
            if abs(h) == edge:
                high[at] += self.gamma() * (1 if h > 0 else -1)
        return [(h << shift) + b for h, b in zip(high, low, strict=True)]


def table(family, index):
    """Section 6: counts, edge, shift."""
    shift = max(0, index // 4 - 9)
    index -= 4 * shift
    s = OCTAVE[index % 4] * 2 ** (index // 4)
    if family == 1:
        edge = 9 + (16 * s >> 21)
        t = s * 2**32 // (s + 2**21)
        w = [2**48]
        for _ in range(edge):
            w.append(w[-1] * t >> 32)
    else:
        edge = 5 + (6 * s >> 21)
        x = 2**89 // s**2
        term, total, n = 2**48, 2**48, 1
        while term:
            term = term * x // (n * 2**48)
            total, n = total + term, n + 1
        r = 2**96 // total
        g = r * r >> 48
        w = [2**48]
        for _ in range(edge):
            w.append(w[-1] * r >> 48)
            r = r * g >> 48
    whole = w[0] + 2 * sum(w[1:])
    free = 2**24 - (2 * edge + 1) - 2048
    counts = [1 + w[abs(v)] * free // whole for v in range(-edge, edge + 1)]
    counts[0] += 1024
    counts[-1] += 1024
    counts[edge] += 2**24 - sum(counts)
    return counts, edge, shift


def seal(history):
    """Section 5.3: the words that follow from the symbols."""
    if not history:
        return []
    low, rng, m = 0, 2**64 - 1, 0
    for below, count in history:
        scale = rng >> 24
        low, rng = low + scale * below, scale * count
        if rng < 2**32:
            low, rng, m = low << 32, rng << 32, m + 1
    point = low + 2**32 - 1
    words = [(point >> 32 * place) % 2**32 for place in range(m + 1, 0, -1)]
    same = (point >> 32) % 2**32 == ((low + rng) >> 32) % 2**32
    return words + [0] * same


def weights(payload, order, early):
    """Sections 7 and 13.3: name -> (k, flat list of integers), of a stream of its own."""
    coder = RangeDecoder(payload)
    out = tensors(coder, order, early)
    assert seal(coder.history) == coder.words
    return out


def tensors(coder, order, early):
    """Likewise, of a stream that may go on."""
    last, rows, out = {}, [], {}
    for name, _ in order:
        role = name.split(".")[-1]
        k, i = last.get(role, (8 if early else 5, 32))
        kind = coder.raw(3 if early else 2)
        if kind == 3 and not early:
            kind = 3 + coder.raw(1)
        difference = coder.values(1, 1, 24)[0]
        k, i = k + difference, i + 4 * difference
        if kind:
            i += coder.values(1, 1, 26)[0]
        centre = 0
        if kind > 2:
            sign = -1 if coder.raw(1) else 1
            centre = sign * (coder.gamma() + 1)
        last[role] = (k, i)
        rows.append((kind, k, i, centre))
    for (name, shape), (kind, k, i, centre) in zip(order, rows, strict=True):
        n = prod(shape)
        family = kind - 2 if kind > 2 else kind
        values = [v + centre for v in coder.values(n, family, i)] if kind else [0] * n
        out[name] = (k, values)
    return out


def decode(data):
    """(header, name -> (shape, k, integers), other sections inflated; `G` is left to others)."""
    parts = sections(data)
    head = header(parts["H"], is_early(data))
    order = shapes(head)
    integers = weights(parts["W"], order, head["early"])
    extras = {}
    for kind in set(parts) & {"D", "P", "i"}:
        cursor = Cursor(parts[kind])
        n = cursor.varint()
        extras[kind] = zlib.decompress(parts[kind][cursor.at :])
        assert len(extras[kind]) == n
    return head, {name: (shape, *integers[name]) for name, shape in order}, extras


def network(head, tensors, tile, u):
    """Sections 8.2 and 8.3: the C values of one tile at one local point, in 64-bit floats."""

    def at(name, *index):
        shape, k, q = tensors[name]
        place = 0
        for size, i in zip(shape, (tile if shape[0] > 1 else 0, *index), strict=True):
            place = place * size + i
        return q[place] * 2.0**-k

    h, width = list(u), head["width"]
    for j in range(head["count"]):
        phase = [math.pi * (head["base"] / 16) ** j * value for value in u]
        h += [math.sin(p) for p in phase] + [math.cos(p) for p in phase]
    for layer in range(head["hidden"] + 1):
        name = f"layer{layer}"
        omega = head["omega_hidden" if layer else "omega"] / 16
        z = [
            sum(value * at(f"{name}.weight", i, j) for i, value in enumerate(h)) + at(f"{name}.bias", j)
            for j in range(width)
        ]
        if head["activation"] == 1:
            h = [math.sin(omega * value) for value in z]
            continue
        h = [0.0] * width
        rows = tensors.get(f"{name}.frequency", [(0, 0, 0)])[0][1]
        carried = CARRIER in head["bases"]
        for j, value in enumerate(z):
            theta = omega * value
            if rows and not carried:
                theta *= at(f"{name}.frequency", 0, j)
            t = at(f"{name}.frequency", rows - 1, j) * value if rows else 0.0
            basis = {
                1: value, 2: value**2, 3: math.sin(theta), 4: math.sin(2 * theta), 5: math.cos(2 * theta),
                6: math.exp(-(t**2) / 2), 7: math.cos(theta), 8: max(value, 0), 9: max(value, 0) ** 3,
                CARRIER: math.sin(theta),
            }  # fmt: skip
            a = [1.0] * carried
            a += [at(f"{name}.amplitude", p, j) for p in range(len(head["bases"]) - carried)]
            h[j] = sum(a_p * basis[b] for a_p, b in zip(a, head["bases"], strict=True))
    out = []
    for c in range(head["channels"]):
        y = sum(value * at("output.weight", i, c) for i, value in enumerate(h)) + at("output.bias", c)
        out.append(y * at("gain", c) if head["gain"] else y)
    return out


def borders(tiles, levels=()):
    """Section 8.1: where the tiles of an axis meet; levels is what section D inflates to."""
    if not levels:
        return [-1 + 2 * k / tiles for k in range(tiles + 1)]
    inner = [-1 + 2 * (i + j / 2**v) / len(levels) for i, v in enumerate(levels) for j in range(2**v)]
    assert len(inner) == tiles
    return [*inner, 1.0]


def window(border, margin, tile, x):
    """Section 8.1: the weight of one tile of an axis at one coordinate; margin in 64ths."""

    def ramp(k):
        if not margin:
            return float(x >= border[k])
        narrower = min(border[k] - border[k - 1], border[k + 1] - border[k])
        t = min(max((x - border[k]) / (2 * margin / 64 * narrower) + 0.5, 0.0), 1.0)
        return t * t * (3 - 2 * t)

    weight = 1.0
    if tile:
        weight *= ramp(tile)
    if tile < len(border) - 2:
        weight *= 1 - ramp(tile + 1)
    return weight


def local(border, tile, x):
    """Section 8.1: u of one tile of an axis."""
    centre, half = (border[tile] + border[tile + 1]) / 2, (border[tile + 1] - border[tile]) / 2
    return (x - centre) / half
