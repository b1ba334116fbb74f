"""Pages on this machine alone: a server on the loopback address.

A page is made when it is asked for, so that reloading it shows the file as it now is.
"""

import html
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

from inr.errors import SpecError

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")  # what the address bar may say; a foreign name would be a foreign page


@dataclass(frozen=True)
class Shelf:
    """What a server has: pages by name.

    Attributes:
        pages: name -> a function that makes the page; it may raise OSError.
    """

    pages: dict[str, Callable[[], str]]

    def find(self, path: str) -> str | None:
        """The page at a path of the address, or None.  "/" is the only page, or a list of all."""
        name = unquote(path.partition("?")[0].removeprefix("/"))
        if not name and len(self.pages) == 1:
            name = next(iter(self.pages))
        if not name:
            return self._list()
        return self.pages[name]() if name in self.pages else None

    def _list(self) -> str:
        rows = "".join(f'<li><a href="/{quote(n, safe="")}">{html.escape(n)}</a></li>' for n in self.pages)
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>inr</title>'
            '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
            f"<h1>inr</h1><ul>{rows}</ul></html>"
        )


def server(shelf: Shelf, port: int = 0) -> ThreadingHTTPServer:
    """A server of these pages on the loopback address; `serve_forever` runs it.

    Args:
        shelf: the pages.
        port: 0 takes a free one; `server_port` says which.

    Raises:
        SpecError: the port is taken.
    """

    class Handler(_Handler):
        pages = shelf

    try:
        return _Server((HOST, port), Handler)
    except (OSError, OverflowError) as error:
        raise SpecError(
            f"--port {port}: cannot be used ({error}); choose another, or leave it out"
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who leaves before the end is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    pages: Shelf
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        status, text = self._found()
        body = text.encode()
        self.send_response(status)
        kind = "text/html" if status == HTTPStatus.OK else "text/plain"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _found(self) -> tuple[HTTPStatus, str]:
        # A page of the web could point a name of its own at this address and read our pages.
        if self.headers.get("Host", "").partition(":")[0] not in NAMES:
            return HTTPStatus.FORBIDDEN, "only for this machine"
        try:
            page = self.pages.find(self.path)
        except (OSError, ValueError) as error:
            return HTTPStatus.INTERNAL_SERVER_ERROR, f"cannot be shown: {error}"
        return (HTTPStatus.OK, page) if page is not None else (HTTPStatus.NOT_FOUND, "no such page")

    def log_message(self, *_: object) -> None:
        """Say nothing: only the command line prints."""
