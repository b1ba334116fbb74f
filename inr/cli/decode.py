"""Rebuild the signal inside a .inr file and write it as a picture, a sound or a video."""

import re
from fractions import Fraction
from pathlib import Path

from inr.cli.drawing import say
from inr.cli.options import Flag
from inr.errors import SpecError

# scripts/checks.py frames: bikes fitted on its even frames, judged on the odd ones.
BETWEEN_FRAMES = (
    "--fps makes frames between those of the source: they are the network's guess, and where things "
    "move fast the mean of the neighbouring frames is as near to the truth (bikes: 24.0 dB against 24.1)"
)


def decode(
    file: Path,
    out: Path,
    /,
    *,
    scale: float | None = None,
    size: str | None = None,
    rate: float | None = None,
    fps: float | None = None,
    at: float | None = None,
    frames: str | None = None,
    force: Flag = False,
) -> None:
    """Rebuild the signal inside FILE and write it to OUT; the suffix of OUT picks the format.

    Without options it comes back with the size, rate and length of what was fitted.

    For example: inr decode photo.inr large.png --scale 4

    Args:
        file: the .inr file to read.
        out: where to write: .png .jpg .tif .webp, .wav .flac .ogg .mp3, .mkv .mp4 .webm.
        scale: 2 makes a picture twice as wide and twice as high, and a sound of twice the rate.
        size: an exact size of pictures and frames, width first, such as 1920x1080.
        rate: samples a second, for sound, such as 48000; it sounds the same.
        fps: frames a second, for video; it lasts as long.
        at: one instant of a video in seconds, written as a picture.
        frames: only frames A:B of a video (rows of a picture, samples of a sound), counted from 0,
            without B.
        force: replace OUT if it exists.
    """
    from inr import api, signals, views  # here, so that --help is quick

    fitted = api.load(file)
    view = views.View.of(
        fitted.signal,
        scale=scale,
        size=_size(size),
        rate_hz=rate,
        fps=fps,
        at=at,
        span=_span(frames, fitted.signal.shape[0]),
    )
    writer = signals.open_writer(out, view.grid, overwrite=force)
    for note in writer.notes:
        say(f"{out}: {note}")
    if fps is not None and _between_frames(fps, fitted.signal.rate):
        say(f"{out}: {BETWEEN_FRAMES}")
    with writer:
        for block in view.blocks(fitted.field):
            writer.write(block.values[0] if at is not None else block.values)


def _between_frames(fps: float, rate: Fraction | None) -> bool:
    """Whether frames are asked for at times that the source does not have.

    Frames lie at cell centres, so every odd division of the rate keeps to the source's and no other does.
    """
    ratio = rate / Fraction(fps).limit_denominator(1001) if rate else Fraction(1)
    return ratio.denominator != 1 or ratio.numerator % 2 == 0


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)[xX](\d+)", text)
    if match is None:
        raise SpecError(f"--size {text!r}: write width x height in pixels, such as 1920x1080")
    return int(match[1]), int(match[2])


def _span(text: str | None, length: int) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d*):(\d*)", text)
    if match is None:
        raise SpecError(
            f"--frames {text!r}: write A:B, the first frame and the one after the last, such as 0:250"
        )
    return int(match[1] or 0), int(match[2] or length)
