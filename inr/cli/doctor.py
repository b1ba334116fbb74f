"""Say what works on this machine, what is missing, and what that costs."""

import importlib
import importlib.metadata
import io
import json as json_module
import os
import platform
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from inr import kernel
from inr.cli.options import Flag

# Name on the package index, name to import.  All of these are needed.
PACKAGES = (
    ("torch", "torch"),
    ("numpy", "numpy"),
    ("av", "av"),
    ("soundfile", "soundfile"),
    ("imageio", "imageio"),
    ("pillow", "PIL"),
    ("scikit-image", "skimage"),
    ("constriction", "constriction"),
    ("safetensors", "safetensors"),
    ("cyclopts", "cyclopts"),
    ("rich", "rich"),
)
# Codec of FFmpeg, "w" to write or "r" to read, needed or not, what is lost without it.
VIDEO_CODECS = (
    ("ffv1", "w", True, "no lossless .mkv from inr decode"),
    ("libx264", "w", True, "no .mp4 from inr decode: write .mkv"),
    ("h264", "r", True, "most .mp4 and .mov files cannot be read"),
    ("hevc", "r", False, "H.265 clips cannot be read"),
    ("vp9", "r", False, "VP9 .webm clips cannot be read"),
    ("libvpx-vp9", "r", False, "VP9 clips with transparency are read without it"),
    ("aac", "r", False, "AAC sound (.m4a, .mp4) cannot be read"),
)
SOUND_FORMATS = (
    ("WAV", True, "sound cannot be written"),
    ("FLAC", True, "no .flac, and no sample:bell"),
    ("OGG", False, "no .ogg"),
    ("MP3", False, "no .mp3 through libsndfile: it needs version 1.1 or newer"),
)
PICTURE_FORMATS = (
    ("PNG", True, "pictures cannot be written"),
    ("JPEG", True, "no .jpg"),
    ("TIFF", True, "no .tif, and nowhere to write CMYK without loss"),
    ("WEBP", False, "no .webp"),
)
COMPILERS = ("gcc", "clang", "cc")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        group: "packages", "devices", "sound", "pictures", "video" or "tools".
        name: what it is.
        ok: it is there and it works.
        required: `inr` as a whole counts as broken without it.
        detail: its version, or why it does not work.
        cost: what cannot be done without it; empty while it works.
    """

    group: str
    name: str
    ok: bool
    required: bool
    detail: str
    cost: str = ""


class _Absent(Exception):
    """Looked for and not there; its message is the whole reason."""


def collect() -> list[Finding]:
    """Look at everything; never raises for something that is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a driver that is too old, say: the finding says it in one line
        return [*_packages(), *_devices(), *_sound(), *_pictures(), *_video(), *_tools()]


def broken(findings: list[Finding]) -> list[Finding]:
    """Those that are required and do not work."""
    return [finding for finding in findings if finding.required and not finding.ok]


def doctor(*, json: Flag = False) -> None:
    """Check this installation: packages, devices, codecs and tools, one line each.

    Exits with 0 if all that is required works, and with 3 if not.

    Args:
        json: print one JSON object on stdout instead.
    """
    findings = collect()
    missing = broken(findings)
    if json:
        print(
            json_module.dumps({"ok": not missing, "findings": [asdict(item) for item in findings]}, indent=2)
        )
    else:
        _draw(findings, missing)
    if missing:
        raise SystemExit(3)


def _find(group: str, name: str, required: bool, cost: str, look: Callable[[], str]) -> Finding:
    """Look; what it returns is the detail, what it raises is why it does not work."""
    try:
        return Finding(group, name, True, required, look())
    except _Absent as error:
        return Finding(group, name, False, required, str(error), cost)
    except Exception as error:  # a broken library may raise anything at import
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return Finding(group, name, False, required, reason, cost)


def _module(name: str) -> Any:
    """Import by name: the one verb that may touch every library, also a broken one."""
    return importlib.import_module(name)


def _packages() -> Iterator[Finding]:
    yield Finding("packages", "python", True, True, f"{platform.python_version()} on {platform.platform()}")
    for name, module in PACKAGES:
        cost = f"inr does not work: pip install {name}"
        yield _find("packages", name, True, cost, lambda name=name, module=module: _version(name, module))
    cost = 'no figures, tables only: pip install "inr[plot]"'
    yield _find("packages", "matplotlib", False, cost, lambda: _version("matplotlib", "matplotlib"))


