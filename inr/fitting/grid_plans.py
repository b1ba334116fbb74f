"""Who is fitted by grids, and with which field."""

import math
from dataclasses import replace

from inr import codec, fields
from inr.errors import SpecError
from inr.fitting.optimisers import Rates
from inr.fitting.prepare import pick_device
from inr.fitting.presets import SECONDS, Plan
from inr.fitting.pyramid import BATCH, RATE
from inr.specs import EncodingSpec, FieldSpec, FitSpec, SignalSpec

OMEGA = 2.0
# Bytes from which an MLP of this width pays; to a sound it adds 0.1 dB, to a clip 0.1 to 0.3 dB.
WIDTHS = {
    "image": ((8000, 16), (4000, 12), (2000, 8), (0, 4)),
    "audio": ((8000, 8), (0, 4)),
    "video": ((8000, 8), (0, 4)),
}
ORDER = 9  # until the sound has been heard
FROM_BYTES = {"image": 1000, "audio": 400, "video": 4000}
LEAST_SIDE, LEAST_SOUND = 8, 64
COPIES = 16  # of the signal, or of a frame, as float32: coefficients, integers, planes and their gradients
CLIP_SECONDS, CLIP_START = 4e-7, 8.0  # that a value of a clip takes, from first look to file; that any takes
PATIENCE = 2.0  # times the seconds of a preset that a clip may take


def takes(request: FitSpec, signal: SignalSpec) -> bool:
    """Whether a request is fitted by grids: asked for, or under "auto" a signal that can be.

    At equal bytes and time grids were ahead of tiles and of one network at every size from FROM_BYTES up
    (data/baselines/README.md).  Who asks for a number of parameters or for a GPU gets tiles, and so does a
    clip that is too long for one look at all of it in the time there is.
    """
    if request.profile != "auto":
        return request.profile == "grids"
    if signal.kind == "video" and request.steps is None:
        seconds = request.time_s or PATIENCE * SECONDS[request.preset]
        if clip_seconds(signal) > seconds:
            return False
    tiny = request.target_psnr is None and (request.max_size or math.inf) < FROM_BYTES[signal.kind]
    tiles = tiny or request.params is not None or pick_device(request.device) != "cpu"
    return not tiles and not _hindrance(request, signal)


def make_plan(request: FitSpec, signal: SignalSpec) -> Plan:
    """The field and its reasons.

    Raises:
        SpecError: as for `fit_grids`.
    """
    if request.params is not None:
        raise SpecError("--params: grids have as many numbers as the signal; bound them by --max-size")
    hindrance = _hindrance(request, signal)
    if hindrance:
        raise SpecError(f"--profile grids: {hindrance}; use --profile tiles")
    size = request.max_size or 1 << 30
    width = next(w for least, w in WIDTHS[signal.kind] if size >= least)
    act = replace(fields.activation(request.activation).default, omega_first=OMEGA, omega_hidden=OMEGA)
    if signal.kind == "image":
        levels = fields.most_levels(signal.shape)
        encoding, layers = EncodingSpec("grids", levels, shape=signal.shape), 1
        what = f"a pyramid of {levels} levels"
    elif signal.kind == "video":
        levels = fields.most_levels(signal.shape[1:])
        encoding, layers = EncodingSpec("clips", levels, shape=signal.shape), 1
        what = f"pyramids of {levels} levels in groups of frames, split in time too"
    else:
        encoding, layers = EncodingSpec("lapped", ORDER, shape=signal.shape), 0
        what = "windowed cosines, whose length is chosen by trial"
    dims = len(signal.shape)
    field = FieldSpec(dims, signal.channels, (1,) * dims, (0,) * dims, width, layers, encoding, act)
    reasons = (
        f"grids: {what}, and an MLP of width {width} that sees them",
        "other sizes: inr export FILE.inr SMALL.inr --max-size, in a fit of some seconds",
    )
    if signal.kind == "video":
        reasons = (reasons[0], f"one look at all frames takes about {clip_seconds(signal):.0f} s")
    seconds = None if request.steps else request.time_s or SECONDS[request.preset]
    return Plan(field, Rates(0.0, RATE, RATE), BATCH, seconds, request.steps, reasons)


def _hindrance(request: FitSpec, signal: SignalSpec) -> str:
    """Why a signal cannot be fitted by grids; empty where it can."""
    if signal.domain is not None:
        return "needs all samples of a grid; got scattered ones"
    if signal.kind == "image" and min(signal.shape) < LEAST_SIDE:
        return f"needs {LEAST_SIDE} pixels a side; got {signal.shape}"
    if signal.kind == "audio" and signal.samples < LEAST_SOUND:
        return f"needs {LEAST_SOUND} frames; got {signal.samples}"
    if signal.kind == "video" and min(signal.shape[1:]) < LEAST_SIDE:
        return f"needs {LEAST_SIDE} pixels a side; got {signal.shape[1:]}"
    at_once = signal.samples // (signal.shape[0] if signal.kind == "video" else 1)
    values = at_once * signal.channels
    bytes_ = COPIES * 4 * values
    if bytes_ > request.memory_bytes or values > codec.GRID_VALUES:
        return f"holds a signal of {values} values in {bytes_} bytes; got --memory {request.memory_bytes}"
    return codec.unwritable(request.activation)


def clip_seconds(signal: SignalSpec) -> float:
    """About how long a clip takes, on a core of the machine of the baselines."""
    return CLIP_START + CLIP_SECONDS * signal.samples * signal.channels
