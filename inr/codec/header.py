"""The header: a `SignalSpec` and a `FieldSpec` as a few bytes (FORMAT.md, section 4).

Numbers are varints; a field that usually has its default value costs one bit of a flags
byte.  Every spec has exactly one spelling, and any other spelling is an error.

The colour profile, the times of frames and the levels of cells are long, so they live in
sections of their own (`extras.py`); the header only knows `time_base` and the number of tiles.
"""

import math
from fractions import Fraction
from typing import cast

from inr.codec import limits
from inr.codec.numbers import (
    ACTIVATIONS,
    BASES,
    ENCODINGS,
    KINDS,
    MODES,
    RAF_FAMILY,
    name_of,
    number_of,
)
from inr.codec.varint import Bytes, varint
from inr.errors import FormatError, SpecError
from inr.specs import (
    AUDIO_FORMATS,
    AXES,
    IMAGE_MODES,
    ActivationSpec,
    EncodingSpec,
    FieldSpec,
    Kind,
    SignalSpec,
)

RATE, ASPECT, COLOUR, TIME_BASE = 4, 8, 16, 32  # flags beside the kind in the first byte
WHOLE = 64  # likewise: one tile without a margin; versions 1 and 2 spell tiles and margin out
SHARED, GAIN, ONE_OMEGA = 1, 2, 4  # flags beside the encoding
ENCODING_SHIFT = 3
PLAIN_ASPECT = Fraction(1)
PLAIN_COLOUR = (2, 2, 2, 0)


def pack(signal: SignalSpec, field: FieldSpec, *, early: bool = False) -> bytes:
    """The header's payload, that of versions 1 and 2 if `early`; `icc`, `pts` and `levels` are left out.

    Raises:
        SpecError: a limit is passed, the two specs do not fit, or a name has no number.
    """
    check(signal, field)
    whole = not early and field.tile_count == 1 and not any(field.margin)
    first, rest = _pack_signal(signal)
    return bytes([first + (WHOLE if whole else 0)]) + rest + _pack_field(field, whole=whole)


def unpack(data: bytes, *, early: bool = False) -> tuple[SignalSpec, FieldSpec]:
    """The inverse of `pack`; limits are checked before anything is built from them.

    Raises:
        FormatError: the bytes are no header in its one spelling, or pass a limit.
    """
    reader = Bytes(data, "header")
    try:
        signal = _unpack_signal(reader)
        field = _unpack_field(reader, signal, whole=bool(data[0] & WHOLE))
        reader.finish()
        check(signal, field)
        if pack(signal, field, early=early) != data:
            raise FormatError("header: a field that has its default value is spelt out; it must be left out")
    except SpecError as error:
        raise FormatError(f"header: {error}") from error
    return signal, field


def check(signal: SignalSpec, field: FieldSpec) -> None:
    """Hold two specs against the limits of FORMAT.md, section 9, and against each other.

    Raises:
        SpecError: the first limit that is passed.
    """
    frame = signal.samples // signal.shape[0] if signal.kind == "video" else signal.samples
    if signal.kind != "audio":
        _limit("pixels in a picture", frame, limits.PIXELS)
    _limit("samples", signal.samples, limits.SAMPLES)
    channels = limits.CHANNELS if signal.kind == "audio" else limits.PICTURE_CHANNELS
    _limit(f"{signal.kind} channels", signal.channels, channels)
    _limit("tiles", field.tile_count, limits.TILES)
    _check_mode(signal)
    for what, value in (("aspect", signal.aspect), ("rate", signal.rate), ("time_base", signal.time_base)):
        if value is not None and value <= 0:
            raise SpecError(f"signal: {what} must be > 0; got {value}")
    if field.encoding.shape and field.encoding.shape != signal.shape:
        raise SpecError(
            f"encoding {field.encoding.name}: has shape {field.encoding.shape}, the signal {signal.shape}; "
            "they must agree"
        )
    if field.dims != len(signal.shape) or field.channels != signal.channels:
        raise SpecError(
            f"field: has {field.dims} axes and {field.channels} channels, but the signal has "
            f"{len(signal.shape)} and {signal.channels}; a file needs a field made for its signal"
        )


def _limit(what: str, value: int, limit: int) -> None:
    if value > limit:
        raise SpecError(f"{what}: a file holds at most {limit}; got {value}")


def _check_mode(signal: SignalSpec) -> None:
    known = {"image": tuple(IMAGE_MODES), "audio": AUDIO_FORMATS, "video": ("RGB",)}[signal.kind]
    if signal.mode and signal.mode not in known:
        raise SpecError(
            f"signal: mode of {signal.kind} must be one of {', '.join(known)}; got {signal.mode!r}"
        )
    if signal.kind != "audio" and IMAGE_MODES.get(signal.mode, signal.channels) != signal.channels:
        raise SpecError(
            f"signal: mode {signal.mode} has {IMAGE_MODES[signal.mode]} channels; got {signal.channels}"
        )


def _pack_signal(signal: SignalSpec) -> tuple[int, bytes]:
    parts = [
        (RATE, signal.rate is not None, _fraction(signal.rate)),
        (ASPECT, signal.aspect != PLAIN_ASPECT, _fraction(signal.aspect)),
        (COLOUR, signal.colour != PLAIN_COLOUR, b"".join(map(varint, signal.colour))),
        (TIME_BASE, signal.time_base is not None, _fraction(signal.time_base)),
    ]
    first = number_of(KINDS, signal.kind, "signal kind") + sum(flag for flag, there, _ in parts if there)
    mode = number_of(MODES, signal.mode, "sample format")
    out = b"".join(map(varint, signal.shape)) + varint(mode)
    if _channels_are_stored(signal.kind, signal.mode):
        out += varint(signal.channels)
    return first, out + varint(signal.bits) + b"".join(data for _, there, data in parts if there)


