"""What `inr fit INPUT...` names: files, folders and patterns, and where the results of each go."""

import glob
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from inr.errors import SignalError, SpecError

# Read beside the suffixes that are also written; a folder's other files are no signals.
ALSO_READ = (
    *(".jpe", ".tiff", ".gif", ".avif", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".wave", ".aiff", ".aifc", ".oga", ".opus", ".m4a", ".aac", ".au"),
    *(".mov", ".m4v", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv", ".3gp"),
)
SAMPLE = "sample:"


def expand(inputs: Sequence[str]) -> list[str]:
    """The files that the inputs stand for, in their order.

    A folder stands for the pictures, sounds and clips in it, by their suffixes and sorted by name;
    folders in it are not entered and hidden files are left out.  A pattern that no shell has replaced
    stands for what it matches, ** for folders of any depth; one that matches nothing is taken as a name.

    Raises:
        SpecError: there is no input at all, or the second of two names what should be written.
        SignalError: a folder has no signal in it, or cannot be looked into.
    """
    if not inputs:
        raise SpecError("fit: no input; give a picture, sound or video file, or sample:NAME")
    if len(inputs) == 2 and inputs[1].endswith(".inr") and not inputs[0].endswith(".inr"):
        raise SpecError(f"fit: {inputs[1]} is no signal; to write the result there, use -o {inputs[1]}")
    names: list[str] = []
    for name in inputs:
        for one in _matches(name):
            names += _inside(Path(one)) if os.path.isdir(one) else [one]
    return names


def targets(names: list[str], out: Path | None, suffix: str, *, several: bool) -> list[Path]:
    """Where the result of each input goes: OUT, or STEM.inr in the folder OUT or in this one.

    Args:
        names: as `expand` gives them.
        out: -o.
        suffix: of the results.
        several: OUT is a folder, which need not exist.

    Raises:
        SpecError: OUT is no place for them, or two results would have one name.
    """
    if out is not None and not several and not out.is_dir():
        if out.suffix != ".inr":
            raise SpecError(
                f"-o {out}: a fit writes a .inr file; decode it with `inr decode` to get a signal"
            )
        if not out.parent.is_dir():
            raise SpecError(f"-o {out}: its folder does not exist; create {out.parent} first")
        return [out.with_suffix(suffix)]
    if out is not None and not out.is_dir() and (out.exists() or out.suffix == ".inr"):
        raise SpecError(f"-o {out}: several inputs need a folder; give the name of one")
    found = [(out or Path()) / f"{Path(name.removeprefix(SAMPLE)).stem}{suffix}" for name in names]
    sources: dict[Path, list[str]] = defaultdict(list)
    for name, target in zip(names, found, strict=True):
        sources[target].append(name)
    for target, those in sources.items():
        if len(those) > 1:
            raise SpecError(
                f"fit: {those[0]} and {those[1]} would both write {target}; "
                "rename one, or fit it by itself with another -o"
            )
    return found


def pages(report: Path | None, found: list[Path], *, several: bool) -> list[Path | None]:
    """The folder of each fit's page.

    Raises:
        SpecError: a folder's name is that of a file.
    """
    if report is None:
        return [None] * len(found)
    folders = [report / target.stem for target in found] if several else [report]
    for folder in folders:
        if any(place.exists() and not place.is_dir() for place in (folder, *folder.parents)):
            raise SpecError(f"--report {folder}: a file has this name; give the name of a folder")
    return list(folders)


def _matches(name: str) -> list[str]:
    if name.startswith(SAMPLE) or not glob.has_magic(name) or os.path.exists(name):
        return [name]
    return sorted(glob.glob(name, recursive=True)) or [name]


def _inside(folder: Path) -> list[str]:
    from inr import signals

    known = {suffix for kind in signals.SUFFIXES.values() for suffix in kind} | set(ALSO_READ)
    try:
        found = [
            str(path)
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in known and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        raise SignalError(f"{folder}: cannot be looked into: {error.strerror}") from error
    if not found:
        raise SignalError(
            f"{folder}: a folder without a picture, sound or video file; give another, or files"
        )
    return found
