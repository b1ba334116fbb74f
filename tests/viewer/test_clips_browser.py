"""A clip by grids in a browser: frames and what lies between them are what Python decodes, and it plays."""

import numpy as np
import pytest

from inr import coords, reconstruct, signals, viewer
from tests.viewer import made, made_clips
from tests.viewer.test_browser import assert_near, obstacle, pixels, shown, until
from tests.viewer.test_damage import resealed

pytestmark = pytest.mark.slow
FRAME = (96, 128)
HELD = "inr.ready.then(({ file }) => file.clip.held.size)"


def test_a_clip_by_grids_has_the_frames_of_decode(show):
    data, want = made_clips.film((2, 3), FRAME, levels=4)
    page = show(viewer.page(data))
    assert not obstacle(page)
    frames = made.decoded(want.field, want.signal)
    for by in ("js", "gl"):
        for frame in (0, 4, 1):
            assert_near(pixels(page, 0, 0, 128, 96, frame=frame, by=by), frames[frame])
        assert_near(pixels(page, 30, 20, 50, 40, frame=3, by=by), frames[3, 20:60, 30:80])


def test_a_clip_by_grids_plays_through_all_of_its_groups(show):
    data, _ = made_clips.film((3, 2, 2), (32, 40))
    page = show(viewer.page(data))
    assert page.evaluate(HELD) == 1
    page.keyboard.press(" ")
    until(page, f"{HELD}.then((held) => held === 3)")
    page.keyboard.press(" ")
    until(page, "inr.shown().then(({ stage }) => stage.idle())")
    until(page, "document.getElementById('status').textContent.includes('samples')")
    assert shown(page, "stage.last.area.columns") > 40


def test_between_two_frames_of_different_groups_is_what_python_has_there(show):
    data, want = made_clips.film((2, 3), FRAME, levels=4)
    page = show(viewer.page(data))
    grid = [coords.axis(n) for n in FRAME]
    values = reconstruct.points(want.field, [np.array([(2 * 1.4 + 1) / 5 - 1]), *grid])
    for by in ("js", "gl"):
        got = pixels(page, 0, 0, 128, 96, frame=1.4, by=by)
        assert_near(got, signals.from_float((values[0] + 1) / 2, want.signal))


def test_the_panel_says_how_many_groups_a_clip_has(show):
    data, want = made_clips.film((5, 4, 3), FRAME, levels=4)
    page = show(viewer.page(data))
    page.keyboard.press("i")
    assert "clips: 128 × 96 points, 4 levels, step 0.0200" in page.text_content("#architecture")
    rows = page.locator("#levels th").all_text_contents()
    assert rows == ["3 groups of up to 5 frames", "context networks"]
    taken = page.locator("#levels td").all_text_contents()
    assert taken[0] == f"{sum(map(len, want.grids.streams)):,}"


def test_a_damaged_group_shows_what_is_wrong_when_it_is_asked_for(show):
    data, _ = made_clips.film((3, 3), FRAME, levels=4)
    page = show(viewer.page(resealed(data, "G", lambda p: p[:-4] + bytes(4))))
    assert page.is_visible("#picture")
    page.keyboard.press("End")
    page.wait_for_selector("#trouble", state="visible")
    assert "cannot be read" in page.text_content("#trouble-title")
    assert page.text_content("#trouble-text").startswith("group 2 of 2: ")
    assert not page.is_visible("#picture")
