"""The opponents of a signal, by its kind."""

from inr import signals
from inr.bench.codecs import audio, image, video
from inr.bench.codecs.contender import Found


def opponents(reader: signals.Reader) -> Found:
    """Those that this installation has and that take the signal.

    Args:
        reader: the signal; it must stay open as long as they are used.

    Returns: the opponents, and one line for each that is left out.
    """
    found = {"image": image.opponents, "audio": audio.opponents, "video": video.opponents}
    return found[reader.spec.kind](reader)
