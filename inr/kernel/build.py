"""Compiles the C sources into one shared library beside them.

Three variants of the same code are linked together and `dispatch.c` says which one a processor
can run, so the library may be built on one machine and used on another of the same kind.
The package's build runs this (pyproject.toml, scripts/build_hook.py); `python inr/kernel/build.py`
does it by hand.  Standard library only: it runs before anything is installed.
"""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE / "_kernel.so"
SOURCES = ("vectors.h", "draw.c", "step.c", "update.c", "dispatch.c")
FLAGS = ("-O3", "-fPIC", "-fno-math-errno", "-std=gnu11")
VARIANTS = {
    "base": (),
    "avx2": ("-mavx2", "-mfma"),
    "avx512": ("-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma"),
}
X86 = ("x86_64", "AMD64")
CONSEQUENCE = "inr will train through torch, more slowly"


def sources_hash() -> str:
    """A hash of all C sources: a library made from others is not used."""
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()[:16]


def build(target: Path = LIBRARY) -> str | None:
    """Compile with the compiler that CC names, else the first one found.

    The library is replaced in one move, and only when all went well: no process ever sees half of
    one, those that have the old one loaded keep it, and of two builds at once the later one stays.

    Args:
        target: where the library goes.

    Returns: None, or in one line why there is no new library.
    """
    compiler = _named_compiler() or _find_compiler()
    if not compiler:
        return f"no C compiler found (gcc or clang); {CONSEQUENCE}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = _compile(compiler, Path(folder))
            _put(made, target.with_name(f"{Path(folder).name}.new"), target)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{compiler[0]}: {_reason(error)}; {CONSEQUENCE}"
    return None


def _compile(compiler: list[str], folder: Path) -> Path:
    """Compile every source for every variant and link them; the library, in `folder`."""
    several = platform.machine() in X86
    objects = [
        [f"{name}-{variant}.o", f"{name}.c", f"-DVARIANT(name)=name##_{variant}", *flags]
        for variant, flags in VARIANTS.items()
        if several or variant == "base"
        for name in ("draw", "step", "update")
    ]
    macros = [f'-DSOURCES="{sources_hash()}"', *([] if several else ["-DONE_VARIANT"])]
    objects.append(["dispatch.o", "dispatch.c", *macros])
    for output, source, *flags in objects:
        _run([*compiler, *FLAGS, *flags, "-c", str(HERE / source), "-o", str(folder / output)])
    parts = [str(folder / output) for output, *_ in objects]
    _run([*compiler, "-shared", *parts, "-lm", "-o", str(folder / LIBRARY.name)])
    return folder / LIBRARY.name


def _put(made: Path, beside: Path, target: Path) -> None:
    """Copy next to the target, under a name that no other build uses, then take its place."""
    try:
        shutil.copyfile(made, beside)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _named_compiler() -> list[str]:
    named = os.environ.get("CC", "")
    try:
        return shlex.split(named, posix=os.name != "nt")
    except ValueError:  # a quotation mark without its other half
        return [named]


def _find_compiler() -> list[str]:
    return next(([name] for name in ("gcc", "clang", "cc") if shutil.which(name)), [])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, errors="replace")


def _reason(error: Exception) -> str:
    """The line that matters of what a compiler said: the first that speaks of an error."""
    lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or ["failed"]
    return next((line for line in lines if "error" in line.lower()), lines[0]).strip()


if __name__ == "__main__":
    problem = build()
    if problem:
        sys.exit(problem)
