"""Sound files through libsndfile: WAV, FLAC, OGG, MP3, AIFF, read where asked, never whole."""

from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from inr.errors import SignalError
from inr.signals.base import Reader, failures
from inr.signals.riff import check_complete
from inr.specs import SignalSpec

Array = np.ndarray
# libsndfile's sample formats that are kept as they are; all others lose something.
BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}
ALIASES = {"ALAC_16": "PCM_16", "ALAC_24": "PCM_24", "ALAC_32": "PCM_32"}
LOSSY_BITS = 16
# libsndfile's answer where it cannot tell the length.
UNKNOWN_FRAMES = 1 << 62

# Frames to decode before the wanted one.  A Vorbis block (at most 8192 frames) overlaps
# its neighbour, and right after a seek the first one comes out wrong.  An MP3 frame draws
# on bits of earlier ones, and its decoder never comes back to the same bits: start over.
LEAD_IN = {"OGG": 1 << 14, "MP3": 1 << 62}
SKIP_FRAMES = 1 << 16
# Starting over is slow, so an MP3 of up to this many decoded bytes is kept.
MP3_IN_MEMORY = 1 << 26


class SoundReader(Reader):
    """A sound file: int16 for 16-bit PCM, else float32; shape [frames, C]."""

    def __init__(self, path: Path) -> None:
        import soundfile

        check_complete(path)
        with failures(path, "not a readable sound file", "convert it to WAV or FLAC"):
            self._file = soundfile.SoundFile(str(path))
        try:
            spec = _spec(
                path, self._file.subtype, self._file.frames, self._file.channels, self._file.samplerate
            )
        except BaseException:
            self._file.close()
            raise
        super().__init__(str(path), spec)
        self._dtype: Literal["int16", "float32"] = "int16" if spec.mode == "PCM_16" else "float32"
        self._position = 0
        self._whole: Array | None = None
        if self._file.format == "MP3" and 4 * spec.samples * spec.channels <= MP3_IN_MEMORY:
            with self:  # the file is not needed any more
                self._whole = self._next(spec.samples)

    def _read(self, start: int, stop: int) -> Array:
        if self._whole is not None:
            return self._whole[start:stop].copy()
        if start != self._position:
            self._go_to(start)
        return self._next(stop - start)

    def _next(self, count: int) -> Array:
        """The frames that follow."""
        start = self._position
        with failures(self.source, f"damaged after frame {start}", "copy it again"):
            block = self._file.read(count, dtype=self._dtype, always_2d=True)
        self._position = start + len(block)
        if len(block) != count:
            raise SignalError(
                f"{self.source}: cut short: {self._position} frames are there; "
                f"the header promises {self.spec.shape[0]}; copy it again"
            )
        check_finite(self.source, block, start)
        return block

    def _go_to(self, start: int) -> None:
        """Make `start` the next frame, so that it decodes as in one run from the beginning."""
        lead = LEAD_IN.get(self._file.format, 0)
        target = max(0, start - lead)
        if not (self._file.format in LEAD_IN and target <= self._position <= start):
            with failures(self.source, f"frame {target} cannot be reached", "convert it to WAV or FLAC"):
                self._position = self._file.seek(target)
        while self._position < start:
            self._next(min(SKIP_FRAMES, start - self._position))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def check_finite(source: str, block: Array, start: int) -> None:
    """Refuse NaN and infinity, which no field can be fitted to.

    Raises:
        SignalError: with the number of the first frame that holds one.
    """
    if block.dtype.kind != "f" or np.isfinite(block).all():
        return
    frame = start + int(np.argmax(~np.isfinite(block).all(axis=1)))
    raise SignalError(
        f"{source}: frame {frame} holds NaN or infinity; "
        "finite samples are needed; repair or cut the recording"
    )


def _spec(path: Path, subtype: str, frames: int, channels: int, rate_hz: int) -> SignalSpec:
    if not 0 < frames < UNKNOWN_FRAMES:
        what = "no samples" if frames <= 0 else "a length that is not known"
        raise SignalError(f"{path}: {what}; at least one sample is needed; record or convert it again")
    mode = ALIASES.get(subtype, subtype)
    mode = mode if mode in BITS else "LOSSY"
    return SignalSpec(
        "audio", (frames,), channels, bits=BITS.get(mode, LOSSY_BITS), mode=mode, rate=Fraction(rate_hz)
    )
