"""The numbers that stand for names in a file (FORMAT.md, section 4.3).

A number is never given a second meaning.  An activation of one's own can be fitted and
compared without a number; it only cannot be written.
"""

from inr.errors import FormatError, SpecError

KINDS = {"image": 1, "audio": 2, "video": 3}
MODES = {
    "": 0, "1": 1, "L": 2, "LA": 3, "RGB": 4, "RGBA": 5, "CMYK": 6,
    "PCM_U8": 16, "PCM_S8": 17, "PCM_16": 18, "PCM_24": 19, "PCM_32": 20,
    "FLOAT": 21, "DOUBLE": 22, "LOSSY": 23,
}  # fmt: skip
ENCODINGS = {"identity": 0, "fourier": 1, "grids": 2, "lapped": 3, "clips": 4}
ACTIVATIONS = {"sine": 1, "raf": 2, "raf-image": 3, "raf-audio": 4}
RAF_FAMILY = ("raf", "raf-image", "raf-audio")
BASES = {
    "linear": 1, "square": 2, "sine": 3, "sine2": 4, "cosine2": 5,
    "gauss": 6, "cosine": 7, "relu": 8, "relu3": 9, "carrier": 10,
}  # fmt: skip


def number_of(table: dict[str, int], name: str, what: str) -> int:
    """The number of a name.

    Raises:
        SpecError: the name has none.
    """
    if name not in table:
        raise SpecError(
            f"{what} {name!r} can be fitted and compared, but it has no number in codec/FORMAT.md, so it "
            f"cannot be written to a .inr file; {', '.join(n for n in table if n)} can"
        )
    return table[name]


def unwritable(activation: str) -> str:
    """Why a field with this activation cannot be written to a file; empty where it can."""
    try:
        number_of(ACTIVATIONS, activation, "activation")
    except SpecError as error:
        return str(error)
    return ""


def name_of(table: dict[str, int], number: int, what: str) -> str:
    """The name of a number.

    Raises:
        FormatError: no name has it.
    """
    for name, known in table.items():
        if known == number:
            return name
    raise FormatError(
        f"{what} number {number} is not known here. The file needs a newer inr, or it is damaged."
    )
