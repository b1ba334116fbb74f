"""Live progress on stderr, and words about what came out.  Nothing is drawn when stderr is no terminal."""

import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

REFRESH_PER_S = 4


def say(text: str, quiet: bool = False) -> None:
    """One line for the person, on stderr."""
    if not quiet:
        # A reader of our words that has left must not cost the person the fit.
        with suppress(OSError):
            print(text, file=sys.stderr)


class Page(Console):
    """Standard output, whose reader may leave: rich would end the process with code 1."""

    def on_broken_pipe(self) -> None:
        """Let the command line end as it does for every other verb."""
        raise BrokenPipeError


def tell(lines: list[tuple[str, str]], quiet: bool = False) -> None:
    """Lines for the person, on stderr, each with a style that only a terminal shows; NO_COLOR takes colours.

    Args:
        lines: text and the name of rich's style.
        quiet: say nothing.
    """
    if quiet or not sys.stderr.isatty():
        for line, _ in lines:
            say(line, quiet)
        return
    console = Page(stderr=True, highlight=False, soft_wrap=True)
    with suppress(OSError):
        for line, style in lines:
            console.print(Text(line, style))


class OnTerminal:
    """What stands on stderr while a block runs, where that is a terminal.

    Args:
        quiet: draw nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._last = 0.0

    def __enter__(self) -> Self:
        if self._shown:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._shown:
            self._live.stop()


class Drawing(OnTerminal):
    """A line that shows step, quality, ETA and speed while a fit runs.

    Args:
        name: of what is fitted.
        unit: "PSNR" or "SNR".
        quiet: draw nothing.
    """

    def __init__(self, name: str, unit: str, quiet: bool) -> None:
        super().__init__(quiet)
        self._name, self._unit = name, unit

    def update(self, progress: Any) -> None:
        """Show a `fitting.Progress`, a few times a second."""
        if progress.note:
            say(f"{self._name}: {progress.note}")
        now = time.monotonic()
        if not self._shown or (progress.phase == "fit" and now - self._last < 1.0 / REFRESH_PER_S):
            return
        self._last = now
        self._live.update(Text(progress_line(self._name, self._unit, progress)), refresh=True)


def progress_line(name: str, unit: str, p: Any) -> str:
    """A `fitting.Progress` in words; the unit is PSNR or SNR."""
    if p.phase != "fit":
        return f"{name}  {'choosing quantisation steps' if p.phase == 'quantise' else 'measuring'} ..."
    quality = "" if p.quality_db is None else f"  {unit} {p.quality_db:.2f} dB"
    steps = f"{p.step}" + (f"/{p.steps}" if p.steps else "")
    eta = "" if p.eta_s is None else f"  {p.eta_s:.0f} s left"
    size = "" if p.size_bytes is None else f"  about {_in_words(p.size_bytes)}"
    speed = f"  {p.samples_per_s / 1e6:.2f} M samples/s" if p.samples_per_s else ""
    return f"{name}  step {steps}{quality}{size}{eta}{speed}"


def _in_words(size: int) -> str:
    return f"{size} bytes" if size < 10_000 else f"{size / 1000:.0f} kB"


def summary(report: dict[str, Any]) -> str:
    """The last line of a fit: bytes first, as the disk counts them."""
    parts = [
        f"{report['file']}  {report['size_bytes']:,} bytes",
        f"{report['bits_per_sample']:.3f} bits/sample",
    ]
    if "snr_db" in report:
        parts.append(_decibels("SNR", report["snr_db"], report))
    elif "psnr_db" in report:
        parts.append(_decibels("PSNR", report["psnr_db"], report))
    parts += [f"{report['params']:,} parameters", f"{report['fit_seconds']:.1f} s"]
    return "  ".join(parts)


def comparison_lines(found: Any, report: dict[str, Any]) -> list[tuple[str, str]]:
    """What a `reports.Comparison` says about our size, with styles for `tell`."""
    ours, source = report.get("size_bytes", 0), found.source_bytes
    lines: list[tuple[str, str]] = []
    if 0 < source < ours:
        lines.append(
            (f"  the source, {found.source}, is smaller: {source:,} bytes at full quality", "yellow")
        )
    elif source and ours:
        lines.append(
            (f"  the source, {found.source}: {source:,} bytes, {source / ours:.1f} times as many", "")
        )
    if found.lossless:
        lossless = found.lossless
        lines.append((f"  the same samples as {lossless.name}, lossless: {lossless.size_bytes:,} bytes", ""))
    if found.jpeg:
        lines.append((f"  {found.jpeg_words(ours)}", ""))
    return lines


def _decibels(name: str, value: float | None, report: dict[str, Any]) -> str:
    if value is None:
        return f"{name} exact" if report.get("exact") else f"{name} undefined (silence)"
    return f"{name} {value:.2f} dB"
