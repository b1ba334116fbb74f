"""The page in a browser: what is seen is what Python decodes, and its controls work."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image

from inr import codec, viewer
from inr.specs import ActivationSpec, FieldSpec
from tests.viewer import made

pytestmark = pytest.mark.slow

READ = """async (rect) => {
  const data = await inr.pixels(...rect.at, { frame: rect.frame, by: rect.by, scale: rect.scale });
  return Array.from(data).join(",");
}"""


def pixels(page, x, y, width, height, channels=3, frame=0, by="engine", scale=1):
    """Channels of a rectangle of the original grid, or of a denser one, as the page computes them."""
    text = page.evaluate(READ, {"at": [x, y, width, height], "frame": frame, "by": by, "scale": scale})
    return np.array(text.split(","), dtype=np.uint8).reshape(height, width, channels)


def obstacle(page):
    """Why the page does without WebGL; the tests' graphics unit is of software, and may be slow."""
    return page.evaluate("inr.ready.then(({ engines }) => engines.why)").replace("it is slower here", "")


def until(page, condition, seconds=20):
    """Wait for a condition.  The page forbids what Playwright's own way of waiting would do."""
    for _ in range(20 * seconds):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def canvas_of(page):
    """What the canvas holds, uint8 [H, W, 3], and the rectangle of the picture in it."""
    link = page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")
    screen = Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2]))).convert("RGB")
    return np.asarray(screen), [round(v) for v in shown(page, "stage.view.onScreen(stage.last.area)")]


def shown(page, expression):
    """A value of the stage or the player that the page shows."""
    return page.evaluate(f"inr.shown().then(({{ stage, player, drawing }}) => {expression})")


def assert_near(got, want):
    assert got.shape == want.shape
    assert np.abs(got.astype(int) - want.astype(int)).max() <= 1
    assert np.ptp(want) > 60


@pytest.mark.parametrize("name", made.PICTURES)
def test_a_picture_has_the_pixels_of_decode(name, show):
    signal = replace(made.PICTURE, shape=(256, 256))
    data, field = made.made(signal, made.PICTURES[name])
    page = show(viewer.page(data, title=name))
    without = {"wide": "networks wider", "uneven rows": "rows of tiles"}.get(name, "")
    assert obstacle(page).startswith(without)
    assert bool(obstacle(page)) == bool(without)
    for by in ("js",) if without else ("js", "gl"):
        assert_near(pixels(page, 0, 0, 256, 256, by=by), made.decoded(field, signal))
        assert_near(pixels(page, 96, 50, 60, 40, by=by), made.decoded(field, signal)[50:90, 96:156])


@pytest.mark.parametrize("mode", made.MODES)
def test_a_picture_of_another_mode_has_the_pixels_of_decode(mode, show):
    signal = made.MODES[mode]
    data, field = made.made(signal, replace(made.PICTURES["tiles"], channels=signal.channels))
    page = show(viewer.page(data))
    assert not obstacle(page)
    want = made.as_bytes(made.decoded(field, signal))
    for by in ("js", "gl"):
        got = pixels(page, 0, 0, 56, 40, signal.channels, by=by)
        assert np.mean(np.abs(got.astype(int) - want) > 1) < 0.01


def test_one_pixel_of_the_screen_is_one_of_the_picture_at_original_size(show):
    data, field = made.made(made.PICTURE, made.PICTURES["tiles"])
    page = show(viewer.page(data))
    page.keyboard.press("1")
    page.keyboard.press("g")
    until(page, "document.getElementById('status').textContent.startsWith('64 × 64')")
    screen, (left, top, width, height) = canvas_of(page)
    assert (width, height) == (64, 64)
    assert_near(screen[top : top + 64, left : left + 64], made.decoded(field, made.PICTURE))


def test_a_picture_larger_than_the_screen_is_averaged_and_not_thinned_out(show):
    # Sines of a period of four pixels: every third of them would make waves that are not there.
    signal = replace(made.PICTURE, shape=(1500, 1500))
    spec = FieldSpec(2, 3, (1, 1), (0, 0), 1, 0, activation=ActivationSpec("sine", (), 32.0, 32.0))
    tensors = {
        "layer0.weight": np.array([[[0.0], [1500 * np.pi / 4 / 32]]]),
        "layer0.bias": np.zeros((1, 1)),
        "output.weight": np.ones((1, 1, 3)),
        "output.bias": np.zeros((1, 3)),
    }
    weights = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    page = show(viewer.page(codec.encode(spec, weights, dict.fromkeys(weights, 12), signal)))
    assert shown(page, "stage.view.scale") < 0.5
    until(page, "inr.shown().then(({ stage }) => stage.last && stage.last.area.rows > 2 * stage.view.height)")
    screen, (left, top, width, height) = canvas_of(page)
    assert screen[top + 5 : top + height - 5, left + 5 : left + width - 5].std() < 45  # of 90 in the original


