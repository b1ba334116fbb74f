"""Sounds as lapped grids in a real browser: the samples of decode, at their own rate and at another."""

import numpy as np
import pytest

from inr import viewer
from tests.viewer import made, made_lapped
from tests.viewer.test_browser import until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (8000, 2), (6000, 1)])
def test_a_sound_of_cosines_has_the_samples_of_decode_and_plays(show, rate, channels):
    of = made_lapped.signal(2000, channels, rate)
    data, want = made_lapped.file(of, 7)
    page = show(viewer.page(data))
    got = np.array(page.evaluate("inr.samples().then((c) => c.map((x) => Array.from(x)))")).T
    if rate < 8000:  # which no Web Audio takes: sampled anew
        assert len(got) == round(2000 * 8000 / rate)
        return
    original = made.decoded(want.field, of).reshape(2000, channels)
    assert np.abs(np.clip(np.rint(32768 * got), -32768, 32767) - original).max() <= 2
    page.click("#play-sound")
    until(page, "Number(document.getElementById('place').value) > 0.02")
    page.keyboard.press("i")
    assert "cosines" in page.text_content("#levels")
    assert page.locator("#tensors tr").count() == len(want.field.tensors)
