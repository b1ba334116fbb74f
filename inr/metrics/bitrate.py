"""What a file costs: bits a sample and kilobits a second, from its size on disk."""

from inr.errors import SpecError


def bits_per_sample(size_bytes: int, samples: int) -> float:
    """8 · size / samples; for a picture that is bits per pixel.

    Args:
        size_bytes: of the file, as the file system gives it.
        samples: pixels, audio frames or voxels; channels are not counted.

    Raises:
        SpecError: there are no samples.

    >>> bits_per_sample(size_bytes=1000, samples=4000)
    2.0
    """
    if samples < 1:
        raise SpecError(f"bits per sample: needs at least one sample; got {samples}")
    return 8 * size_bytes / samples


def bitrate_kbps(size_bytes: int, seconds: float) -> float:
    """8 · size / seconds / 1000, in kilobits of 1000 bits a second.

    Args:
        size_bytes: of the file, as the file system gives it.
        seconds: how long the sound or clip plays.

    Raises:
        SpecError: the duration is not above zero.

    >>> bitrate_kbps(size_bytes=8000, seconds=2.0)
    32.0
    """
    if not seconds > 0:
        raise SpecError(f"bit rate: needs a duration above 0 s; got {seconds}")
    return 8 * size_bytes / seconds / 1000
