"""All tensors of a field as one stream of the range coder (FORMAT.md, section 7).

First a row for each tensor (its model, its step, its centre), then the integers of each
tensor, minus its centre.  Rows are predicted from the last tensor of the same role (the
last part of its name: weight, bias, amplitude ...), which is usually the layer before.
Rows of files of versions 1 and 2, and of groups of frames in all of them, are called early.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec import limits, models
from inr.codec.choose import INDEX_MODEL, ZERO, Choice, choose
from inr.codec.entropy import Reader, Writer
from inr.errors import FormatError

Array = np.ndarray
Shapes = Mapping[str, tuple[int, ...]]

KIND_BITS, CENTRED = 2, 3  # kinds: 0 zero, 1 Laplace, 2 Gauss; 3 one of them with a centre, a bit says which
EARLY_KIND_BITS, EARLY_CENTRED, EARLY_KINDS = 3, 2, 5  # the same, but 3 and 4 with a centre
OCTAVE = 4  # scale indices to a factor of 2
FIRST_K, EARLY_K, FIRST_INDEX = 5, 8, 32  # what the first tensor of a role is predicted to have
K_MODEL = models.model(models.LAPLACE, 24)  # differences of k from the predictions: mean 2


@dataclass(frozen=True)
class Row:
    """What stands before a tensor's integers: the step is 2^-k, the model is `choice`."""

    k: int
    choice: Choice


@dataclass(frozen=True)
class Content:
    """Everything a weights section holds.

    Attributes:
        rows: one for each tensor, by name.
        integers: int32 arrays by name.
        bits: code length of each tensor with its row.
    """

    rows: dict[str, Row]
    integers: dict[str, Array]
    bits: dict[str, float]


def write(integers: Mapping[str, Array], exponents: Mapping[str, int], *, early: bool = False) -> bytes:
    """A stream of these integers alone, with the models that make it shortest."""
    writer = Writer()
    put(writer, integers, exponents, early=early)
    return writer.getvalue()


def read(data: bytes, shapes: Shapes, *, early: bool = False) -> Content:
    """The inverse of `write`.

    Raises:
        FormatError: the stream is damaged, too short for the shapes, or not exactly used up.
    """
    reader = Reader(data)
    content = take(reader, shapes, early=early)
    reader.finish("weights")
    return content


def put(
    writer: Writer, integers: Mapping[str, Array], exponents: Mapping[str, int], *, early: bool = False
) -> None:
    """The rows of all tensors, and their integers, to a stream that may go on after them."""
    rows, zeros, prediction = {}, 0, _Prediction(EARLY_K if early else FIRST_K)
    for name, q in integers.items():
        choice = choose(q, prediction.index(name, exponents[name]))
        zeros += q.size if choice == ZERO else 0
        if choice == ZERO and zeros > limits.ZEROS:
            choice, zeros = Choice(models.LAPLACE, 0, 0), zeros - q.size
        rows[name] = Row(exponents[name], choice)
        _write_row(writer, rows[name], name, prediction, early=early)
    for name, row in rows.items():
        if row.choice.family:
            centred = integers[name].reshape(-1) - np.int32(row.choice.centre)
            writer.values(centred, models.model(row.choice.family, row.choice.index))


def take(reader: Reader, shapes: Shapes, *, early: bool = False) -> Content:
    """The inverse of `put`.

    Raises:
        FormatError: the stream is damaged, or too short for the shapes.
    """
    prediction = _Prediction(EARLY_K if early else FIRST_K)
    rows, integers, bits = {}, {}, {}
    for name in shapes:
        before = reader.bits
        rows[name] = _read_row(reader, name, prediction, early=early)
        bits[name] = reader.bits - before
    _check_claims(rows, shapes, reader.size_bytes)
    for name, shape in shapes.items():
        before = reader.bits
        integers[name] = _read_tensor(reader, rows[name].choice, shape, name)
        bits[name] += reader.bits - before
    return Content(rows, integers, bits)


class _Prediction:
    """What a tensor's row will be, from the last tensor of its role."""

    def __init__(self, first_k: int) -> None:
        self._first, self._last = (first_k, FIRST_INDEX), dict[str, tuple[int, int]]()

    def k(self, name: str) -> int:
        """The same step."""
        return self._get(name)[0]

    def index(self, name: str, k: int) -> int:
        """The same spread of the weights: in integers, four indices more for each finer step."""
        last_k, last_index = self._get(name)
        return last_index + OCTAVE * (k - last_k)

    def learn(self, name: str, row: Row) -> None:
        """A zero tensor has no spread, so the one before it goes on."""
        index = row.choice.index if row.choice.family else self.index(name, row.k)
        self._last[_role(name)] = (row.k, index)

    def _get(self, name: str) -> tuple[int, int]:
        return self._last.get(_role(name), self._first)


def _role(name: str) -> str:
    return name.rpartition(".")[2]


def _write_row(writer: Writer, row: Row, name: str, prediction: _Prediction, *, early: bool) -> None:
    choice = row.choice
    if early:
        writer.raw(choice.family + (EARLY_CENTRED if choice.centre else 0), EARLY_KIND_BITS)
    else:
        writer.raw(CENTRED if choice.centre else choice.family, KIND_BITS)
        writer.raw(choice.family - 1, 1 if choice.centre else 0)
    writer.values(np.array([row.k - prediction.k(name)]), K_MODEL)
    if choice.family:
        writer.values(np.array([choice.index - prediction.index(name, row.k)]), INDEX_MODEL)
    if choice.centre:
        writer.raw(int(choice.centre < 0), 1)
        writer.gamma(abs(choice.centre) - 1)
    prediction.learn(name, row)


def _read_row(reader: Reader, name: str, prediction: _Prediction, *, early: bool) -> Row:
    family, centred = _read_kind(reader, name, early=early)
    k = prediction.k(name) + int(reader.values(1, K_MODEL)[0])
    index = prediction.index(name, k) + int(reader.values(1, INDEX_MODEL)[0]) if family else 0
    centre = 0
    if centred:
        sign = -1 if reader.raw(1, 1)[0] else 1
        centre = sign * (reader.gamma() + 1)
    low, high = limits.EXPONENTS
    if not low <= k <= high or (family and index not in models.indices(family)):
        raise FormatError(
            f"{name}: step exponent {k} with scale index {index} is out of range; the file is damaged"
        )
    if abs(centre) > limits.INTEGER:
        raise FormatError(f"{name}: centre {centre} is out of range; the file is damaged")
    row = Row(k, Choice(family, index, centre))
    prediction.learn(name, row)
    return row


def _read_kind(reader: Reader, name: str, *, early: bool) -> tuple[int, bool]:
    """Family, and whether there is a centre."""
    if not early:
        kind = int(reader.raw(1, KIND_BITS)[0])
        return (kind, False) if kind < CENTRED else (1 + int(reader.raw(1, 1)[0]), True)
    kind = int(reader.raw(1, EARLY_KIND_BITS)[0])
    if kind >= EARLY_KINDS:
        raise FormatError(f"{name}: model kind {kind} is not known; the file is damaged")
    return (kind - EARLY_CENTRED, True) if kind > EARLY_CENTRED else (kind, False)


def _check_claims(rows: Mapping[str, Row], shapes: Shapes, size_bytes: int) -> None:
    """Hold the number of weights against the bytes there are, before taking memory for them."""
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    zeros = sum(sizes[name] for name, row in rows.items() if row.choice == ZERO)
    if zeros > limits.ZEROS:
        raise FormatError(f"weights: {zeros} lie in zero tensors; at most {limits.ZEROS} may")
    coded = {name: row.choice for name, row in rows.items() if row.choice.family}
    least = sum(sizes[n] * _least_bits(models.model(c.family, c.index)) for n, c in coded.items())
    if least > 8 * size_bytes:
        raise FormatError(
            f"weights: the header promises {sum(sizes.values())}, which take {math.ceil(least / 8)} bytes "
            f"at least, but there are {size_bytes}; the file is damaged"
        )


def _least_bits(model: models.Model) -> float:
    return model.table.least_bits + model.shift


def _read_tensor(reader: Reader, choice: Choice, shape: tuple[int, ...], name: str) -> Array:
    if not choice.family:
        return np.zeros(shape, dtype=np.int32)
    model = models.model(choice.family, choice.index)
    q = reader.values(math.prod(shape), model) + choice.centre
    if max(int(q.max()), -int(q.min())) > limits.INTEGER:
        raise FormatError(f"{name}: an integer passes {limits.INTEGER}; the file is damaged")
    return q.astype(np.int32).reshape(shape)