def test_wheel_drag_keys_and_buttons_move_the_view(show):
    data, _ = made.made(made.PICTURE, made.PICTURES["tiles"])
    page = show(viewer.page(data))
    start = shown(page, "stage.view.scale")
    page.keyboard.press("+")
    assert shown(page, "stage.view.scale") == pytest.approx(1.25 * start)
    page.keyboard.press("-")
    page.keyboard.press("ArrowRight")
    assert shown(page, "stage.view.x") > 32
    page.keyboard.press("0")
    assert shown(page, "[stage.view.x, stage.view.scale]") == pytest.approx([32, start])
    page.mouse.move(300, 300)
    under = shown(page, "stage.view.at(300, 300 - stage.canvas.getBoundingClientRect().top)")
    for _ in range(40):
        page.mouse.wheel(0, -300)
    page.wait_for_timeout(100)
    assert shown(page, "stage.view.scale") > 1e8 * start
    after = shown(page, "stage.view.at(300, 300 - stage.canvas.getBoundingClientRect().top)")
    assert after == pytest.approx(under, abs=1e-6)
    page.click("#fit")
    page.mouse.down()
    page.mouse.move(340, 320)
    page.mouse.up()
    page.click("#zoom-in")
    page.click("#grid")
    assert page.get_attribute("#grid", "aria-pressed") == "true"
    assert shown(page, "stage.onGrid")


def test_the_reference_is_shown_beside_and_against_the_picture(show):
    data, field = made.made(made.PICTURE, made.PICTURES["tiles"])
    original = made.decoded(field, made.PICTURE).copy()
    original[:32] = 255 - original[:32]
    file = io.BytesIO()
    Image.fromarray(original).save(file, "PNG")
    page = show(viewer.page(data, file.getvalue()))
    until(page, "document.getElementById('quality').textContent.startsWith('PSNR')")
    difference = (original / 255.0 - made.decoded(field, made.PICTURE) / 255.0) ** 2
    want = f"PSNR: {-10 * np.log10(difference.mean()):.2f} dB"
    assert page.text_content("#quality") == want
    for key, look in (("e", "error"), ("e", "field"), ("s", "split"), ("r", "reference")):
        page.keyboard.press(key)
        assert shown(page, "stage.look") == look
        assert page.input_value("#look") == look
    page.select_option("#look", "error")
    until(page, "document.getElementById('status').textContent.startsWith('64 × 64')")
    screen, (left, top, width, height) = canvas_of(page)
    part = screen[top : top + height, left : left + width].astype(float)
    assert part[: height // 2 - 5].mean() > 100
    assert part[height // 2 + 5 :].mean() < 1


def test_a_clip_has_the_frames_of_decode_and_its_slider_moves(show):
    data, field = made.made(made.CLIP, made.CLIP_FIELD)
    page = show(viewer.page(data))
    assert not obstacle(page)
    for by in ("js", "gl"):
        got = np.stack([pixels(page, 0, 0, 31, 24, frame=frame, by=by) for frame in range(5)])
        assert_near(got, made.decoded(field, made.CLIP))
    before = page.locator("#canvas").screenshot()
    page.locator("#time").fill("0.8")
    page.wait_for_timeout(300)
    assert shown(page, "stage.t") == pytest.approx((2 * 4 + 1) / 5 - 1)
    assert page.locator("#canvas").screenshot() != before
    page.keyboard.press("Home")
    page.select_option("#fps", "10")
    page.keyboard.press(".")
    assert page.text_content("#moment").startswith("0.10 / 1.00")
    page.click("#play")
    until(page, "!document.getElementById('moment').textContent.startsWith('0.10')")
    page.click("#play")
    assert page.text_content("#play") == "Play"


def test_a_sound_has_the_samples_of_decode_and_plays(show):
    data, field = made.made(made.SOUND, made.SOUND_FIELD)
    original = made.decoded(field, made.SOUND)
    noisy = original + np.random.default_rng(0).integers(-300, 300, original.shape).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, noisy, 8000, format="WAV", subtype="PCM_16")
    page = show(viewer.page(data, file.getvalue()))
    got = np.array(page.evaluate("inr.samples().then((c) => c.map((x) => Array.from(x)))")).T
    assert np.abs(np.clip(np.rint(32768 * got), -32768, 32767) - original).max() <= 2
    signal, error = np.sum(noisy.astype(float) ** 2), np.sum((noisy.astype(float) - original) ** 2)
    assert page.text_content("#quality") == f"SNR: {10 * np.log10(signal / error):.2f} dB"
    page.keyboard.press("ArrowUp")
    assert page.text_content("#speed-now") == "1.19 ×"
    page.keyboard.press("1")
    page.click("#play-sound")
    until(page, "Number(document.getElementById('place').value) > 0.02")
    page.click("#play-sound")
    assert not shown(page, "player.playing")
    page.keyboard.press("Home")
    assert page.text_content("#position").startswith("0.00")
    page.keyboard.press("+")
    assert shown(page, "drawing.to - drawing.from") == 2000
    colours = np.asarray(Image.open(io.BytesIO(page.locator("#spectrogram").screenshot())).convert("RGB"))
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) > 50


