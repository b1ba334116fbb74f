"""The nouns that every room knows: what a signal is and what a field is.

Both are frozen, checked when they are made, and go to JSON and back without loss.
They are plain data, so the codec can store them without knowing a reader or a trainer.

Shapes, for the whole package: N samples, D coordinate axes, C channels, K tiles,
H neurons of a layer, P basis functions of an activation.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self, cast

from inr.domain import Domain
from inr.errors import SpecError

Kind = Literal["image", "audio", "video"]
KINDS: tuple[Kind, ...] = ("image", "audio", "video")
AXES: dict[str, int] = {"image": 2, "audio": 1, "video": 3}
MOST_LEVEL = 15  # a cell is cut into 2^15 tiles at most
IMAGE_MODES = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
AUDIO_FORMATS = ("PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "LOSSY")


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise SpecError(message)


def _ints(values: list[int]) -> tuple[int, ...]:
    return tuple(int(v) for v in values)


def _plain(value: Any) -> Any:
    """Dataclasses to dicts, tuples to lists, fractions to "a/b", bytes to hex."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Fraction):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


Converters = dict[str, Callable[[Any], Any]]


class _Spec:
    """JSON both ways for a frozen dataclass; `_revived` makes values of what JSON cannot hold."""

    _revived: ClassVar[Converters] = {}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives the same spec back."""
        return _plain(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            SpecError: a key is unknown or missing, or a value is impossible.
        """
        _need(isinstance(data, dict), f"{cls.__name__}: needs a JSON object; got {type(data).__name__}")
        known = {f.name for f in dataclasses.fields(cast("Any", cls))}
        unknown = sorted(set(data) - known)
        _need(not unknown, f"{cls.__name__}: unknown keys {unknown}; known are {sorted(known)}")
        convert = cls._revived
        try:
            return cls(**{k: convert[k](v) if k in convert and v is not None else v for k, v in data.items()})
        except (TypeError, ValueError, ZeroDivisionError) as error:
            if isinstance(error, SpecError):
                raise
            raise SpecError(f"{cls.__name__}: {error}") from error


@dataclass(frozen=True)
class SignalSpec(_Spec):
    """All that decoding a signal needs to know, besides the field.

    Attributes:
        kind: "image", "audio" or "video".
        shape: grid lengths, slowest axis first: image (H, W), audio (N,), video (T, H, W).
        channels: C.  Images and videos hold values in [0, 1], audio in [-1, 1].
        bits: depth of the source per channel (1, 8, 10, 12, 16; audio also 24, 32, 64).
        mode: image: one of IMAGE_MODES; audio: one of AUDIO_FORMATS (the sample
            format to write back); video: "RGB".
        rate: audio: samples a second; video: frames a second.  None for images.
        aspect: video: width : height of one pixel.
        colour: video: (primaries, transfer, matrix, range) as numbered by ITU-T H.273,
            range 1 limited and 2 full; 2, 2, 2, 0 where the source does not say.
        pts: video whose frames are not evenly spaced: the time of each frame, in
            units of `time_base`, first frame 0, rising.
        time_base: seconds per unit of `pts`.
        icc: image: the colour profile, as it stood in the source.
        domain: of scattered data: its units.  `shape` is then a grid with about as many samples.
    """

    kind: Kind
    shape: tuple[int, ...]
    channels: int
    bits: int = 8
    mode: str = ""
    rate: Fraction | None = None
    aspect: Fraction = Fraction(1)
    colour: tuple[int, int, int, int] = (2, 2, 2, 0)
    pts: tuple[int, ...] | None = None
    time_base: Fraction | None = None
    icc: bytes | None = None
    domain: Domain | None = None

    def __post_init__(self) -> None:
        """Reject what no reader could have produced."""
        _need(self.kind in KINDS, f"signal: kind must be one of {', '.join(KINDS)}; got {self.kind!r}")
        _need(
            len(self.shape) == AXES[self.kind] and min(self.shape) >= 1,
            f"signal: {self.kind} needs {AXES[self.kind]} grid lengths >= 1; got {self.shape}",
        )
        _need(self.channels >= 1, f"signal: channels must be >= 1; got {self.channels}")
        _need(1 <= self.bits <= 64, f"signal: bits must be 1..64; got {self.bits}")
        _need(
            self.kind == "image" or (self.rate is not None and self.rate > 0),
            f"signal: {self.kind} needs a rate > 0; got {self.rate}",
        )
        _need(
            self.pts is None or (len(self.pts) == self.shape[0] and self.time_base is not None),
            "signal: pts must give one time a frame, with a time_base",
        )
        fits = self.domain is None or (len(self.domain.axes), len(self.domain.ranges)) == (
            len(self.shape),
            self.channels,
        )
        _need(fits, "signal: domain must have the axes of shape and as many ranges as channels")

    @property
    def samples(self) -> int:
        """Pixels, audio frames or voxels; channels are not counted."""
        return math.prod(self.shape)

    @property
    def seconds(self) -> float | None:
        """Duration of audio or video; None for an image."""
        if self.rate is None:
            return None
        if self.pts is not None and self.time_base is not None and len(self.pts) > 1:
            last = self.pts[-1] - self.pts[-2]
            return float((self.pts[-1] + last) * self.time_base)
        return float(self.shape[0] / self.rate)

    _revived: ClassVar[Converters] = {
        "shape": _ints,
        "rate": Fraction,
        "aspect": Fraction,
        "colour": _ints,
        "pts": _ints,
        "time_base": Fraction,
        "icc": bytes.fromhex,
        "domain": Domain.from_json,
    }


