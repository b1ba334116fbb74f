"""A field to the bytes of a `.inr` file, and back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inr import fields, files
from inr.codec import clips, container, extras, grids, header, limits, units, weights
from inr.codec.clips import Clip
from inr.codec.grids import STEP_BITS, Grids
from inr.codec.quantise import dequantise, quantise
from inr.errors import FormatError, SpecError
from inr.specs import FieldSpec, SignalSpec

Array = np.ndarray


@dataclass(frozen=True)
class Decoded:
    """What a `.inr` file holds.

    Attributes:
        field: the network, float32, the same bits on every machine.
        signal: what it stands for.
        version: of the format.
        sections: (type, bytes in the file) in file order; magic, version and checksum are not in it.
        tensor_bits: code length of each tensor with its row; of a clip, of each group.
        exponents: the k of each tensor; its step is 2^-k.  Those of section `G` have none.
        grids: what section `G` holds, where there is one.
    """

    field: fields.Field
    signal: SignalSpec
    version: int
    sections: list[tuple[str, int]]
    tensor_bits: dict[str, float]
    exponents: dict[str, int]
    grids: Grids | Clip | None = None

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """Shape of all that `tensor_bits` counts: the tensors, and the groups of a clip."""
        shapes = {name: tensor.shape for name, tensor in self.field.tensors.items()}
        if isinstance(self.grids, Clip):
            frame = (*self.signal.shape[1:], self.signal.channels)
            shapes |= {f"group {i + 1}": (n, *frame) for i, n in enumerate(self.grids.lengths)}
        return shapes

    def step_of(self, name: str) -> str:
        """A tensor's step, as people read it."""
        if name in self.exponents or self.grids is None:
            return f"2^{-self.exponents[name]}"
        return f"{self.grids.step * 2.0**-STEP_BITS:.5f}"


def encode(
    field_spec: FieldSpec,
    tensors: Mapping[str, Array],
    exponents: Mapping[str, int],
    signal: SignalSpec,
    pyramid: Grids | Clip | None = None,
) -> bytes:
    """Quantise a field's tensors and write it all as one file.

    Args:
        field_spec: the architecture.
        tensors: float32 arrays, those of `fields.tensor_shapes(field_spec)`.
        exponents: k for each tensor; its step is 2^-k.
        signal: what the field was fitted to.
        pyramid: the integers of the grids, where the field's encoding has some; their tensors are not read.
            Of a clip, its groups.

    Raises:
        SpecError: something has no place in a file: an activation without a number, a limit
            passed, a weight too large for its step, tensors that do not fit the spec.
    """
    head = header.pack(signal, field_spec)
    shapes = _shapes(field_spec)
    above = _in_grids(shapes)
    if not _belongs(pyramid, field_spec, above):
        raise SpecError("file: grids are needed for a field whose encoding has some, and only for it")
    values = pyramid.values() if isinstance(pyramid, Grids) else {}
    field = fields.Field(field_spec, {**tensors, **values}, pyramid if isinstance(pyramid, Clip) else None)
    shapes = {name: shape for name, shape in shapes.items() if name not in above}
    missing = [name for name in shapes if name not in exponents]
    if missing:
        raise SpecError(f"exponents: none given for {missing[:3]}; every tensor needs one")
    integers = {name: quantise(field.tensors[name], exponents[name], name=name) for name in shapes}
    sections = [(container.HEADER, head)]
    if field_spec.levels:
        sections.append((container.DIVISION, extras.pack_levels(field_spec.levels)))
    if signal.pts is not None:
        sections.append((container.TIMES, extras.pack_pts(signal.pts)))
    if pyramid is not None:
        data = clips.write(pyramid) if isinstance(pyramid, Clip) else grids.write(pyramid)
        sections.append((container.GRIDS, data))
    if signal.icc is not None:
        sections.append((container.PROFILE, extras.pack_icc(signal.icc)))
    if signal.domain is not None:
        sections.append((container.UNITS, units.pack_domain(signal.domain)))
    return container.pack([*sections, (container.WEIGHTS, weights.write(integers, exponents))])


def decode(data: bytes, *, where: str = "data") -> Decoded:
    """Read the bytes of a `.inr` file.

    Args:
        data: the whole file.
        where: what errors call it, usually a path.

    Raises:
        FormatError: for any bytes that `encode` could not have written.
    """
    try:
        return _decode(bytes(data))
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error


