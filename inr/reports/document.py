"""The skeleton of every page: one HTML file with its style inside, that fetches nothing."""

import os
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from inr import files
from inr.reports.tables import text

PAGE = "index.html"


def document(title: str, body: Iterable[str]) -> Iterator[str]:
    """The parts of a page.

    Args:
        title: for the browser's tab.
        body: HTML of what is shown.
    """
    style = resources.files("inr.reports").joinpath("page.css").read_text(encoding="utf-8")
    yield "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
    yield "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
    yield f"<title>{text(title)}</title>\n<style>\n{style}</style>\n"
    yield "</head>\n<body>\n<main>\n"
    yield from body
    yield "</main>\n</body>\n</html>\n"


def save(folder: Path, parts: Iterable[str]) -> Path:
    """Write a page into a folder, which is made where it is missing; a page that is there is replaced.

    Returns: the page's path.

    Raises:
        OSError: it cannot be written.
    """
    page = "".join(parts).encode("utf-8")
    os.makedirs(folder, exist_ok=True)
    files.write_bytes(folder / PAGE, page)
    return folder / PAGE


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """The few numbers at the top of a page: (value, what it is)."""
    cells = "".join(f"<div><b>{text(value)}</b><span>{text(name)}</span></div>" for value, name in pairs)
    return f"<div class='facts'>{cells}</div>\n"


def command(line: str) -> str:
    """How to do it again."""
    return f"<h2>How to do it again</h2>\n<pre><code>{text(line)}</code></pre>\n"
