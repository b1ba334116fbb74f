"""Sound that libsndfile does not know (M4A, AAC, WebM, the sound of an MP4), through PyAV.

It is decoded once and kept: compressed streams have no exact way to jump.  That bounds
the length: 512 MB of float32 is 49 minutes of 44.1 kHz stereo.
"""

import itertools
from bisect import bisect_right
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr.errors import SignalError
from inr.signals.audio import check_finite
from inr.signals.base import Reader, failures
from inr.signals.quiet import av_quiet
from inr.specs import SignalSpec

Array = np.ndarray
MAX_BYTES = 1 << 29
EXACT_CODECS = ("alac", "flac", "tta", "wavpack")


class ContainerSoundReader(Reader):
    """The first sound track of a container: float32, or int16 for exact 16-bit codecs."""

    def __init__(self, path: Path) -> None:
        with failures(path, "not a readable sound file", "convert it to WAV or FLAC"):
            av = av_quiet()
            with av.open(str(path)) as container:
                stream = container.streams.audio[0]
                rate_hz = stream.rate
                _check_length(path, container, stream)
                mode, bits = _mode(stream.codec_context)
                self._chunks = _decode(path, container, stream, np.int16 if mode == "PCM_16" else np.float32)
        self._starts = list(itertools.accumulate((len(chunk) for chunk in self._chunks), initial=0))
        if self._starts[-1] == 0:
            raise SignalError(f"{path}: no samples; at least one sample is needed; convert it again")
        spec = SignalSpec(
            "audio",
            (self._starts[-1],),
            self._chunks[0].shape[1],
            bits=bits,
            mode=mode,
            rate=Fraction(rate_hz),
        )
        super().__init__(str(path), spec)

    def _read(self, start: int, stop: int) -> Array:
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, max(start, stop - 1))
        chunks = np.concatenate(self._chunks[first:last] or self._chunks[:1])
        offset = self._starts[min(first, len(self._chunks) - 1)]
        block = chunks[start - offset : stop - offset].copy()
        check_finite(self.source, block, start)
        return block


def _check_length(path: Path, container: Any, stream: Any) -> None:  # noqa: ANN401 - av types
    """Refuse by the declared duration, before decoding."""
    seconds = float(container.duration or 0) / 1e6
    size = seconds * stream.rate * stream.channels * 4
    if size > MAX_BYTES:
        raise _too_long(path, f"{seconds:.0f} s of {stream.channels} channels")


def _too_long(path: Path, what: str) -> SignalError:
    return SignalError(
        f"{path}: {what} would take more than {MAX_BYTES >> 20} MiB decoded; "
        "convert it to WAV or FLAC, which are read piece by piece"
    )


def _mode(codec: Any) -> tuple[str, int]:  # noqa: ANN401 - av types
    """Sample format to write back, and bits: exact codecs keep theirs, the rest is LOSSY."""
    exact = codec.name.startswith(("pcm_s", "pcm_f")) or codec.name in EXACT_CODECS
    layout = codec.format.name.removesuffix("p") if codec.format is not None else ""
    known = {"s16": ("PCM_16", 16), "s32": ("PCM_24", 24), "flt": ("FLOAT", 32), "dbl": ("DOUBLE", 64)}
    if codec.name.startswith("pcm_s32"):
        return "PCM_32", 32
    return known.get(layout, ("LOSSY", 16)) if exact else ("LOSSY", 16)


def _decode(path: Path, container: Any, stream: Any, dtype: type) -> list[Array]:  # noqa: ANN401 - av types
    """All frames as chunks of shape [n, C]."""
    av = av_quiet()
    resampler: Any = None
    chunks: list[Array] = []
    size = 0
    for frame in itertools.chain(container.decode(stream), [None]):
        if resampler is None:
            if frame is None:
                break
            resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=frame.sample_rate)
        for part in resampler.resample(frame):
            values = np.ascontiguousarray(part.to_ndarray().T)  # [n, C]
            size += values.nbytes
            if size > MAX_BYTES:
                raise _too_long(path, "this sound")
            chunks.append(np.rint(values * 32768.0).astype(np.int16) if dtype is np.int16 else values)
    return [chunk for chunk in chunks if len(chunk)]
