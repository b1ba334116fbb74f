"""The page in a real browser: light, dark, narrow, and silent."""

import pytest

from tests.cli import made
from tests.cli.commands import inr
from tests.viewer.conftest import chromium

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Addresses of a page of each kind."""
    pytest.importorskip("matplotlib", reason="needs matplotlib (the plot extra)")
    folder = tmp_path_factory.mktemp("pages")
    sources = (made.picture(folder / "p.png"), made.sound(folder / "s.wav"), made.clip(folder / "c.mp4"))
    for path in sources:
        name = folder / path.stem
        got = inr("fit", path, "-o", f"{name}.inr", "--steps", 30, "--report", name, "--quiet")
        assert got.code == 0, got.err
    return [(folder / path.stem / "index.html").as_uri() for path in sources]


@pytest.fixture(scope="module")
def browser():
    """Chromium as it comes."""
    yield from chromium(["--no-sandbox"])


LINES = "[...document.querySelectorAll('svg path')].map(p => getComputedStyle(p).stroke).join()"
BROKEN = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
FLAT = "[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().height < 50).length"


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_follows_light_and_dark_and_asks_for_nothing(browser, pages, width):
    for address in pages:
        seen = {}
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page = context.new_page()
            heard = []
            page.on("console", lambda message, heard=heard: heard.append(message.text))
            page.on("pageerror", lambda error, heard=heard: heard.append(str(error)))
            page.on(
                "request",
                lambda r, heard=heard: None if r.url.startswith(("file:", "data:")) else heard.append(r.url),
            )
            page.goto(address)
            seen[scheme] = page.evaluate(LINES)
            assert page.evaluate(BROKEN) == 0
            assert page.evaluate(FLAT) == 0
            assert page.evaluate("document.querySelectorAll('svg').length") >= 3
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            context.close()
            assert heard == []
        assert seen["light"] != seen["dark"]


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_of_a_comparison_fits_the_window_and_its_figures_are_on_white(browser, tmp_path, width):
    source = made.picture(tmp_path / "p.png")
    words = ("compare", source, "--activations", "raf,sine", "--steps", 6, "--seeds", 1, "--params", 400)
    pytest.importorskip("matplotlib", reason="needs matplotlib (the plot extra)")
    got = inr(*words, "-o", tmp_path, "--report", tmp_path)
    assert got.code == 0, got.err
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        heard = []
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on(
            "request",
            lambda r, heard=heard: None if r.url.startswith(("file:", "data:")) else heard.append(r.url),
        )
        page.goto((tmp_path / "index.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert page.evaluate("document.images.length") == 3
        assert page.evaluate(BROKEN) == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paper = page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor")
        assert paper == "rgb(255, 255, 255)"
        context.close()
        assert heard == []
