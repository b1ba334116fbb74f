"""A browser for the tests of the page, where there is one."""

import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A graphics unit in software, so that WebGL is there on any machine; sound may start without a click.
SWITCHES = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
)


def chromium(switches=SWITCHES):
    """Chromium under Playwright, for a fixture; the test skips where one of the two is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (the dev extra)")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium (Debian: chromium)")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=found, args=list(switches))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def browser():
    """Chromium with WebGL in software."""
    yield from chromium()


@pytest.fixture
def show(browser, tmp_path):
    """A function that opens a page's text and returns the open page; the test fails if it complains or
    asks the network for anything.
    """
    heard, contexts = [], []

    def open_page(text, *, wait=True, **options):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": 900, "height": 640}, **options)
        contexts.append(context)
        opened = context.new_page()
        opened.heard = heard
        opened.on("console", lambda m: heard.append(m.text) if m.type == "error" else None)
        opened.on("pageerror", lambda error: heard.append(str(error)))
        opened.on(
            "request", lambda r: heard.append(r.url) if not r.url.startswith(("file:", "data:")) else None
        )
        opened.goto((tmp_path / "page.html").as_uri())
        if wait:
            opened.evaluate("inr.ready.then(() => null)")
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []
