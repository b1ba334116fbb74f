"""A `.inr` file as one web page that decodes and shows it, with no server and no network.

The JavaScript beside this file is a second decoder, written from codec/FORMAT.md; Python only
puts the pieces together.
"""

from inr.viewer.document import page
from inr.viewer.serve import HOST, Shelf, server

__all__ = ["HOST", "Shelf", "page", "server"]
