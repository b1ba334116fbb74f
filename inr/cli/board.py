"""Live progress of several fits on stderr; nothing is drawn when stderr is no terminal."""

import threading
import time
from collections.abc import Callable
from typing import Any

from rich.text import Text

from inr.cli.drawing import REFRESH_PER_S, OnTerminal, progress_line, say


class Board(OnTerminal):
    """One line for every fit that runs, under one that says how many are done.

    Args:
        total: how many fits there are.
        quiet: draw nothing.
    """

    def __init__(self, total: int, quiet: bool) -> None:
        super().__init__(quiet)
        self._total, self._done = total, 0
        self._lines: dict[str, str] = {}
        self._lock = threading.Lock()

    def watch(self, name: str, unit: str) -> Callable[[Any], None]:
        """What takes the `fitting.Progress` of one fit, from whatever thread."""

        def update(progress: Any) -> None:
            if progress.note:
                say(f"{name}: {progress.note}")
            now = time.monotonic()
            # Racing threads draw once too often at worst.
            if self._shown and (progress.phase != "fit" or now - self._last >= 1.0 / REFRESH_PER_S):
                self._last = now
                self._draw(name, progress_line(name, unit, progress))

        return update

    def done(self, name: str) -> str:
        """A fit has ended; how many of how many that makes."""
        self._done += 1
        self._draw(name, "")
        return f"[{self._done}/{self._total}]"

    def _draw(self, name: str, line: str) -> None:
        if not self._shown:
            return
        with self._lock:
            self._lines.pop(name, None)
            if line:
                self._lines[name] = line
            lines = [f"{self._done} of {self._total} done", *(self._lines[n] for n in sorted(self._lines))]
            self._live.update(Text("\n".join(lines)), refresh=True)
