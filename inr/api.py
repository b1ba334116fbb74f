"""The Python API: three lines, NumPy in and out.

    field = inr.fit("photo.png", time=30)
    inr.save(field, "photo.inr")
    inr.load("photo.inr").sample(scale=2)        # uint8 [2 H, 2 W, C]

Arrays work as files do; they need to say what they are:

    >>> import numpy as np
    >>> import inr
    >>> t = np.arange(2000) / 8000
    >>> tone = np.float32(0.5) * np.sin(2 * np.pi * 440 * t).astype(np.float32)
    >>> field = inr.fit(tone, kind="audio", rate_hz=8000, steps=300)
    >>> field.sample().shape
    (2000, 1)
    >>> field.evaluate(tone)["snr_db"] > 20
    True

So do scattered samples, in any units, and grids with holes (`mask=`):

    >>> at = np.random.default_rng(0).uniform(0, 50, (400, 2))                # (N, d), d = 1, 2, 3
    >>> depth = 1000 + 20 * np.sin(at[:, :1] / 9) * np.cos(at[:, 1:] / 7)     # (N, c)
    >>> field = inr.fit(coords=at, values=depth, steps=300)
    >>> field.sample(at[:5]).shape
    (5, 1)
    >>> field.evaluate(coords=at, values=depth)["psnr_db"] > 20
    True
"""

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inr import codec, evaluate, fields, reconstruct, signals
from inr.errors import FitError, SignalError, SpecError
from inr.fields import Field
from inr.specs import FitSpec, SignalSpec
from inr.views import View

if TYPE_CHECKING:
    from inr.fields import FieldModule


@dataclass(frozen=True)
class Fitted:
    """A signal as a network: what `fit` and `load` give.

    Attributes:
        field: the network with the weights that the file holds.
        signal: the grid, depth and rate of what it was fitted to.
        data: the bytes of the `.inr` file; empty where the format has no number for the activation.
        report: what the fit reported, with the keys of `inr fit --json`; empty after `load`.
    """

    field: Field
    signal: SignalSpec
    data: bytes
    report: dict[str, Any]

    def sample(
        self,
        scale: Any = None,
        *,
        coords: Any = None,
        size: tuple[int, int] | None = None,
        rate_hz: float | None = None,
        fps: float | None = None,
        at: float | None = None,
        span: tuple[int, int] | None = None,
    ) -> np.ndarray:
        """The signal's values on a grid, without arguments on the one it was fitted to; or at coordinates.

        Args:
            scale: density along every spatial axis (audio: along time).  An array is taken as `coords`.
            coords: points (..., d), slowest axis first, NumPy or torch: in [-1, 1], or for scattered data
                in the units that it was given in.  Outside the data the network only guesses.
            size: (width, height) of pictures and frames.
            rate_hz: samples a second, audio.
            fps: frames a second, video.
            at: one instant of a video, in seconds; gives one frame.
            span: only units span[0] .. span[1]-1 of the slowest axis of the new grid.

        Returns: on a grid the source's own type: uint8 or uint16 [H, W, C] or [T, H, W, C] for pictures
        and video, int16 or float32 [N, C] for audio, float64 [..., C] in its own units for scattered
        data.  At coordinates (..., c), neither clipped nor rounded: float32, [0, 1] for pictures and
        video, [-1, 1] for audio; float64 in its own units for scattered data.

        Raises:
            SpecError: the arguments do not fit the kind of signal.
            SignalError: a coordinate is NaN or infinite.
        """
        if coords is None and np.ndim(scale) > 0:
            scale, coords = None, scale
        grid = {"scale": scale, "size": size, "rate_hz": rate_hz, "fps": fps, "at": at, "span": span}
        given = [name for name, value in grid.items() if value is not None]
        if coords is not None:
            if given:
                raise SpecError(f"sample: coords and {given[0]} exclude each other; give one of them")
            return self._at(coords)
        timed = [name for name in given if name in ("rate_hz", "fps", "at")]
        if timed and self.signal.domain is not None:
            raise SpecError(f"sample: {timed[0]} does not apply to scattered data; give scale= or coords=")
        view = View.of(self.signal, **grid)
        parts = [self._native(b.values, view.grid) for b in view.blocks(self.field)]
        values = np.concatenate(parts)
        return values[0] if at is not None else values

    def _at(self, coords: Any) -> np.ndarray:
        x = np.asarray(coords.detach().cpu() if hasattr(coords, "detach") else coords, dtype=np.float64)
        dims = len(self.signal.shape)
        if x.ndim < 1 or x.shape[-1] != dims:
            raise SpecError(f"sample: coords of shape {x.shape} came; (..., {dims}) is needed")
        if not np.isfinite(x).all():
            raise SignalError("sample: coords hold NaN or infinity; finite numbers are needed")
        domain = self.signal.domain
        x = x if domain is None else domain.to_unit(np, x)
        output = fields.at_points(self.field, x.reshape(-1, dims))
        output = output.reshape(*x.shape[:-1], self.signal.channels)
        if domain is not None:
            return domain.values(np, output.astype(np.float64))
        return reconstruct.to_signal(output, self.signal.kind)

    def _native(self, values: np.ndarray, grid: SignalSpec) -> np.ndarray:
        """Signal units as `sample` gives them."""
        if grid.domain is None:
            return signals.from_float(values, grid)
        return grid.domain.values(np, reconstruct.to_field(values.astype(np.float64), grid.kind))

    def evaluate(
        self,
        reference: str | Path | np.ndarray | None = None,
        *,
        mask: Any = None,
        coords: Any = None,
        values: Any = None,
    ) -> dict[str, Any]:
        """PSNR, MSE and SSIM, or SNR, against the signal it was made from.

        Args:
            reference: a file, "sample:NAME", or an array.
            mask: bool, of the grid's shape; only samples where it is True count.
            coords: for scattered data instead: points (N, d) in its own units,
            values: and what was measured there, (N, c).  They need not be those of the fit.

        Returns: the keys of `inr eval --json`, without those of the file.  For scattered data
        `psnr_db` = 10 log10(1 / mse), `mse` of values scaled to the fitted ones' range [0, 1], and
        `rmse`, one number a channel in its own units.

        Raises:
            SpecError: the reference has another grid, or is of another kind than the field.
            SignalError: it cannot be read.
        """
        domain = self.signal.domain
        if domain is None:
            if reference is None or coords is not None or values is not None:
                raise SpecError(
                    f"evaluate: the field holds {self.signal.kind}; a file or an array of it is needed; "
                    "coords= and values= are for scattered data"
                )
            with _open(reference, self.signal.kind, self.signal.rate, mask) as reader:
                return evaluate.evaluate(self.field, self.signal, reader).to_json()
        if reference is not None or mask is not None or coords is None or values is None:
            raise SpecError(
                f"evaluate: the field was fitted to scattered data ({domain.described()}), which no picture, "
                "sound or clip is; in Python: inr.load(FILE).evaluate(coords=, values=)"
            )
        with signals.ScatteredReader(coords, values, domain=domain) as reader:
            measured = evaluate.evaluate(self.field, self.signal, reader).to_json()
            output = fields.at_points(self.field, reader.points().x).astype(np.float64)
        error = domain.values(np, output) - reader.given
        return measured | {"rmse": np.sqrt(np.square(error).mean(0)).tolist()}

    def module(self) -> "FieldModule":
        """The field as a `torch.nn.Module` with trainable parameters, for one's own loss or equations.

        `module(coords)` gives what `sample(coords)` gives, as torch tensors with gradients of any order;
        `from_module` makes a `Fitted` of it again.
        """
        return fields.FieldModule(self.field, self.signal)


def fit(
    source: str | Path | np.ndarray | None = None,
    *,
    kind: str | None = None,
    rate_hz: float | None = None,
    fps: float | None = None,
    mask: Any = None,
    coords: Any = None,
    values: Any = None,
    names: Sequence[str] = (),
    progress: Callable[[Any], None] | None = None,
    evaluated: bool = True,
    time: float | None = None,
    **options: Any,
) -> Fitted:
    """Fit a network to a signal.

    Args:
        source: a file, "sample:NAME", or an array: picture [H, W] or [H, W, C], audio [N] or
            [N, C], video [T, H, W, 3].
        kind: "image", "audio" or "video", for arrays.
        rate_hz: samples a second, for audio arrays.
        fps: frames a second, for video arrays.
        mask: bool, of the grid's shape without channels: samples where it is False are neither fitted
            nor counted in PSNR; they may be NaN.
        coords: scattered data instead of a source: (N, d) points in any units, d = 1 .. 3, slowest axis
            first, NumPy or torch.  They are mapped to [-1, 1] axis by axis; the file keeps the map.
        values: (N, c) values at these points, in any units.
        names: of the d axes and then of the c channels, to be kept in the file.
        progress: called with a `fitting.Progress` after every step.
        evaluated: measure the decoded file at the end.
        time: bound on the seconds of fitting; about 30 by default.
        options: the other fields of `FitSpec`: preset, profile, activation, params, max_size,
            target_psnr, steps, memory_bytes, seed, device.

    Raises:
        SpecError: an option is unknown or cannot be met.
        SignalError: the source cannot be read.
        FitError: the fit broke off, or `max_size` cannot be met.
    """
    from inr import fitting  # torch, a second and a half

    known = set(FitSpec.__dataclass_fields__) - {"time_s"}
    unknown = sorted(set(options) - known)
    if unknown:
        raise SpecError(f"fit: unknown options {unknown}; known are {sorted({'time', *known})}")
    started = clock.monotonic()
    request = FitSpec(time_s=time, **options)
    rate = rate_hz if rate_hz is not None else fps
    with _source(source, kind, rate, mask, coords, values, names) as reader:
        if isinstance(reader, signals.PointReader):
            request = _for_points(request)
        steps = fitting.run(request, reader, started=started, measure=evaluated)
        outcome = fitting.drive(steps, progress or (lambda record: None))
        if outcome.failure is not None:
            raise FitError(outcome.failure)
        report = fitting.report(outcome, request, len(outcome.coded.data), clock.monotonic() - started)
        if isinstance(reader, signals.ScatteredReader):
            report = _per_point(report, len(reader.points().x))
    return Fitted(outcome.coded.field, outcome.coded.signal, outcome.coded.data, report)


def save(fitted: Fitted, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the `.inr` file.

    Raises:
        SpecError: the file exists and `overwrite` is not set, the suffix is not `.inr`, or the format
            has no number for the activation.
    """
    if not fitted.data:
        raise SpecError(f"{path}: {codec.unwritable(fitted.field.spec.activation.name)}")
    if Path(path).suffix != ".inr":
        raise SpecError(
            f"{path}: a field is saved as .inr; to write a signal, use `sample` and your own writer"
        )
    codec.save(path, fitted.data, overwrite=overwrite)


def load(path: str | Path) -> Fitted:
    """Read a `.inr` file; it holds all that decoding needs.

    Raises:
        FormatError: the file is missing, damaged, or of a later version.
    """
    data = codec.read(path)
    decoded = codec.decode(data, where=str(path))
    return Fitted(decoded.field, decoded.signal, data, {})


def from_module(module: "FieldModule") -> Fitted:
    """A `Fitted` of a field's module as it is now, to be sampled and saved.

    Weights keep 22 bits or more; `inr export FILE.inr SMALL.inr --max-size` makes a smaller file.

    Args:
        module: what `Fitted.module` gave, trained further or not.

    Raises:
        SpecError: a parameter has become NaN or infinite.
    """
    return _in_full(module.field(), module.signal)


def import_siren(
    source: str | Path | Mapping[str, Any],
    *,
    signal: SignalSpec | tuple[int, int],
    omega: float = 30.0,
    omega_hidden: float | None = None,
    outermost: str | None = None,
    values: tuple[float, float] = (-1.0, 1.0),
    end_points: bool = False,
) -> Fitted:
    """A SIREN of another program as a `Fitted`, to be sampled, saved, viewed and exported.

        inr.save(inr.import_siren("siren.safetensors", signal=(512, 512)), "siren.inr")

    Known are the layouts of SIREN's notebook and training code, of torch.nn.Sequential, siren-pytorch
    and COIN (`inr/fields/siren.py` lists them).  Weights keep 22 bits or more.

    Args:
        source: a .safetensors file, or a state dict of arrays or tensors.  Pickles are never opened.
        signal: what the network stands for: the (height, width) of a picture of 8 bits, or a
            `inr.specs.SignalSpec` for another depth, for sound and for video.
        omega: ω of the first layer.
        omega_hidden: ω of the others; by default the same, and 1 for siren-pytorch's layout, as there.
        outermost: "linear" or "sine": what follows the last layer; by default what its name says.
        values: the network's outputs that stand for black and white (sound: for -1 and 1); SIREN's
            pictures have (-1, 1), COIN's (0, 1).
        end_points: the network was fitted on grids whose first and last sample lie at -1 and 1, as in
            SIREN's own code.  The first layer is scaled so that the samples of `signal`'s grid are those
            of that grid; coordinate x of the network is then x (n - 1)/n of `sample(coords)`.

    Raises:
        SpecError: the tensors are no SIREN, or do not belong to the signal.
        FormatError: the file is missing, damaged, or no safetensors file.
    """
    tensors = source if isinstance(source, Mapping) else codec.load_tensors(source)
    shape = signal.shape if isinstance(signal, SignalSpec) else tuple(int(n) for n in signal)
    # Sample i of n sits at -1 + 2 i/(n - 1) there, and at (2 i + 1)/n - 1 here.
    stretch = [n / max(1, n - 1) for n in shape] if end_points else []
    field = fields.siren_field(
        tensors, omega=omega, omega_hidden=omega_hidden, outermost=outermost, values=values, stretch=stretch
    )
    dims, channels = field.spec.dims, field.spec.channels
    if not isinstance(signal, SignalSpec):
        signal = SignalSpec("image", shape, channels, 8, signals.PICTURE_MODES.get(channels, ""))
    if (len(shape), signal.channels) != (dims, channels):
        raise SpecError(
            f"siren: the network takes {dims} coordinates and gives {channels} values, but {signal.kind} of "
            f"shape {shape} has {len(shape)} and {signal.channels}; give another signal="
        )
    return _in_full(field, signal)


def _in_full(field: Field, signal: SignalSpec) -> Fitted:
    """Coded with the finest steps that a file has."""
    if codec.unwritable(field.spec.activation.name):
        return Fitted(field, signal, b"", {})
    exponents = {name: codec.finest(tensor) for name, tensor in field.tensors.items()}
    data = codec.encode(field.spec, field.tensors, exponents, signal)
    return Fitted(codec.decode(data).field, signal, data, {})


def _source(
    source: str | Path | np.ndarray | None,
    kind: str | None,
    rate: float | None,
    mask: Any,
    coords: Any,
    values: Any,
    names: Sequence[str],
) -> signals.Reader:
    """A reader of a signal, or of scattered data."""
    if coords is None and values is None:
        if source is None:
            raise SpecError("fit: needs a file, an array, or coords= and values= of scattered data")
        if names:
            raise SpecError("fit: names= belong to scattered data; leave them out")
        return _open(source, kind, rate, mask)
    if coords is None or values is None:
        raise SpecError("fit: scattered data needs both coords= and values=")
    other = {"a source": source, "kind=": kind, "rate_hz= or fps=": rate, "mask=": mask}
    if given := [name for name, value in other.items() if value is not None]:
        raise SpecError(f"fit: {given[0]} does not go with coords= and values=; leave it out")
    return signals.ScatteredReader(coords, values, names=names)


def _open(
    source: str | Path | np.ndarray, kind: str | None, rate: float | Fraction | None, mask: Any
) -> signals.Reader:
    options: dict[str, Any] = {}
    if isinstance(source, np.ndarray):
        options = {"kind": kind} | {"audio": {"rate_hz": rate}, "video": {"fps": rate}}.get(kind or "", {})
    if mask is None:
        return signals.open_reader(source, **options)
    return signals.open_masked(source, mask, **options)


def _for_points(request: FitSpec) -> FitSpec:
    """Grids hold samples, and these are not all there."""
    if request.profile == "grids":
        raise SpecError("fit: profile='grids' needs all samples of a grid; leave profile out")
    return replace(request, profile="tiles") if request.profile == "auto" else request


def _per_point(report: dict[str, Any], points: int) -> dict[str, Any]:
    """What a report of scattered data says: its samples are the points, and it has no duration."""
    out = {key: value for key, value in report.items() if key != "bitrate_kbps"} | {"samples": points}
    if "size_bytes" in out:
        out["bits_per_sample"] = 8 * out["size_bytes"] / points
    return out