def _unpack_signal(reader: Bytes) -> SignalSpec:
    first = reader.byte()
    kind = cast("Kind", name_of(KINDS, first & 3, "signal kind"))
    if first >= 2 * WHOLE:
        raise FormatError(
            f"header: flags {first:#04x} of the signal are not known; a newer inr may know them"
        )
    shape = tuple(reader.varint() for _ in range(AXES[kind]))
    mode = name_of(MODES, reader.varint(), "sample format")
    stored = _channels_are_stored(kind, mode)
    channels = reader.varint() if stored else IMAGE_MODES.get(mode, 0)
    bits = reader.varint()
    rate = _read_fraction(reader) if first & RATE else None
    aspect = _read_fraction(reader) if first & ASPECT else PLAIN_ASPECT
    colour = PLAIN_COLOUR
    if first & COLOUR:
        colour = (reader.varint(), reader.varint(), reader.varint(), reader.varint())
    time_base = _read_fraction(reader) if first & TIME_BASE else None
    return SignalSpec(kind, shape, channels, bits, mode, rate, aspect, colour, None, time_base, None)


def _channels_are_stored(kind: str, mode: str) -> bool:
    return kind == "audio" or not mode  # the mode of a picture implies them


def _fraction(value: Fraction | None) -> bytes:
    return varint(value.numerator) + varint(value.denominator) if value and value > 0 else b""


def _read_fraction(reader: Bytes) -> Fraction:
    top, bottom = reader.varint(), reader.varint()
    if not top or not bottom or math.gcd(top, bottom) != 1:
        raise FormatError(f"header: {top}/{bottom} is no positive fraction in lowest terms")
    return Fraction(top, bottom)


def _pack_field(field: FieldSpec, *, whole: bool) -> bytes:
    act, encoding = field.activation, field.encoding
    first = sum(
        flag
        for flag, there in (
            (SHARED, act.shared),
            (GAIN, field.gain),
            (ONE_OMEGA, act.omega_hidden == act.omega_first),
        )
        if there
    )
    first |= number_of(ENCODINGS, encoding.name, "encoding") << ENCODING_SHIFT
    division = () if whole else (*field.tiles, *field.margin)
    out = b"".join(map(varint, (*division, field.width, field.hidden, first)))
    if encoding.stored and encoding.base == EncodingSpec().base:
        out += varint(encoding.count)
    elif encoding.name == "fourier":
        out += varint(encoding.count) + varint(int(encoding.base * 16))
    elif encoding != EncodingSpec():
        raise SpecError(f"encoding {encoding.name}: has no base; got {encoding.base}")
    out += varint(number_of(ACTIVATIONS, act.name, "activation")) + _pack_bases(act)
    omegas = (act.omega_first,) if first & ONE_OMEGA else (act.omega_first, act.omega_hidden)
    return out + b"".join(varint(int(omega * 16)) for omega in omegas)


def _unpack_field(reader: Bytes, signal: SignalSpec, *, whole: bool) -> FieldSpec:
    dims = AXES[signal.kind]
    tiles = (1,) * dims if whole else tuple(reader.varint() for _ in range(dims))
    margin = (0,) * dims if whole else tuple(reader.varint() for _ in range(dims))
    width, hidden, first = reader.varint(), reader.varint(), reader.varint()
    encoding = _unpack_encoding(reader, first >> ENCODING_SHIFT, signal.shape)
    name = name_of(ACTIVATIONS, reader.varint(), "activation")
    bases = _unpack_bases(reader, name)
    omega_first = reader.varint() / 16
    omega_hidden = omega_first if first & ONE_OMEGA else reader.varint() / 16
    act = ActivationSpec(name, bases, omega_first, omega_hidden, bool(first & SHARED))
    return FieldSpec(dims, signal.channels, tiles, margin, width, hidden, encoding, act, bool(first & GAIN))


def _unpack_encoding(reader: Bytes, number: int, shape: tuple[int, ...]) -> EncodingSpec:
    name = name_of(ENCODINGS, number, "encoding")
    if name == "identity":
        return EncodingSpec()
    if name in ("grids", "lapped", "clips"):
        return EncodingSpec(name, reader.varint(), shape=shape)
    return EncodingSpec("fourier", reader.varint(), reader.varint() / 16)


def _pack_bases(act: ActivationSpec) -> bytes:
    """The bases as digits of 5 bits, the first one lowest; nothing outside the RAF family."""
    if act.name not in RAF_FAMILY:
        if act.bases:
            raise SpecError(f"activation {act.name}: has no bases to choose; got {', '.join(act.bases)}")
        return b""
    _limit(f"activation {act.name} bases", len(act.bases), limits.BASES)
    digits = [number_of(BASES, name, "basis") for name in act.bases]
    return varint(sum(digit << (5 * place) for place, digit in enumerate(digits)))


def _unpack_bases(reader: Bytes, name: str) -> tuple[str, ...]:
    if name not in RAF_FAMILY:
        return ()
    packed, bases = reader.varint(), []
    while packed:
        bases.append(name_of(BASES, packed & 31, "basis"))
        packed >>= 5
    return tuple(bases)
