"""What a finished fit tells: the last lines on stderr, and the page that `--report` writes."""

import base64
import io
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli import made
from tests.cli.commands import SURROUNDINGS, command, inr, on_a_terminal

KINDS = ("image", "audio", "video")
TILES = ("--profile", "tiles")  # quick; what these tests look at is the page
ALONE = {"meta", "img", "link", "br", "input"}
HEADINGS = {
    "image": {"Original, decoded, error", "Spectrum"},
    "audio": {"Waveform", "Spectrogram", "Spectrum"},
    "video": {"Original, decoded, error", "Spectrum"},
}
ALWAYS = {"Size", "Where the bytes go", "How the fit went", "Measures", "How to do it again"}


class Page(HTMLParser):
    """Checks that tags are balanced, and collects headings, texts, pictures and identifiers."""

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.words, self.pictures, self.ids = [], [], [], [], []
        self.figures = 0
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open += [] if tag in ALONE else [tag]
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.figures += tag == "svg"
        if tag == "img":
            self.pictures.append(values)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)

    @property
    def text(self):
        return " ".join(self.words)


def page(path):
    return Page(Path(path).read_text(encoding="utf-8"))


def pixels(uri):
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.fixture(scope="module")
def reported(sources, tmp_path_factory):
    """A fit of each kind with its page: (result, folder)."""
    pytest.importorskip("matplotlib", reason="needs matplotlib (the plot extra)")
    folder = tmp_path_factory.mktemp("reported")
    return {
        kind: (
            inr(
                "fit", path, "-o", folder / f"{kind}.inr", "--steps", 40, "--report", folder / kind, "--json",
                "--quiet",
            ),
            folder,
        )
        for kind, path in sources.items()
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_every_section_and_stands_alone(reported, kind):
    got, folder = reported[kind]
    assert (got.code, got.err) == (0, "")
    assert os.listdir(folder / kind) == ["index.html"]
    text = (folder / kind / "index.html").read_text(encoding="utf-8")
    shown = Page(text)
    assert HEADINGS[kind] | ALWAYS <= set(shown.headings)
    assert len(shown.ids) == len(set(shown.ids))
    # Names of XML are no addresses; nothing else may look like one.
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses <= {"http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(shown.ids)
    assert "#0102" not in text  # place-holders of colours


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_what_json_says_and_what_info_says(reported, sources, kind):
    got, folder = reported[kind]
    row, shown = got.json, page(folder / kind / "index.html")
    key = "snr_db" if kind == "audio" else "psnr_db"
    for words in (f"{row[key]:.2f} dB", f"{row['size_bytes']:,}", f"{row['source_bytes']:,}"):
        assert words in shown.text
    assert all(reason in shown.text for reason in row["reasons"])
    held = inr("info", folder / f"{kind}.inr", "--json").json
    for tensor in held["tensors"]:
        assert tensor["name"] in shown.words
        assert f"{tensor['bytes']:,.1f}" in shown.words
        assert tensor["step"] in shown.words
    assert all(f"{section['bytes']:,}" in shown.words for section in held["sections"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_of_the_page_makes_the_same_file(reported, kind):
    _, folder = reported[kind]
    line = next(words for words in page(folder / kind / "index.html").words if words.startswith("inr fit "))
    # The paths of this test hold no blanks.
    words = line.split()[1:]
    before = (folder / f"{kind}.inr").read_bytes()
    words[words.index("-o") + 1] = "again.inr"
    words[words.index("--report") + 1] = "again"
    assert inr(*words, "--quiet").code == 0
    assert Path("again.inr").read_bytes() == before


def test_the_pictures_of_the_page_are_the_source_and_what_decode_writes(reported, sources):
    _, folder = reported["image"]
    assert inr("decode", folder / "image.inr", "out.png").code == 0
    shown = {picture["alt"]: pixels(picture["src"]) for picture in page(folder / "image/index.html").pictures}
    want, got = np.asarray(Image.open(sources["image"])), np.asarray(Image.open("out.png"))
    np.testing.assert_array_equal(shown["original"], want)
    assert np.abs(shown["decoded"].astype(int) - got).max() <= 1
    assert shown["error"].shape == want.shape
    # The ramp rises in lightness with the error.
    error = np.abs(want.astype(float) - got).mean(-1)
    lightness = shown["error"] @ [0.299, 0.587, 0.114]
    order = np.argsort(error, axis=None)
    rising = lightness.ravel()[order]
    assert rising[: len(rising) // 4].mean() < rising[-len(rising) // 4 :].mean()


def test_the_frames_of_the_page_are_those_of_the_clip(reported):
    pictures = page(reported["video"][1] / "video/index.html").pictures
    assert len(pictures) == 12
    assert sorted({re.search(r"frame \d+", p["alt"])[0] for p in pictures}) == [
        "frame 0",
        "frame 2",
        "frame 3",
        "frame 5",
    ]


def test_alpha_inks_deep_and_one_bit_pictures_have_a_page():
    Image.fromarray(made.pixels(20, 30, 4)).save("alpha.png")
    Image.new("CMYK", (30, 20), (10, 20, 30, 40)).save("inks.tif")
    Image.fromarray(made.pixels(20, 30, 1, depth=16)[..., 0]).save("deep.png")
    Image.fromarray(made.pixels(20, 30, 1)[..., 0] > 128).save("one.png")
    for name, mode in (("alpha.png", "RGBA"), ("inks.tif", "RGB"), ("deep.png", "L"), ("one.png", "L")):
        assert inr("fit", name, "--steps", 5, "--report", f"{name}.page", "--quiet").code == 0
        shown = page(f"{name}.page/index.html").pictures
        picture = Image.open(io.BytesIO(base64.b64decode(shown[0]["src"].partition(",")[2])))
        assert (picture.mode, picture.size) == (mode, (30, 20))


@pytest.mark.parametrize("frames", [1, 20, 300])
def test_short_sounds_have_a_page(frames):
    made.sound("short.wav", frames)
    assert inr("fit", "short.wav", *TILES, "--steps", 3, "--report", "page", "--quiet").code == 0
    assert "Waveform" in page("page/index.html").headings


def test_silence_and_equal_signals_have_a_page():
    Image.new("L", (8, 8), 128).save("flat.png")
    assert inr("fit", "flat.png", "--steps", 200, "--report", "flat", "--quiet").code == 0
    assert "exact" in page("flat/index.html").words
    import soundfile

    soundfile.write("silence.wav", np.zeros(4000), 8000)
    assert inr("fit", "silence.wav", *TILES, "--steps", 3, "--report", "silence", "--quiet").code == 0


def test_names_are_text_and_not_markup():
    made.picture("<b>&'x.png")
    assert (
        inr("fit", "<b>&'x.png", "-o", "x.inr", *TILES, "--steps", 3, "--report", "page", "--quiet").code == 0
    )
    shown = page("page/index.html")
    assert shown.headings[0] == "<b>&'x.png"


def test_several_inputs_have_a_page_each(sources):
    got = inr("fit", sources["image"], sources["audio"], *TILES, "--steps", 3, "--report", "all", "--quiet")
    assert got.code == 0
    assert sorted(str(p) for p in Path("all").rglob("*.html")) == [
        "all/picture/index.html", "all/sound/index.html",
    ]  # fmt: skip


def test_a_field_without_a_file_format_has_a_page_too(sources):
    words = (
        "fit",
        sources["image"],
        "--activation",
        "wire",
        *TILES,
        "--steps",
        3,
        "--report",
        "page",
        "--quiet",
    )
    assert inr(*words).code == 0
    assert "no number for this activation" in page("page/index.html").text


def test_without_evaluation_the_page_has_no_decibels_of_the_file(sources):
    words = ("fit", sources["image"], "--no-eval", *TILES, "--steps", 30, "--report", "page", "--quiet")
    assert inr(*words).code == 0
    assert "decoded file" not in page("page/index.html").text


def test_without_matplotlib_the_page_has_its_tables_and_names_the_extra(sources, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for kind in KINDS:
        got = inr("fit", sources[kind], "-o", f"{kind}.inr", *TILES, "--steps", 3, "--report", kind)
        assert got.code == 0
        assert 'pip install "inr[plot]"' in got.err
        shown = page(f"{kind}/index.html")
        assert shown.figures == 0
        assert "inr[plot]" in shown.text
        assert {"Size", "Where the bytes go", "Measures"} <= set(shown.headings)
        assert bool(shown.pictures) == (kind != "audio")


def test_a_page_that_is_there_is_kept_without_force(sources):
    words = ("fit", sources["image"], *TILES, "--steps", 3, "--report", "page", "--quiet")
    assert inr(*words).code == 0
    before = Path("page/index.html").stat().st_mtime_ns
    os.unlink("picture.inr")
    got = inr(*words)
    assert got.code == 2
    assert "--force" in got.complaint
    assert not Path("picture.inr").exists()
    assert Path("page/index.html").stat().st_mtime_ns == before
    assert inr(*words, "--force").code == 0
    assert Path("page/index.html").stat().st_mtime_ns > before


def test_a_file_in_the_place_of_the_folder_is_refused_before_the_fit(sources):
    Path("taken").write_text("precious")
    for folder in ("taken", "taken/below"):
        got = inr("fit", sources["image"], *TILES, "--steps", 3, "--report", folder)
        assert got.code == 2
        assert "a file has this name" in got.complaint
    assert os.listdir() == ["taken"]


def test_a_page_that_cannot_be_written_does_not_cost_the_fit(sources):
    Path("page").mkdir()
    Path("page/index.html").mkdir()
    got = inr("fit", sources["image"], *TILES, "--steps", 3, "--report", "page", "--force", "--json")
    assert got.code == 3
    assert "the fit itself is in picture.inr" in got.err
    assert got.json["size_bytes"] == os.path.getsize("picture.inr")
    assert sorted(os.listdir()) == ["page", "picture.inr"]


def test_a_stopped_fit_has_no_page(sources, tmp_path):
    words = command("fit", sources["image"], "--time", 60, "--report", "page")
    process = subprocess.Popen(words, env=SURROUNDINGS, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not Path("picture.inr.run/state.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "no report of a fit that was stopped" in said
    assert Path("picture.inr").exists()
    assert not Path("page").exists()


def test_the_last_lines_hold_the_size_against_the_source_and_others(sources):
    got = inr("fit", sources["image"], "--steps", 20)
    size = os.path.getsize(sources["image"])
    assert f"the source, picture.png: {size:,} bytes" in got.err
    assert "the same samples as PNG, lossless: " in got.err
    assert "  JPEG " in got.err
    got = inr("fit", sources["audio"], "--steps", 20)
    assert "as 16-bit FLAC, lossless: " in got.err
    got = inr("fit", sources["image"], *TILES, "--steps", 3, "--no-eval", "--force")
    assert "JPEG" not in got.err
    assert f"{size:,} bytes" in got.err


def test_a_source_that_is_smaller_is_owned_up_to():
    made.picture("small.jpg", quality=5)
    words = ("fit", "small.jpg", "--steps", 10, "--params", 4000, "--force")
    line = f"the source, small.jpg, is smaller: {os.path.getsize('small.jpg'):,} bytes at full quality"
    assert line in inr(*words, "--report", "page").err
    assert line in page("page/index.html").text.replace("The source", "the source").replace(".  ", "  ")
    assert inr(*words, "--quiet").err == ""


def test_json_has_the_size_of_the_source(sources):
    for kind in KINDS:
        row = inr("fit", sources[kind], "-o", f"{kind}.inr", *TILES, "--steps", 3, "--json").json
        assert row["source_bytes"] == os.path.getsize(sources[kind])


@pytest.mark.parametrize("bare", [False, True])
def test_a_terminal_gets_colour_unless_no_color_is_set(bare):
    made.picture("small.jpg", quality=5)
    words = command("fit", "small.jpg", "--steps", 10, "--params", 4000)
    environment = {k: v for k, v in SURROUNDINGS.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    environment |= {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if bare else {})
    code, said = on_a_terminal(words, environment)
    assert code == 0
    assert b"is smaller" in said
    assert (b"\x1b[33m" in said) != bare
