"""Sound to files: WAV, FLAC, AIFF, OGG and MP3, streamed through libsndfile.

Integer formats are handed over as int32, left-aligned.  libsndfile scales floats by
2^(b-1) - 1 on writing and by 2^-(b-1) on reading, so floats would not come back the same.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inr.errors import SpecError
from inr.signals.base import Writer, reason
from inr.signals.samples import PCM_BITS
from inr.specs import SignalSpec

if TYPE_CHECKING:
    import soundfile

Array = np.ndarray
FORMATS = {
    ".wav": "WAV", ".flac": "FLAC", ".aif": "AIFF", ".aiff": "AIFF", ".ogg": "OGG", ".mp3": "MP3",
}  # fmt: skip
CODECS = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}
# Where a format cannot hold a sample format, the nearest that it can.
INSTEAD = {
    "WAV": {"PCM_S8": "PCM_U8", "LOSSY": "PCM_16"},
    # libsndfile counts the byte that pads an odd number of 8-bit samples as one more.
    "AIFF": {"PCM_U8": "PCM_16", "PCM_S8": "PCM_16", "LOSSY": "PCM_16"},
    "FLAC": {
        "PCM_U8": "PCM_S8",
        "LOSSY": "PCM_16",
        "PCM_32": "PCM_24",
        "FLOAT": "PCM_24",
        "DOUBLE": "PCM_24",
    },
}
# A plain WAV counts bytes in 32 bits; beyond that it is written as RF64.
WAV_BYTES = (1 << 32) - (1 << 20)
# The Vorbis encoder puts a whole block on the stack: hand it small ones.
BLOCK_FRAMES = 1 << 14


class SoundWriter(Writer):
    """A sound file; blocks are runs of frames.

    Raises:
        SpecError: the format that the suffix names cannot hold the rate or the channels.
    """

    def __init__(self, path: Path, spec: SignalSpec) -> None:
        self._format = FORMATS[path.suffix.lower()]
        self._subtype = CODECS.get(self._format) or INSTEAD[self._format].get(spec.mode, spec.mode)
        self._rate_hz = _whole_rate(path, spec)
        if self._format == "WAV" and _size_bytes(spec) > WAV_BYTES:
            self._format = "RF64"
        _probe(path, self._format, self._subtype, self._rate_hz, spec.channels)
        super().__init__(path, spec, self._remarks(spec.mode))
        self._file: soundfile.SoundFile | None = None

    def _remarks(self, mode: str) -> tuple[str, ...]:
        if self._format in CODECS:
            return (f"{self._format} is lossy; write .wav or .flac to keep the samples",)
        if self._format == "FLAC" and self._subtype == "PCM_24" and mode != "PCM_24":
            return (f"FLAC holds 24 of the bits of {mode}; write .wav to keep them",)
        return ()

    def _start(self, temporary: Path) -> None:
        import soundfile

        self._file = soundfile.SoundFile(
            str(temporary), "w", self._rate_hz, self.spec.channels, self._subtype, format=self._format
        )

    def _put(self, block: Array) -> None:
        assert self._file is not None
        for start in range(0, len(block), BLOCK_FRAMES):
            self._file.write(self._convert(block[start : start + BLOCK_FRAMES]))

    def _convert(self, block: Array) -> Array:
        """To what libsndfile should get: floats as they are, integers left-aligned in int32."""
        if self._subtype in ("FLOAT", "DOUBLE"):
            return np.ascontiguousarray(block)
        if self._subtype in CODECS.values():
            unit = block / 32768.0 if block.dtype == np.int16 else block
            return np.clip(unit, -1.0, 1.0).astype(np.float32)
        if block.dtype == np.int16:
            return block.astype(np.int32) << 16
        bits = PCM_BITS[self._subtype]
        scale = 2.0 ** (bits - 1)
        levels = np.clip(np.rint(block.astype(np.float64) * scale), -scale, scale - 1)
        return levels.astype(np.int32) << (32 - bits)

    def _finish(self) -> None:
        assert self._file is not None
        self._file.close()

    def _abandon(self) -> None:
        if self._file is not None:
            self._file.close()


def _whole_rate(path: Path, spec: SignalSpec) -> int:
    rate = spec.rate
    if rate is None or rate.denominator != 1 or rate >= 1 << 31:
        raise SpecError(
            f"{path}: a rate of {rate} Hz; sound files need a whole number of Hz; choose another rate"
        )
    return int(rate)


def _size_bytes(spec: SignalSpec) -> int:
    return spec.samples * spec.channels * (spec.bits + 7) // 8


def _probe(path: Path, name: str, subtype: str, rate_hz: int, channels: int) -> None:
    """Open a file of this kind in memory: libsndfile knows best what it can write."""
    import io

    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(), "w", rate_hz, channels, subtype, format=name) as file:
            file.write(np.zeros((1, channels), dtype=np.float32))
    except Exception as error:
        raise SpecError(
            f"{path}: {name} cannot hold {channels} channels of {subtype} at {rate_hz} Hz "
            f"({getattr(error, 'error_string', reason(error))}); write .wav, or choose another rate"
        ) from error
