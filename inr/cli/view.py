"""Show .inr files in the browser, from a server that only this machine can reach."""

import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from inr.cli.drawing import say
from inr.cli.options import Flag, Whole


def view(*files: Annotated[Path, Parameter(required=True)], port: Whole = 0, no_open: Flag = False) -> None:
    """Show each FILE in the browser; the address is printed, and Ctrl-C ends it.

    Only this machine can reach the address; to give a page to others, use inr export FILE page.html.

    Args:
        files: .inr files.
        port: number in the address; 0 takes a free one.
        no_open: only print the address.
    """
    from inr import viewer

    shelf = viewer.Shelf(_pages(files))
    with viewer.server(shelf, port) as server:
        address = f"http://{viewer.HOST}:{server.server_port}/"
        print(address, flush=True)
        say("inr: Ctrl-C ends it")
        if not no_open:
            webbrowser.open(address)
        server.serve_forever()


def _pages(files: Sequence[Path]) -> dict[str, Callable[[], str]]:
    """Pages by name; files of one name in several folders go by their path.

    Raises:
        FormatError: one is missing or damaged, before anything is shown.
    """
    from inr import codec

    names = [file.name for file in files]
    pages = {}
    for file in files:
        codec.load(file)
        name = file.name if names.count(file.name) == 1 else str(file)
        pages[name] = partial(_page, file)
    return pages


def _page(file: Path) -> str:
    from inr import codec, viewer

    return viewer.page(codec.read(file), title=file.name)
