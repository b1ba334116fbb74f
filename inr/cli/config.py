"""`--config run.toml`: the options of a fit in a file; the command line wins over it."""

import tomllib
from pathlib import Path
from typing import Any

from inr.errors import SignalError, SpecError

TYPES: dict[str, tuple[type, ...]] = {
    "preset": (str,),
    "profile": (str,),
    "activation": (str,),
    "params": (int,),
    "max_size": (str, int),
    "target_psnr": (int, float),
    "time": (int, float),
    "steps": (int,),
    "memory": (str, int),
    "seed": (int,),
    "device": (str,),
}


def apply_config(path: Path | None, asked: dict[str, Any]) -> dict[str, Any]:
    """Fill options that the command line left out from the file.

    Keys are those of the command line, with - or _; they may stand under [fit].

    Raises:
        SignalError: the file cannot be read.
        SpecError: it is not TOML, or has an unknown key or a value of the wrong type.
    """
    if path is None:
        return asked
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SignalError(f"{path}: cannot be read: {error.strerror}; check the name") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not TOML: {error}") from error
    table = content.get("fit", content)
    if not isinstance(table, dict) or ("fit" in content and len(content) > 1):
        raise SpecError(f"{path}: options stand either under [fit] or at the top, not in both places")
    options = {key.replace("-", "_"): value for key, value in table.items()}
    unknown = sorted(set(options) - set(TYPES))
    if unknown:
        raise SpecError(f"{path}: unknown options {', '.join(unknown)}; known are {', '.join(TYPES)}")
    for key, value in options.items():
        if not isinstance(value, TYPES[key]) or isinstance(value, bool):
            wanted = " or ".join(t.__name__ for t in TYPES[key])
            raise SpecError(f"{path}: {key} = {value!r}; a {wanted} is needed")
    if asked.get("steps") is not None or asked.get("time") is not None:
        # They exclude each other, so either one on the command line wins over both.
        options = {key: value for key, value in options.items() if key not in ("steps", "time")}
    return {key: value if value is not None else options.get(key) for key, value in asked.items()}