STORED = ("grids", "lapped", "clips")
ORDERS = range(5, 14)  # lapped windows have 2^5 .. 2^13 frequencies


@dataclass(frozen=True)
class EncodingSpec(_Spec):
    """What the MLP sees of a coordinate.

    `identity` passes it on.  `fourier` appends sin and cos of π · base^j · u for j = 0 .. count-1 on every
    axis (Mildenhall et al. 2020, NeRF, equation 4, with base 2; Strümpler et al. 2022 use 1.4); `base` is
    a multiple of 1/16.  `grids` looks it up in a pyramid of `count` levels over a grid of `shape`
    (fields/grids.py), `lapped` in cosines, 2^`count` a window, over a sound of `shape` (fields/lapped.py),
    `clips` in such pyramids with a wavelet in time, over a clip of `shape` (fields/clips.py).
    """

    name: Literal["identity", "fourier", "grids", "lapped", "clips"] = "identity"
    count: int = 0
    base: float = 2.0
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check names and ranges."""
        _need(
            self.name in ("identity", "fourier", *STORED),
            f"encoding: must be identity, fourier, grids, lapped or clips; got {self.name!r}",
        )
        _need(
            (self.count == 0) == (self.name == "identity") and 0 <= self.count <= 64,
            f"encoding {self.name}: count must be 1..64, and 0 for identity; got {self.count}",
        )
        self._check_shape()
        _need(
            1 <= self.base <= 8 and float(self.base * 16).is_integer(),
            f"encoding: base must be a multiple of 1/16 in 1..8; got {self.base}",
        )

    @property
    def stored(self) -> bool:
        """Whether it is made of numbers of its own, which a file holds beside the MLP's."""
        return self.name in STORED

    def _check_shape(self) -> None:
        shape, count, axes = self.shape, self.count, {"lapped": 1, "grids": 2, "clips": 3}.get(self.name, 0)
        fits, what = len(shape) == axes and min(shape, default=1) >= 1, f"{axes} lengths"
        if self.name == "lapped":
            fits, what = fits and count in ORDERS, what + ", and count 5..13"
        elif axes:
            fits, what = fits and min(shape[-2:]) >> count >= 1, what + ", the last two >= 2^count"
        _need(fits, f"encoding {self.name}: shape must be {what}; got {shape} and count {count}")

    _revived: ClassVar[Converters] = {"shape": _ints}


@dataclass(frozen=True)
class ActivationSpec(_Spec):
    """A named activation with the constants that are not trained.

    Attributes:
        name: a registered activation ("raf", "raf-image", "raf-audio", "sine", ...).
        bases: for the RAF family, the g_p in the order in which they are stored.
        omega_first: ω of the first layer; omega_hidden: ω of the other layers.  Both
            multiply the pre-activation before the trigonometric bases see it, and are
            multiples of 1/16 up to 4096, so that a file can hold them exactly.
        shared: tiles share the activation's trainable parameters (each neuron still
            has its own); else every tile has its own set.
    """

    name: str = "raf"
    bases: tuple[str, ...] = ()
    omega_first: float = 30.0
    omega_hidden: float = 30.0
    shared: bool = True

    def __post_init__(self) -> None:
        """Check that both ω can be stored exactly."""
        for omega in (self.omega_first, self.omega_hidden):
            _need(
                0 < omega <= 4096 and float(omega * 16).is_integer(),
                f"activation {self.name}: omega must be a multiple of 1/16 in (0, 4096]; got {omega}",
            )

    _revived: ClassVar[Converters] = {"bases": tuple}


