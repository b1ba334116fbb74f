"""What a comparison keeps so that it can go on, and so that figures can be drawn at its end.

Rows, searches and curves are lines of the journal; the weights of each activation's first seed lie
beside it as NAME-ACTIVATION.f32: the tensors of `fields.tensor_shapes`, in that order, little-endian.
Without a folder all of it is in memory.
"""

import math
from typing import Any

import numpy as np

from inr import fields
from inr.bench.compare_fit import Curve, Trained
from inr.bench.compare_search import Found
from inr.bench.journal import Journal, Row
from inr.bench.rd_figure import file_name
from inr.fields import Field
from inr.files import write_bytes
from inr.specs import FieldSpec


class Store:
    """The memory of one comparison.

    Args:
        journal: where lines go; None keeps nothing on the disk.
        signal: what tells the signal's content from all others.
        name: of the files.
    """

    def __init__(self, journal: Journal | None, signal: str, name: str) -> None:
        self.name = name
        self._journal, self._signal = journal, signal
        self._held: dict[str, Row] = {}
        self._fields: dict[str, Field] = {}

    def row(self, activation: str, seed: int) -> Row | None:
        """The finished row of a fit."""
        return self._find(activation, seed)

    def search(self, activation: str) -> Found | None:
        """What a finished search found."""
        kept = self._find(activation, "search")
        return None if kept is None else Found.from_json(kept)

    def curve(self, activation: str, seed: int) -> Curve:
        """Steps, seconds and dB of a finished fit; empty where it has none."""
        kept = self._find(activation, [seed, "curve"])
        return () if kept is None else tuple((int(s), float(t), float(db)) for s, t, db in kept["points"])

    def keep_search(self, activation: str, found: Found) -> None:
        """Write the end of a search."""
        self._add(activation, "search", found.to_json())

    def keep(self, row: Row, trained: Trained) -> None:
        """Write a finished fit; its row comes last, so that a row has all that belongs to it."""
        activation, seed = row["activation"], row["seed"]
        if seed == 0:
            self._keep_field(activation, trained.field)
        self._add(activation, [seed, "curve"], {"points": [list(point) for point in trained.curve]})
        self._add(activation, seed, row)

    def field(self, activation: str) -> Field | None:
        """The fitted field of the first seed; None where its file is gone or no longer fits."""
        if activation in self._fields:
            return self._fields[activation]
        kept = self._find(activation, "field")
        if kept is None or self._journal is None:
            return None
        spec = FieldSpec.from_json(kept)
        shapes = fields.tensor_shapes(spec)
        try:
            numbers = np.frombuffer(self._path(activation).read_bytes(), dtype="<f4")
        except (OSError, ValueError):
            return None
        sizes = [math.prod(shape) for shape in shapes.values()]
        if len(numbers) != sum(sizes):
            return None
        parts = np.split(numbers, np.cumsum(sizes)[:-1])
        named = zip(shapes.items(), parts, strict=True)
        return Field(spec, {name: part.reshape(shape).astype(np.float32) for (name, shape), part in named})

    def _keep_field(self, activation: str, field: Field) -> None:
        self._fields[activation] = field
        if self._journal is not None:
            numbers = np.concatenate([field.tensors[n].ravel() for n in fields.tensor_shapes(field.spec)])
            write_bytes(self._path(activation), numbers.astype("<f4").tobytes())
            self._add(activation, "field", field.spec.to_json())

    def _path(self, activation: str) -> Any:
        assert self._journal is not None
        return self._journal.path.with_name(f"{self.name}-{file_name(activation)}.f32")

    def _add(self, activation: str, what: object, row: Row) -> None:
        if self._journal is not None:
            self._journal.add([self._signal, activation, what], row)
        else:
            self._held[repr((activation, what))] = row

    def _find(self, activation: str, what: object) -> Row | None:
        if self._journal is not None:
            return self._journal.find([self._signal, activation, what])
        return self._held.get(repr((activation, what)))
