"""Video frames by number, exactly: an index of presentation times, then decode and compare.

Frame counts and frame numbers of containers are not to be trusted, so the packets are
listed once without decoding, and a frame is the wanted one when its time says so.
After a jump, decoding starts at a key frame that lies before the wanted time.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inr.errors import SignalError
from inr.signals import colour
from inr.signals.base import Reader, failures
from inr.signals.quiet import av_quiet
from inr.signals.timing import timing
from inr.specs import SignalSpec

Array = np.ndarray
MAX_PIXELS = 1 << 26
# A jump ahead by this much costs less by decoding on than by seeking.
NEAR = 8
ATTACHED_PICTURE = 0x400
RAW_HINT = "remux it first: ffmpeg -i IN -c copy OUT.mkv"


class VideoReader(Reader):
    """The first video track: uint8, or uint16 full-scale beyond 8 bits; [frames, H, W, 3]."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: Any = None
        try:
            with failures(path, "not a readable video", "re-encode it to .mp4 or .mkv"):
                self._open()
                self._check_size()
                self._index = _index(path, self._container, self._stream)
                self._rewind()
                first = self._frame(0)
            spec, self._turns = _describe(first, self._stream, self._index)
            notes = self._remarks(first)
        except BaseException:
            self.close()
            raise
        self._size = (first.width, first.height)
        super().__init__(str(path), spec, notes)

    def _read(self, start: int, stop: int) -> Array:
        shape = (stop - start, *self.spec.shape[1:], 3)
        frames = np.empty(shape, dtype=np.uint8 if self.spec.bits == 8 else np.uint16)
        with failures(self._path, f"damaged between frames {start} and {stop}", "copy or re-encode it"):
            for offset in range(stop - start):
                frame = self._frame(start + offset)
                if (frame.width, frame.height) != self._size:
                    raise SignalError(
                        f"{self._path}: frame {start + offset} is {frame.width} x {frame.height}, "
                        f"the first is {self._size[0]} x {self._size[1]}; one size is needed; re-encode it"
                    )
                frames[offset] = np.rot90(colour.to_rgb(frame, self.spec.bits), self._turns)
        return frames

    def close(self) -> None:
        """Close the file."""
        container, self._container = self._container, None
        if container is not None:
            self._frames: Iterator[Any] = iter(())
            container.close()

    def _open(self) -> None:
        self.close()
        self._container = av_quiet().open(str(self._path))
        streams = video_streams(self._container)
        if not streams:
            raise SignalError(f"{self._path}: no video track; one is needed; check the file")
        self._stream = streams[0]

    def _check_size(self) -> None:
        """Refuse frames that are too large before one is decoded."""
        width, height = self._stream.codec_context.width, self._stream.codec_context.height
        if width * height > MAX_PIXELS:
            raise SignalError(
                f"{self._path}: frames of {width} x {height}; "
                f"at most {MAX_PIXELS} (2^26) pixels are read; scale it first"
            )

    def _remarks(self, first: Any) -> tuple[str, ...]:  # noqa: ANN401 - av types
        notes = []
        if self._container.streams.audio:
            notes.append("the sound track is not stored")
        if colour.has_alpha(first) or self._stream.metadata.get("alpha_mode") == "1":
            notes.append("the transparency of the video is dropped")
        return tuple(notes)

    def _frame(self, number: int) -> Any:  # noqa: ANN401 - av types
        """Decode frame `number`."""
        if not self._position <= number <= self._position + NEAR:
            self._go_to(number)
        wanted = self._index.pts[number]
        self._position = len(self._index.pts) + 1  # unknown until a frame has come out
        for frame in self._frames:
            if frame.pts is None or frame.pts < wanted:
                continue
            if frame.pts > wanted:
                raise SignalError(
                    f"{self._path}: frame {number} cannot be decoded; the file is damaged; re-encode it"
                )
            self._position = number + 1
            return frame
        raise SignalError(
            f"{self._path}: cut short: decoding ends before frame {number} of {len(self._index.pts)}; "
            "copy the file again"
        )

    def _go_to(self, number: int) -> None:
        """Stand at a key frame at or before frame `number`."""
        wanted = self._index.pts[number]
        # Some demuxers seek by decoding time and overshoot; then aim earlier.
        for aim in (number, number - 16, number - 64):
            if aim < 0:
                break
            self._container.seek(self._index.pts[aim], stream=self._stream, backward=True)
            frames = self._container.decode(self._stream)
            first = next(frames, None)
            if first is not None and first.key_frame and first.pts is not None and first.pts <= wanted:
                self._frames = itertools.chain([first], frames)
                return
        self._rewind()

    def _rewind(self) -> None:
        """Stand at the first frame; opening anew works where seeking does not."""
        self._open()
        self._frames = self._container.decode(self._stream)
        self._position = 0


class _Index(NamedTuple):
    """Times of the frames, rising, in ticks; and how long the last one is shown."""

    pts: list[int]
    time_base: Fraction
    last: int


def video_streams(container: Any) -> list[Any]:  # noqa: ANN401 - av types
    """The video tracks of a container; the cover of an album is not one."""
    return [s for s in container.streams.video if not int(s.disposition) & ATTACHED_PICTURE]


def _index(path: Path, container: Any, stream: Any) -> _Index:  # noqa: ANN401 - av types
    """List the times of all frames that will be shown, without decoding."""
    pts: dict[int, int] = {}
    first_key: int | None = None
    for packet in container.demux(stream):
        if packet.size == 0 or packet.is_discard or _hidden(stream.codec_context.name, packet):
            continue
        if packet.pts is None:
            raise SignalError(f"{path}: frames without time stamps; each frame needs one; {RAW_HINT}")
        if first_key is None and packet.is_keyframe:
            first_key = packet.pts
        pts[packet.pts] = packet.duration or 0
    # What is shown before the first key frame refers to frames that are not there.
    shown = sorted(p for p in pts if first_key is None or p >= first_key)
    if not shown:
        raise SignalError(f"{path}: no frames; at least one is needed; re-encode it")
    return _Index(shown, Fraction(stream.time_base), pts[shown[-1]])


def _hidden(codec: str, packet: Any) -> bool:  # noqa: ANN401 - av types
    """VP8 keeps reference frames that are never shown (RFC 6386, 9.1: show_frame)."""
    return codec == "vp8" and not bytes(packet)[0] >> 4 & 1


def _describe(first: Any, stream: Any, index: _Index) -> tuple[SignalSpec, int]:  # noqa: ANN401 - av types
    """The spec of the video as it is shown, and the quarter turns that bring it there."""
    turns = round(first.rotation / 90) % 4
    height, width = (first.height, first.width) if turns % 2 == 0 else (first.width, first.height)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    guess = Fraction(stream.average_rate) if stream.average_rate else None
    rate, pts = timing(index.pts, index.time_base, guess, index.last)
    spec = SignalSpec(
        "video", (len(index.pts), height, width), 3, bits=colour.depth(first), mode="RGB", rate=rate,
        aspect=1 / aspect if turns % 2 else aspect, colour=colour.tags(first, stream.codec_context),
        pts=pts, time_base=index.time_base if pts else None,
    )  # fmt: skip
    return spec, turns
