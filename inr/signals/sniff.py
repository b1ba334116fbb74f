"""What kind of signal a file holds, by its first bytes; its suffix only breaks ties."""

import stat
from pathlib import Path

from inr.errors import SignalError

HEAD = 32
IMAGE, SOUND, EITHER, CONTAINER = "image", "sound", "either", "container"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", IMAGE), (b"\xff\xd8\xff", IMAGE), (b"GIF8", IMAGE), (b"BM", IMAGE),
    (b"II*\0", IMAGE), (b"MM\0*", IMAGE), (b"II+\0", IMAGE), (b"MM\0+", IMAGE),
    (b"P4", IMAGE), (b"P5", IMAGE), (b"P6", IMAGE),
    (b"RF64", SOUND), (b"RIFX", SOUND), (b"fLaC", SOUND), (b"FORM", SOUND), (b"OggS", EITHER),
    (b"ID3", EITHER),
    (b"\xff\xfb", EITHER), (b"\xff\xf3", EITHER), (b"\xff\xf2", EITHER), (b".snd", SOUND), (b"caff", SOUND),
    (b"\x1aE\xdf\xa3", CONTAINER),
)  # fmt: skip
RIFF = {b"WAVE": SOUND, b"WEBP": IMAGE, b"AVI ": CONTAINER}
# Formats that are recognised in order to say what to do about them.
REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"v/1\x01", "OpenEXR; 8 or 16 bits are needed; convert it to a 16-bit PNG or TIFF"),
    (b"%PDF", "a PDF document; a picture is needed; export a page as PNG"),
    (b"\x89INR", "already an .inr file; a picture, sound or video is needed; see `inr decode`"),
)
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
SUFFIX_CLASS = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".avif"), IMAGE),
    **dict.fromkeys((".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".opus"), EITHER),
}


def sniff(path: Path) -> str:
    """IMAGE, SOUND (for libsndfile), CONTAINER (for PyAV), or EITHER of the last two.

    Raises:
        SignalError: the file is missing, unreadable, empty, or of a kind that is refused.
    """
    head = _head(path)
    for magic, words in REFUSED:
        if head.startswith(magic):
            raise SignalError(f"{path}: {words}")
    if head[4:8] == b"ftyp":
        if head[8:12] in HEIF_BRANDS:
            raise SignalError(f"{path}: a HEIC picture; PNG, JPEG, TIFF or WebP is needed; convert it")
        return IMAGE if head[8:12] in AVIF_BRANDS else CONTAINER
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12], CONTAINER)
    for magic, what in MAGIC:
        if head.startswith(magic):
            return what
    return SUFFIX_CLASS.get(path.suffix.lower(), CONTAINER)


def _head(path: Path) -> bytes:
    """The first bytes of a regular, readable file that is not empty."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SignalError(f"{path}: a folder; a file is needed; name the files in it")
        if not stat.S_ISREG(mode):
            raise SignalError(
                f"{path}: not a regular file; one that can be read twice is needed; save it first"
            )
        with path.open("rb") as file:
            head = file.read(HEAD)
    except (OSError, ValueError) as error:
        if isinstance(error, SignalError):
            raise
        words = getattr(error, "strerror", None) or str(error)
        raise SignalError(f"{path}: {words}; a readable file is needed; check the name") from error
    if not head:
        raise SignalError(f"{path}: an empty file; a picture, sound or video is needed; copy it again")
    return head
