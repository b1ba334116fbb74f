"""From a name to a reader or a writer: content decides what is read, the suffix what is written."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from inr.errors import InrError, SignalError, SpecError
from inr.signals import audio_writer, image_writer, sniff, video_writer
from inr.signals.arrays import ArrayReader
from inr.signals.audio import SoundReader
from inr.signals.base import Reader, Writer, failures
from inr.signals.builtin import PREFIX, find_sample
from inr.signals.container_audio import ContainerSoundReader
from inr.signals.image import ImageReader
from inr.signals.quiet import av_quiet
from inr.signals.video import VideoReader, video_streams
from inr.specs import SignalSpec

SUFFIXES: dict[str, tuple[str, ...]] = {
    "image": tuple(image_writer.SUFFIXES),
    "audio": tuple(audio_writer.FORMATS),
    "video": tuple(video_writer.CODECS),
}


def open_reader(
    source: str | Path | np.ndarray,
    *,
    kind: str | None = None,
    rate_hz: float | Fraction | None = None,
    fps: float | Fraction | None = None,
) -> Reader:
    """A reader of a file, of a built-in sample ("sample:NAME") or of an array.

    Args:
        source: what to read.  Arrays: picture (H, W[, C]), audio (N[, C]), video (T, H, W[, 3]).
        kind: "image", "audio" or "video"; needed for arrays.  A file of another kind is refused.
        rate_hz: samples a second, for audio arrays.
        fps: frames a second, for video arrays.

    Raises:
        SignalError: the file is missing, damaged, or nothing that can be read.
        SpecError: the arguments do not fit the source, or the sample is not known.
    """
    if isinstance(source, np.ndarray):
        return ArrayReader(source, kind, rate_hz, fps)
    if rate_hz is not None or fps is not None:
        raise SpecError(f"{source}: rate_hz and fps belong to arrays; a file has its own; leave them out")
    name = str(source)
    path = find_sample(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else Path(source)
    reader = _reader(path)
    if kind is not None and reader.spec.kind != kind:
        reader.close()
        raise SignalError(f"{path}: holds {reader.spec.kind}; {kind} is needed; choose another file")
    return reader


def _reader(path: Path) -> Reader:
    what = sniff.sniff(path)
    if what == sniff.IMAGE:
        return ImageReader(path)
    if what == sniff.SOUND:
        return SoundReader(path)
    if what == sniff.EITHER:
        try:
            return SoundReader(path)
        except SignalError as refusal:
            # An Ogg may hold video, an ID3 tag may precede AAC: the demuxer may know better.
            try:
                return _container_reader(path)
            except InrError:
                raise refusal from None
    return _container_reader(path)


def _container_reader(path: Path) -> Reader:
    """Video if there is a video track, else sound."""
    with (
        failures(path, "no picture, sound or video that can be read", "convert it to PNG, WAV or MP4"),
        av_quiet().open(str(path)) as container,
    ):
        video, sound = bool(video_streams(container)), bool(container.streams.audio)
    if not video and not sound:
        raise SignalError(f"{path}: neither video nor sound inside; one is needed; check the file")
    return VideoReader(path) if video else ContainerSoundReader(path)


def open_writer(path: str | Path, spec: SignalSpec, *, overwrite: bool = False) -> Writer:
    """A writer of a signal to a file whose suffix picks the format; use it in a `with` block.

    Args:
        path: where to write; the file appears only when it is complete.
        spec: the signal that will be written.
        overwrite: replace the file if it exists.

    Raises:
        SpecError: the file exists, or its format cannot hold the signal.  Nothing is written then.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    known = SUFFIXES[spec.kind]
    if suffix not in known:
        raise SpecError(
            f"{path}: {suffix or 'no suffix'} is no {spec.kind} format; use one of {', '.join(known)}"
        )
    if path.is_dir():
        raise SpecError(f"{path}: is a folder; the name of a file is needed")
    if path.exists() and not overwrite:
        raise SpecError(f"{path}: exists already; it is kept unless overwriting is asked for (--force)")
    if not path.parent.is_dir():
        raise SpecError(f"{path}: its folder does not exist; create {path.parent} first")
    writers = {
        "image": image_writer.ImageWriter,
        "audio": audio_writer.SoundWriter,
        "video": video_writer.VideoWriter,
    }
    return writers[spec.kind](path, spec)