@dataclass(frozen=True)
class FieldSpec(_Spec):
    """A coordinate network: encoding, layout, MLP, activation.

    Attributes:
        dims: D, the number of coordinate axes.
        channels: C, the number of values at a point.
        tiles: tiles along each axis, slowest first; all 1 for the `single` layout.
        margin: by how much of its own width a tile reaches into each neighbour, per
            axis, in 64ths (8 is 1/8 of a cell).  Neighbours are blended there.
        width: H, neurons of every hidden layer.
        hidden: hidden-to-hidden layers after the first one.
        gain: tiles carry a trainable output gain per channel.
        levels: the slowest axis has len(levels) cells, and cell i is cut into 2^levels[i] tiles;
            empty where every cell is one tile.
    """

    dims: int
    channels: int
    tiles: tuple[int, ...]
    margin: tuple[int, ...]
    width: int
    hidden: int
    encoding: EncodingSpec = EncodingSpec()
    activation: ActivationSpec = ActivationSpec()
    gain: bool = False
    levels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check counts and ranges."""
        _need(1 <= self.dims <= 3, f"field: dims must be 1..3; got {self.dims}")
        _need(self.channels >= 1, f"field: channels must be >= 1; got {self.channels}")
        _need(
            len(self.tiles) == self.dims and min(self.tiles) >= 1,
            f"field: tiles needs {self.dims} counts >= 1; got {self.tiles}",
        )
        _need(
            len(self.margin) == self.dims and all(0 <= m <= 31 for m in self.margin),
            f"field: margin needs {self.dims} values of 0..31 (64ths of a tile); got {self.margin}",
        )
        _need(
            all(isinstance(v, int) for v in (self.dims, self.channels, self.width, self.hidden)),
            "field: dims, channels, width and hidden must be whole numbers",
        )
        _need(
            isinstance(self.encoding, EncodingSpec) and isinstance(self.activation, ActivationSpec),
            "field: encoding and activation must be given as specs",
        )
        self._check_levels()
        _need(
            not self.encoding.stored
            or (self.dims == len(self.encoding.shape) and self.tile_count == 1 and not self.gain),
            f"field: {self.encoding.name} needs as many axes as its grid, one tile and no gain",
        )
        _need(1 <= self.width <= 4096, f"field: width must be 1..4096; got {self.width}")
        _need(0 <= self.hidden <= 64, f"field: hidden must be 0..64; got {self.hidden}")

    def _check_levels(self) -> None:
        _need(
            isinstance(self.levels, tuple),
            f"field: levels needs a tuple, empty or with one number a cell; got {self.levels!r}",
        )
        if not self.levels:
            return
        wrong = [v for v in self.levels if not isinstance(v, int) or not 0 <= v <= MOST_LEVEL]
        _need(not wrong, f"field: levels must be whole numbers of 0..{MOST_LEVEL}; got {wrong[:3]}")
        made, tiles = sum(2**v for v in self.levels), self.tiles[0]
        _need(made == tiles, f"field: levels make {made} tiles, but the slowest axis must have {tiles}")
        _need(any(self.levels), "field: levels that are all 0 cut nothing; leave them empty")

    @property
    def layout(self) -> str:
        """`single` (one MLP), `tiles`, or `grids` by the encoding."""
        if self.encoding.stored:
            return "grids"
        return "single" if self.tile_count == 1 else "tiles"

    @property
    def tile_count(self) -> int:
        """K."""
        return math.prod(self.tiles)

    _revived: ClassVar[Converters] = {
        "tiles": _ints,
        "margin": _ints,
        "levels": _ints,
        "encoding": EncodingSpec.from_json,
        "activation": ActivationSpec.from_json,
    }


PRESETS = ("fast", "balanced", "small", "best")
PROFILES = ("auto", "single", "tiles", "grids")


@dataclass(frozen=True)
class FitSpec(_Spec):
    """What a person asks of a fit; everything left None is chosen from the signal.

    Attributes:
        preset: how much time to spend, where `time_s` and `steps` do not say.
        profile: layout of the field: "single", "tiles", "grids", or "auto".
        activation: a registered activation.
        params: bound on the trainable numbers of the field.
        max_size: bound on the file, in bytes.
        target_psnr: dB that the decoded file must reach (SNR for audio).
        time_s: bound on the seconds of fitting.  steps: exact number of optimiser steps.
        memory_bytes: bound on samples, weights, optimiser state and buffers together.
        seed: of start values and of the order of samples.
        device: "auto", "cpu" or "cuda".
    """

    preset: str = "balanced"
    profile: str = "auto"
    activation: str = "raf"
    params: int | None = None
    max_size: int | None = None
    target_psnr: float | None = None
    time_s: float | None = None
    steps: int | None = None
    memory_bytes: int = 1_000_000_000
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Check names and ranges."""
        _need(self.preset in PRESETS, f"--preset must be one of {', '.join(PRESETS)}; got {self.preset!r}")
        _need(
            self.profile in PROFILES, f"--profile must be one of {', '.join(PROFILES)}; got {self.profile!r}"
        )
        _need(
            self.device in ("auto", "cpu", "cuda"), f"--device must be auto, cpu or cuda; got {self.device!r}"
        )
        for name, least in (("params", 1), ("max_size", 1), ("steps", 1), ("memory_bytes", 32_000_000)):
            value = getattr(self, name)
            _need(
                value is None or value >= least,
                f"--{name.removesuffix('_bytes').replace('_', '-')} must be at least {least}; got {value}",
            )
        _need(
            self.time_s is None or 0 < self.time_s < math.inf,
            f"--time must be a positive number of seconds; got {self.time_s}",
        )
        _need(
            self.target_psnr is None or 0 < self.target_psnr < 200,
            f"--target-psnr must lie between 0 and 200 dB; got {self.target_psnr}",
        )
        _need(
            self.steps is None or self.time_s is None,
            "--time and --steps exclude each other; give one of them",
        )
        _need(0 <= self.seed < 2**32, f"--seed must be in 0 .. 2^32 - 1; got {self.seed}")
