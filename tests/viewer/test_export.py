"""`inr export x.inr x.html`."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.cli import made as sources
from tests.cli.commands import inr
from tests.viewer import made, made_clips
from tests.viewer.test_page import Parts


@pytest.fixture
def file(tmp_path):
    data, field = made.made(made.PICTURE, made.PICTURES["tiles"])
    (tmp_path / "a.inr").write_bytes(data)
    Image.fromarray(made.decoded(field, made.PICTURE)).save(tmp_path / "a.png")
    return tmp_path / "a.inr"


def test_a_page_has_the_very_bytes_of_the_file(file, tmp_path):
    got = inr("export", file, tmp_path / "a.html")
    assert got.code == 0, got
    assert f"{file.stat().st_size:,} bytes of .inr" in got.err
    parts = Parts((tmp_path / "a.html").read_text())
    assert base64.b64decode(parts.texts["file"]) == file.read_bytes()
    assert parts.texts["title"] == "a.inr"
    assert parts.texts.get("reference", "") == ""


def test_a_clip_by_grids_has_a_page_too(tmp_path):
    data, _ = made_clips.film((2, 1), (16, 20))
    (tmp_path / "clip.inr").write_bytes(data)
    got = inr("export", tmp_path / "clip.inr", tmp_path / "clip.html")
    assert got.code == 0, got
    assert base64.b64decode(Parts((tmp_path / "clip.html").read_text()).texts["file"]) == data


def test_a_page_under_a_bound_has_a_file_under_it(file, tmp_path):
    bound = file.stat().st_size // 2
    assert inr("export", file, tmp_path / "a.html", "--max-size", bound).code == 0
    parts = Parts((tmp_path / "a.html").read_text())
    assert 0 < len(base64.b64decode(parts.texts["file"])) <= bound


def test_a_reference_picture_is_put_in_as_png(file, tmp_path):
    assert inr("export", file, tmp_path / "a.html", "--with-reference", tmp_path / "a.png").code == 0
    parts = Parts((tmp_path / "a.html").read_text())
    with (
        Image.open(io.BytesIO(base64.b64decode(parts.texts["reference"]))) as found,
        Image.open(tmp_path / "a.png") as want,
    ):
        assert found.format == "PNG"
        assert np.array_equal(np.asarray(found), np.asarray(want))


def test_an_existing_page_is_kept_and_replaced_with_force(file, tmp_path):
    (tmp_path / "a.html").write_text("precious")
    assert inr("export", file, tmp_path / "a.html").code == 2
    assert (tmp_path / "a.html").read_text() == "precious"
    assert inr("export", file, tmp_path / "a.html", "--force").code == 0


def test_what_cannot_be_put_in_is_refused(file, tmp_path):
    other = sources.picture(tmp_path / "other.png")
    sound = sources.sound(tmp_path / "sound.wav")
    for reference in (other, sound):
        got = inr("export", file, tmp_path / "b.html", "--with-reference", reference)
        assert got.code == 2
        assert "made from" in got.complaint
    assert inr("export", file, tmp_path / "b.html", "--with-reference", tmp_path / "no.png").code == 3
    got = inr("export", file, tmp_path / "b.safetensors", "--with-reference", tmp_path / "a.png")
    assert (got.code, ".html" in got.complaint) == (2, True)
    data, _ = made.made(made.CLIP, made.CLIP_FIELD)
    (tmp_path / "clip.inr").write_bytes(data)
    got = inr("export", tmp_path / "clip.inr", tmp_path / "b.html", "--with-reference", other)
    assert (got.code, "video" in got.complaint) == (2, True)
    assert not (tmp_path / "b.html").exists()
