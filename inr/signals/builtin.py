"""The signals that come with the package: `sample:NAME`.

Pictures are those that scikit-image carries in its wheel; sounds, clips and more
pictures are the project's own `data/`, which an installed package holds as `_data`.
"""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from inr.errors import SpecError

PREFIX = "sample:"
ALIASES = {"cat": "chelsea", "clock": "clock_motion", "colorwheel": "color", "hubble": "hubble_deep_field"}
SUFFIXES = (".png", ".jpg", ".webp", ".wav", ".flac", ".ogg", ".mp3", ".mp4", ".mkv", ".webm")


def find_sample(name: str, folders: Iterable[Path] | None = None) -> Path:
    """The file of a built-in sample.

    Args:
        name: without the "sample:" in front.
        folders: where to look; the package's own places by default.

    Raises:
        SpecError: there is no such sample; the known ones are listed.
    """
    known = sample_paths(folders)
    path = known.get(ALIASES.get(name, name))
    if path is None:
        aliases = [alias for alias, target in ALIASES.items() if target in known]
        raise SpecError(f"{PREFIX}{name}: no such sample; known are {', '.join(sorted([*known, *aliases]))}")
    return path


def sample_paths(folders: Iterable[Path] | None = None) -> dict[str, Path]:
    """Name -> file of every built-in sample; the project's own win over scikit-image's."""
    found: dict[str, Path] = {}
    for folder in _folders() if folders is None else folders:
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix.lower() in SUFFIXES:
                    found[path.stem] = path
    return found


def _folders() -> list[Path]:
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data"
    own = installed if installed.is_dir() else package.parent / "data"
    # Found, not imported: importing scikit-image costs more than reading a picture.
    skimage = importlib.util.find_spec("skimage")
    places = skimage.submodule_search_locations if skimage else None
    return [*(Path(place) / "data" for place in places or ()), own]
