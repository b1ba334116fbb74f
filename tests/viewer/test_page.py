"""The page is one file that asks for nothing."""

import base64
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from inr import viewer
from inr.viewer import document


class Parts(HTMLParser):
    """Texts of the scripts by id, and every attribute that could fetch something."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.links, self._inside = {}, [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self._inside = found.get("id", tag) if tag in ("script", "title", "h1") else None
        self.links += [v for k, v in found.items() if k in ("src", "href", "action", "data", "poster")]

    def handle_data(self, data):
        if self._inside:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data

    def handle_endtag(self, tag):
        self._inside = None


def test_the_page_carries_its_bytes_and_links_to_nothing():
    parts = Parts(viewer.page(b"\x89INR\x01 bytes", b"original", "a title"))
    assert base64.b64decode(parts.texts["file"]) == b"\x89INR\x01 bytes"
    assert base64.b64decode(parts.texts["reference"]) == b"original"
    assert parts.texts["title"] == "a title"
    assert parts.links == ["data:,"]


def test_the_scripts_name_no_address_and_no_way_to_fetch():
    text = document.script((*document.CORE, *document.DRAWING))
    assert re.findall(r"https?:|//[a-z]+\.[a-z]", text) == []
    assert (
        re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|eval|Function)\(", text)
        == []
    )
    assert "</" not in text


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "{{file}} {{script}}", 'a"b&c', "ünï.inr"])
def test_a_title_is_text_whatever_it_holds(title):
    parts = Parts(viewer.page(b"x", title=title))
    assert parts.texts["title"] == parts.texts["h1"] == title


def test_every_script_of_the_room_is_in_the_page():
    files = {file.name for file in resources.files("inr.viewer").iterdir() if file.name.endswith(".js")}
    assert files == {*document.CORE, *document.DRAWING}


def test_no_script_is_too_long_to_read():
    for name in (*document.CORE, *document.DRAWING):
        assert len(document.script((name,)).splitlines()) <= 250, name
