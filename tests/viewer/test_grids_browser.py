"""A picture as grids in a browser: the shader and the plain path show what Python decodes."""

import pytest

from inr import viewer
from tests.viewer import made, made_grids
from tests.viewer.test_browser import assert_near, canvas_of, obstacle, pixels, shown, until
from tests.viewer.test_damage import resealed

pytestmark = pytest.mark.slow
PICTURE = made_grids.signal((256, 256))


def test_a_picture_of_grids_has_the_pixels_of_decode_and_the_weights_of_its_file(show):
    data, want = made_grids.file(PICTURE, 5)
    page = show(viewer.page(data))
    assert not obstacle(page)
    whole = made.decoded(want.field, PICTURE)
    for by in ("js", "gl"):
        assert_near(pixels(page, 0, 0, 256, 256, by=by), whole)
        assert_near(pixels(page, 96, 50, 60, 40, by=by), whole[50:90, 96:156])
    weights = page.evaluate("inr.weights().then((all) => all.map((t) => [t.name, Array.from(t.values)]))")
    assert dict(weights) == {name: t.reshape(-1).tolist() for name, t in want.field.tensors.items()}


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_grids_of_other_numbers_of_channels_have_the_pixels_of_decode(channels, show):
    of = made_grids.signal((48, 37), channels)
    data, want = made_grids.file(of, channels)
    page = show(viewer.page(data))
    assert not obstacle(page)
    for by in ("js", "gl"):
        got = pixels(page, 0, 0, 37, 48, channels, by=by)
        assert_near(got, made.decoded(want.field, of).reshape(48, 37, channels))


@pytest.mark.parametrize("by", ["js", "gl"])
def test_between_the_pixels_of_grids_is_what_decode_writes_at_four_times_the_size(by, show):
    of = made_grids.signal((40, 60))
    data, want = made_grids.file(of, 3)
    page = show(viewer.page(data))
    large = made.decoded(want.field, made.at_scale(of, 4))
    assert_near(pixels(page, 0, 0, 240, 160, by=by, scale=4), large)
    assert_near(pixels(page, 100, 7, 80, 90, by=by, scale=4), large[7:97, 100:180])


def test_a_picture_of_grids_is_zoomed_and_moved(show):
    of = made_grids.signal((64, 64))
    data, want = made_grids.file(of, 4)
    page = show(viewer.page(data))
    page.keyboard.press("1")
    page.keyboard.press("g")
    until(page, "document.getElementById('status').textContent.startsWith('64 × 64')")
    screen, (left, top, width, height) = canvas_of(page)
    assert (width, height) == (64, 64)
    assert_near(screen[top : top + 64, left : left + 64], made.decoded(want.field, of))
    page.keyboard.press("g")
    before = page.locator("#canvas").screenshot()
    page.keyboard.press("ArrowLeft")
    for _ in range(12):
        page.keyboard.press("+")
    until(page, "inr.shown().then(({ stage }) => stage.idle())")
    assert shown(page, "stage.view.scale") > 10
    assert page.locator("#canvas").screenshot() != before


def test_the_panel_says_what_each_level_of_the_grids_takes(show):
    data, want = made_grids.file(made_grids.signal((64, 48)), 3)
    page = show(viewer.page(data))
    page.keyboard.press("i")
    assert "grids: 48 × 64 points, 3 levels, step 0.0200" in page.text_content("#architecture")
    rows = [row.split("  ") for row in page.locator("#levels th").all_text_contents()]
    names = ["coarsest grid", *(f"details of level {level}" for level in (2, 1, 0)), "context network"]
    sizes = [["6 × 8"], ["12 × 16"], ["24 × 32"], ["48 × 64"], []]
    assert rows == [[name, *size] for name, size in zip(names, sizes, strict=True)]
    taken = page.locator("#levels td").all_text_contents()
    bits = sum(b for name, b in want.tensor_bits.items() if name.startswith("grid.0."))
    assert taken[3] == f"{round(bits / 8):,}"
    assert page.locator("#tensors tr").count() == len(want.field.tensors)


def test_a_damaged_file_of_grids_shows_what_is_wrong(show):
    data, _ = made_grids.file(made_grids.signal((64, 64)), 4)
    bad = resealed(data, "G", lambda p: p + bytes(4))
    page = show(viewer.page(bad), wait=False)
    page.wait_for_selector("#trouble", state="visible")
    assert "cannot be read" in page.text_content("#trouble-title")
    assert page.text_content("#trouble-text").startswith("grids are a stream that does not end")
    assert not page.is_visible("#picture")
