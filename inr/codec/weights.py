"""All tensors of a field as one stream of the range coder (FORMAT.md, section 7).

First a row for each tensor (its model, its step, its centre), then the integers of each
tensor, minus its centre.  Rows are predicted from the last tensor of the same role (the
last part of its name: weight, bias, amplitude ...), which is usually the layer before.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec import limits, models
from inr.codec.choose import ZERO, Choice, choose
from inr.codec.entropy import Reader, Writer
from inr.errors import FormatError

Array = np.ndarray
Shapes = Mapping[str, tuple[int, ...]]

KIND_BITS = 3
CENTRED = 2  # kinds: 0 zero, 1 Laplace, 2 Gauss; 3 and 4 the same with a centre
KINDS = 5
OCTAVE = 4  # scale indices to a factor of 2
FIRST_K, FIRST_INDEX = 8, 32  # what the first tensor of a role is predicted to have: spread 2^-5
K_MODEL = models.model(models.LAPLACE, 24)  # differences from the predictions: mean 2 for k,
INDEX_MODEL = models.model(models.LAPLACE, 26)  # and about 3 for the scale index


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


def write(integers: Mapping[str, Array], exponents: Mapping[str, int]) -> bytes:
    """The stream of these integers, with the models that make it shortest."""
    rows, zeros = {}, 0
    for name, q in integers.items():
        choice = choose(q)
        zeros += q.size if choice == ZERO else 0
        if choice == ZERO and zeros > limits.ZEROS:
            choice, zeros = Choice(models.LAPLACE, 0, 0), zeros - q.size
        rows[name] = Row(exponents[name], choice)
    return _write(rows, integers)


def read(data: bytes, shapes: Shapes) -> Content:
    """The inverse of `write`.

    Raises:
        FormatError: the stream is damaged, too short for the shapes, or not exactly used up.
    """
    reader, prediction = Reader(data), _Prediction()
    rows, integers, bits = {}, {}, {}
    for name in shapes:
        before = reader.bits
        rows[name] = _read_row(reader, name, prediction)
        bits[name] = reader.bits - before
    _check_claims(rows, shapes, len(data))
    for name, shape in shapes.items():
        before = reader.bits
        integers[name] = _read_tensor(reader, rows[name].choice, shape, name)
        bits[name] += reader.bits - before
    # Too long, too short, otherwise sealed: only the encoder's own bytes pass.
    if _write(rows, integers) != data:
        raise FormatError("weights: the stream does not end where its last integer ends; the file is damaged")
    return Content(rows, integers, bits)


class _Prediction:
    """What a tensor's row will be, from the last tensor of its role."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

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
        return self._last.get(_role(name), (FIRST_K, FIRST_INDEX))


def _role(name: str) -> str:
    return name.rpartition(".")[2]


def _write(rows: Mapping[str, Row], integers: Mapping[str, Array]) -> bytes:
    writer, prediction = Writer(), _Prediction()
    for name, row in rows.items():
        _write_row(writer, row, prediction.k(name), prediction.index(name, row.k))
        prediction.learn(name, row)
    for name, row in rows.items():
        if row.choice.family:
            centred = integers[name].reshape(-1) - np.int32(row.choice.centre)
            writer.values(centred, models.model(row.choice.family, row.choice.index))
    return writer.getvalue()


def _write_row(writer: Writer, row: Row, k: int, index: int) -> None:
    """Write a row, given its predicted step and scale."""
    choice = row.choice
    writer.raw(choice.family + (CENTRED if choice.centre else 0), KIND_BITS)
    writer.values(np.array([row.k - k]), K_MODEL)
    if choice.family:
        writer.values(np.array([choice.index - index]), INDEX_MODEL)
    if choice.centre:
        writer.raw(int(choice.centre < 0), 1)
        writer.gamma(abs(choice.centre) - 1)


def _read_row(reader: Reader, name: str, prediction: _Prediction) -> Row:
    kind = int(reader.raw(1, KIND_BITS)[0])
    if kind >= KINDS:
        raise FormatError(
            f"{name}: model kind {kind} is not known here; the file needs a newer inr, or is damaged"
        )
    k = prediction.k(name) + int(reader.values(1, K_MODEL)[0])
    family = kind - CENTRED if kind > CENTRED else kind
    index = prediction.index(name, k) + int(reader.values(1, INDEX_MODEL)[0]) if family else 0
    centre = 0
    if kind > CENTRED:
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