def test_the_panel_says_where_the_bytes_go(show):
    data, field = made.made(made.PICTURE, made.PICTURES["tiles"])
    page = show(viewer.page(data))
    page.keyboard.press("i")
    assert page.is_visible("#panel")
    assert f"{len(data):,} bytes" in page.text_content("#summary")
    assert f"{field.params:,} parameters" in page.text_content("#summary")
    assert page.locator("#tensors tr").count() == len(field.tensors)
    weights = page.evaluate("inr.weights().then((all) => all.map((t) => [t.name, Array.from(t.values)]))")
    want = {name: tensor.reshape(-1).tolist() for name, tensor in field.tensors.items()}
    assert dict(weights) == want
    assert page.locator("#curves canvas").count() == field.spec.hidden + 1
    page.click("#about")
    assert not page.is_visible("#panel")


@pytest.mark.parametrize("what", ["a flipped bit", "half of it", "no inr file", "no base64"])
def test_a_damaged_file_shows_what_is_wrong(what, show):
    data, _ = made.made(made.PICTURE, made.PICTURES["tiles"])
    bad = {
        "a flipped bit": data[:-30] + bytes([data[-30] ^ 4]) + data[-29:],
        "half of it": data[: len(data) // 2],
        "no inr file": b"hello",
        "no base64": data,
    }[what]
    text = viewer.page(bad)
    if what == "no base64":
        text = text.replace('id="file">', 'id="file">&&&')
    page = show(text, wait=False)
    page.wait_for_selector("#trouble", state="visible")
    assert "cannot be read" in page.text_content("#trouble-title")
    assert len(page.text_content("#trouble-text")) > 20
    assert not page.is_visible("#picture")


def test_a_page_without_webgl_uses_javascript(show, browser):
    signal = replace(made.PICTURE, shape=(256, 256))
    data, field = made.made(signal, FieldSpec(2, 3, (4, 4), (8, 8), 8, 1, activation=made.RAF))
    text = viewer.page(data).replace('getContext("webgl2"', 'getContext("no-webgl"')
    page = show(text)
    assert "no WebGL2" in obstacle(page)
    assert "without WebGL" in page.text_content("#engine")
    assert_near(pixels(page, 0, 0, 256, 256), made.decoded(field, signal))


def test_the_page_may_fetch_nothing_even_if_it_tried(show):
    data, _ = made.made(made.PICTURE, made.PICTURES["tiles"])
    page = show(viewer.page(data))
    script = "fetch('https://example.org/').then(() => 'fetched', (error) => error.name)"
    assert page.evaluate(script) == "TypeError"
    page.heard.clear()  # the browser says that it kept the page from it


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_is_light_or_dark_as_the_reader_has_it(scheme, dark, show):
    data, _ = made.made(made.SOUND, made.SOUND_FIELD)
    page = show(viewer.page(data), color_scheme=scheme)
    back, front = (
        sum(int(v) for v in re.findall(r"\d+", page.evaluate(f"getComputedStyle(document.body).{name}"))[:3])
        for name in ("backgroundColor", "color")
    )
    assert (back < front) == dark
    assert abs(back - front) > 400


def test_every_control_is_reached_by_the_tab_key_in_the_order_in_which_it_stands(show):
    data, _ = made.made(made.CLIP, made.CLIP_FIELD)
    page = show(viewer.page(data))
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == [
        "about", "canvas", "play", "time", "fps", "zoom-in", "zoom-out", "fit", "natural", "grid",
    ]  # fmt: skip
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert shown(page, "stage.view.scale") == 1