def save(path: str | Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file, whole or not at all.

    Raises:
        SpecError: it exists and `overwrite` is false, or it cannot be written.
    """
    if not overwrite and Path(path).exists():
        raise SpecError(f"{path}: exists already; choose another name, or allow overwriting (--force)")
    try:
        files.write_bytes(path, data)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def load(path: str | Path) -> Decoded:
    """Read and decode a `.inr` file.

    Raises:
        FormatError: it is missing, no regular file, or no valid `.inr` file.
    """
    return decode(read(path), where=str(path))


def read(path: str | Path) -> bytes:
    """The bytes of a `.inr` file, not looked into yet.

    Raises:
        FormatError: it is missing, no regular file, or empty.
    """
    place = Path(path)
    try:
        if place.exists() and not place.is_file():
            raise FormatError(f"{path}: is no regular file; give the path of a .inr file")
        data = place.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"{path}: cannot be read ({reason}); give the path of a .inr file") from error
    if not data:
        raise FormatError(f"{path}: is empty; copy or export it again")
    return data


def _decode(data: bytes) -> Decoded:
    sections, early = container.unpack(data), container.is_early(data)
    payload = {section.type: section.payload for section in sections}
    signal, spec = header.unpack(payload[container.HEADER], early=early)
    try:
        shapes = _shapes(spec)
        if container.DIVISION in payload:
            levels = extras.unpack_levels(payload[container.DIVISION], spec.tiles[0])
            spec = replace(spec, levels=levels)
        if container.TIMES in payload:
            signal = replace(signal, pts=extras.unpack_pts(payload[container.TIMES], signal.shape[0]))
    except SpecError as error:
        raise FormatError(f"header: {error}") from error
    if container.PROFILE in payload:
        signal = replace(signal, icc=extras.unpack_icc(payload[container.PROFILE]))
    if container.UNITS in payload:
        domain = units.unpack_domain(payload[container.UNITS], len(signal.shape), signal.channels)
        signal = replace(signal, domain=domain)
    above = _in_grids(shapes)
    if spec.encoding.stored != (container.GRIDS in payload):
        raise FormatError("header: an encoding by grids and section G belong together; one is missing")
    content = weights.read(
        payload[container.WEIGHTS],
        {name: s for name, s in shapes.items() if name not in above},
        early=early,
    )
    exponents = {name: row.k for name, row in content.rows.items()}
    tensors = {name: dequantise(q, exponents[name]) for name, q in content.integers.items()}
    bits, held = content.bits, None
    if spec.encoding.name == "clips":
        held = clips.read(payload[container.GRIDS], spec.encoding, spec.channels, early=early)
        bits |= {f"group {i + 1}": 8.0 * len(stream) for i, stream in enumerate(held.streams)}
    elif above:
        held, more = grids.read(payload[container.GRIDS], above, early=early)
        tensors, bits = tensors | held.values(), bits | more
    return Decoded(
        field=fields.Field(spec, tensors, held if isinstance(held, Clip) else None),
        signal=signal,
        version=data[len(container.MAGIC)],
        sections=[(section.type, section.size_bytes) for section in sections],
        tensor_bits=bits,
        exponents=exponents,
        grids=held,
    )


def _belongs(pyramid: Grids | Clip | None, spec: FieldSpec, above: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether this is what section `G` of a field with these tensors in it has to hold."""
    if isinstance(pyramid, Clip):
        return (pyramid.encoding, pyramid.channels) == (spec.encoding, spec.channels)
    held = {} if pyramid is None else pyramid.integers
    return spec.encoding.name != "clips" and held.keys() == above.keys()


def _in_grids(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The tensors that section `G` holds; the coarsest grid is small and stands with the weights."""
    return {name: s for name, s in shapes.items() if name.startswith("grid.") and name != fields.LOW}


def _shapes(spec: FieldSpec) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors, in stored order.

    Raises:
        SpecError: there are too many parameters, or the activation's bases are impossible.
    """
    shapes = fields.tensor_shapes(spec)
    params = sum(math.prod(shape) for shape in shapes.values())
    if params > limits.PARAMS:
        raise SpecError(f"field: has {params} parameters; a file holds at most {limits.PARAMS}")
    return shapes
