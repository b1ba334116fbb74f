"""What the page says about a colour profile: its name, as another reader of profiles gives it."""

import io
import struct

import pytest
from PIL import Image, ImageCms

from inr.signals import open_reader
from tests.viewer.javascript import ask, text, value


def version_2(name):
    """A profile of nothing but a name, as version 2 writes it."""
    words = name.encode("ascii") + b"\0"
    tag = b"desc" + bytes(4) + struct.pack(">I", len(words)) + words + bytes(78)
    return bytes(128) + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


def colour(profiles, folder):
    return [value(answer) for answer in ask([{"ask": "colour", "data": text(p)} for p in profiles], folder)]


def test_a_profile_has_the_name_that_littlecms_reads(tmp_path):
    made = [
        ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes() for kind in ("sRGB", "LAB", "XYZ")
    ]
    with open_reader("sample:cat") as reader:
        made.append(reader.spec.icc)
    for (name, _), profile in zip(colour(made, tmp_path), made, strict=True):
        want = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        assert name == want.strip()


def test_only_another_colour_space_than_srgb_is_warned_of(tmp_path):
    names = ["sRGB IEC61966-2.1", "Adobe RGB (1998)"]
    srgb, adobe = colour([version_2(name) for name in names], tmp_path)
    assert srgb == [names[0], f"profile {names[0]}"]
    assert adobe[0] == names[1]
    assert "as if it were sRGB" in adobe[1]


@pytest.mark.parametrize("cut", [0, 100, 131, 140, 150, 158])
def test_a_profile_that_ends_early_has_no_name_and_costs_nothing(cut, tmp_path):
    ((name, words),) = colour([version_2("Adobe RGB (1998)")[:cut]], tmp_path)
    assert name == ""
    assert "without a name" in words


def test_a_name_is_one_short_line_whatever_stands_in_it(tmp_path):
    ((name, _),) = colour([version_2("a\nb\t<c>" + 500 * "d")], tmp_path)
    assert name.startswith("a b <c>d")
    assert len(name) <= 60


def test_a_page_of_a_picture_says_what_its_profile_is(show, tmp_path):
    from inr import viewer
    from tests.cli.commands import inr

    Image.new("RGB", (24, 16), "orange").save(tmp_path / "p.png", icc_profile=version_2("Adobe RGB (1998)"))
    got = inr("fit", tmp_path / "p.png", "-o", tmp_path / "p.inr", "--steps", 3, "--no-eval", "--quiet")
    assert got.code == 0, got.err
    page = show(viewer.page((tmp_path / "p.inr").read_bytes()))
    assert "profile Adobe RGB (1998); shown here as if it were sRGB" in page.text_content("#architecture")