def _version(name: str, module: str) -> str:
    loaded = _module(module)
    inner = {
        "av": lambda: f" (FFmpeg {loaded.ffmpeg_version_info})",
        "soundfile": lambda: f" (libsndfile {loaded.__libsndfile_version__})",
    }
    return importlib.metadata.version(name) + inner.get(name, str)()


def _devices() -> Iterator[Finding]:
    yield _find("devices", "cpu", True, "nothing can be fitted", _cpu)
    yield _find("devices", "cuda", False, "fits run on the CPU", _cuda)


def _cpu() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} of {os.cpu_count()} cores, {_module('torch').get_num_threads()} threads in torch"


def _cuda() -> str:
    torch = _module("torch")
    if not torch.cuda.is_available():
        built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "no CUDA"
        raise _Absent(f"no card that torch can use (torch is built with {built})")
    cards = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return ", ".join(f"{card.name}, {card.total_memory / 2**30:.0f} GiB" for card in cards)


def _sound() -> Iterator[Finding]:
    for name, required, cost in SOUND_FORMATS:
        yield _find("sound", name, required, cost, lambda name=name: _sound_round_trip(name))


def _sound_round_trip(name: str) -> str:
    soundfile = _module("soundfile")
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros((4410, 1)), 44_100, format=name)
    stream.seek(0)
    soundfile.read(stream)
    return "reads and writes"


def _pictures() -> Iterator[Finding]:
    for name, required, cost in PICTURE_FORMATS:
        yield _find("pictures", name, required, cost, lambda name=name: _picture_round_trip(name))
    yield _find("pictures", "16-bit colour PNG", True, "16-bit pictures cannot be kept", _deep_round_trip)


def _picture_round_trip(name: str) -> str:
    image = _module("PIL.Image")
    stream = io.BytesIO()
    image.new("RGB", (16, 16)).save(stream, format=name)
    stream.seek(0)
    image.open(stream).load()
    return "reads and writes"


def _deep_round_trip() -> str:
    """Sixteen bits a channel through FFmpeg's PNG codec, which Pillow does not have."""
    av = _module("av")
    pixels = np.arange(16 * 16 * 3, dtype=np.uint16).reshape(16, 16, 3) * 85
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 16, 16, "rgb48be", Fraction(1)
    packets = [*encoder.encode(av.VideoFrame.from_ndarray(pixels, format="rgb48be")), *encoder.encode(None)]
    decoder = av.CodecContext.create("png", "r")
    frames = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    if not np.array_equal(frames[0].to_ndarray(), pixels):
        raise ValueError("the values change on the way")
    return "reads and writes, all 16 bits"


def _video() -> Iterator[Finding]:
    for name, mode, required, cost in VIDEO_CODECS:
        label = f"{name} {'encoder' if mode == 'w' else 'decoder'}"
        yield _find("video", label, required, cost, lambda name=name, mode=mode: _codec(name, mode))


def _codec(name: str, mode: str) -> str:
    return _module("av").Codec(name, mode).long_name


def _tools() -> Iterator[Finding]:
    yield _find("tools", "compiled kernel", False, "fits take 5 to 10 times as long", _kernel)
    yield _find("tools", "C compiler", False, "the kernel cannot be compiled here", _compiler)


def _kernel() -> str:
    found = kernel.load()
    if found is None:
        raise _Absent(kernel.why_not())
    return found.variant


def _compiler() -> str:
    named = os.environ.get("CC", "").split()[:1]
    wanted = named or COMPILERS
    found = next(filter(None, map(shutil.which, wanted)), None)
    if found is None:
        raise _Absent(f"none of {', '.join(wanted)} on the PATH")
    return f"{found} (compiles the kernel when inr is installed)"


def _draw(findings: list[Finding], missing: list[Finding]) -> None:
    from rich.text import Text

    from inr.cli.drawing import Page

    console = Page(highlight=False)
    for item in findings:
        mark, style = (
            ("ok", "green") if item.ok else ("MISSING", "red") if item.required else ("--", "yellow")
        )
        line = Text.assemble((f"{mark:8}", style), f"{item.group:9} {item.name:20} {item.detail}")
        if item.cost:
            line.append(f"; {item.cost}", style)
        console.print(line, soft_wrap=True)
    names = ", ".join(item.name for item in missing)
    console.print(Text(f"not working: {names}" if missing else "all that is required works"), soft_wrap=True)
