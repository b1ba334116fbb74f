"""The picture codecs: sizes and decibels against Pillow and scikit-image called directly."""

import io

import numpy as np
import pytest
from PIL import Image, features
from skimage.metrics import peak_signal_noise_ratio

from inr import metrics, signals
from inr.bench.codecs import measure, opponents
from inr.bench.codecs.contender import Contender
from inr.errors import SignalError
from tests.cli.made import pixels


@pytest.fixture
def opened(tmp_path):
    """Opens arrays as pictures."""
    readers = []

    def make(values):
        readers.append(signals.open_reader(values, kind="image"))
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


def named(reader):
    found, missing = opponents(reader)
    assert missing == []
    return {contender.name: contender for contender in found}


@pytest.mark.parametrize(
    ("codec", "setting", "feature", "format", "options"),
    [
        ("jpeg", "quality 45, 4:2:0", "jpg", "JPEG",
         {"quality": 45, "subsampling": "4:2:0", "optimize": True, "progressive": True}),
        ("jpeg", "quality 82, 4:4:4", "jpg", "JPEG",
         {"quality": 82, "subsampling": "4:4:4", "optimize": True, "progressive": True}),
        ("webp", "quality 72", "webp", "WEBP", {"quality": 72, "method": 6}),
        ("avif", "quality 63", "avif", "AVIF", {"quality": 63, "speed": 6, "subsampling": "4:4:4"}),
        ("jpeg2000", "0.5 bits a value", "jpg_2000", "JPEG2000",
         {"irreversible": True, "mct": 1, "quality_mode": "rates", "quality_layers": [16], "no_jp2": True}),
    ],
)  # fmt: skip
def test_a_point_is_what_pillow_and_scikit_image_say(
    opened, tmp_path, codec, setting, feature, format, options
):
    if not features.check(feature):
        pytest.skip(f"this Pillow has no {feature}")
    picture = pixels(60, 88)
    reader = opened(picture)
    point = measure(named(reader)[codec], setting, reader, tmp_path)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format=format, **options)
    decoded = np.asarray(Image.open(stream))
    assert point.size_bytes == len(stream.getvalue())
    want = peak_signal_noise_ratio(picture, decoded)
    assert metrics.psnr_db(point.sums.errors) == pytest.approx(want, abs=1e-5)
    assert point.encode_s > 0
    assert point.decode_s > 0
    assert list(tmp_path.iterdir()) == []


def test_every_codec_rises_with_its_settings_and_spans_the_rates_of_ours(opened, tmp_path):
    """Ours stand at 0.15 to 1.5 bits a pixel; the grain is grey, which halved colour can follow."""
    rng = np.random.default_rng(0)
    picture = np.clip(pixels(96, 96) + rng.normal(0, 4, (96, 96, 1)), 0, 255).astype(np.uint8)
    reader = opened(picture)
    for contender in named(reader).values():
        points = [measure(contender, s, reader, tmp_path) for s in contender.settings if "4:2:0" not in s]
        sizes = [p.size_bytes for p in points]
        errors = [p.sums.error for p in points]
        assert sizes == sorted(sizes), contender.name
        assert errors[-1] < 0.5 * errors[0], contender.name
        assert 8 * sizes[-1] / 96**2 > 1.5, contender.name


def test_grey_pictures_are_compared_as_grey(opened, tmp_path):
    picture = pixels(64, 64, channels=1)
    reader = opened(picture)
    for contender in named(reader).values():
        best = list(contender.settings)[-1]
        point = measure(contender, best, reader, tmp_path)
        assert point.sums.count == 64 * 64
        assert metrics.psnr_db(point.sums.errors) > 35, contender.name


@pytest.mark.parametrize(
    "picture",
    [pixels(20, 20, channels=4), pixels(20, 20, depth=16).astype(np.uint16)],
    ids=["alpha", "16 bit"],
)
def test_pictures_that_the_codecs_do_not_take_leave_them_out_with_one_line(opened, picture):
    found, missing = opponents(opened(picture))
    assert found == []
    assert len(missing) == 1
    assert "grey or RGB of 8 bits" in missing[0]


def test_a_codec_that_this_pillow_lacks_is_left_out_with_one_line(opened, monkeypatch):
    monkeypatch.setitem(features.modules, "avif", ("PIL._no_such_module", None))
    found, missing = opponents(opened(pixels(20, 20)))
    assert "avif" not in [contender.name for contender in found]
    assert missing == ["avif left out: this build of Pillow does not have it"]


def contender_that_decodes(blocks):
    return Contender(
        "odd", ".odd", {"only": None}, lambda options, path: path.write_bytes(b"123"), lambda path: blocks
    )


@pytest.mark.parametrize(
    "blocks",
    [
        [np.zeros((20, 20, 3), np.uint8)[:19]],
        [np.zeros((20, 20, 3), np.uint8), np.zeros((1, 20, 3), np.uint8)],
        [np.zeros((20, 21, 3), np.uint8)],
        [np.zeros((20, 20, 1), np.uint8)],
        [],
    ],
)
def test_what_comes_back_on_another_grid_is_refused(opened, tmp_path, blocks):
    with pytest.raises(SignalError, match="were decoded; the signal has"):
        measure(contender_that_decodes(blocks), "only", opened(np.zeros((20, 20, 3), np.uint8)), tmp_path)


def test_errors_add_up_over_blocks(opened, tmp_path, rng):
    picture = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
    decoded = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
    point = measure(
        contender_that_decodes([decoded[:7], decoded[7:8], decoded[8:]]), "only", opened(picture), tmp_path
    )
    assert point.size_bytes == 3
    want = peak_signal_noise_ratio(picture, decoded)
    assert metrics.psnr_db(point.sums.errors) == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize(("name", "raised"), [("odd", SignalError), ("inr", ZeroDivisionError)])
def test_a_library_that_fails_is_a_refusal_but_a_fault_of_ours_is_not(opened, tmp_path, name, raised):
    def encode(options, path):
        path.write_bytes(b"half a file")
        raise ZeroDivisionError("no luck")

    contender = Contender(name, ".odd", {"only": None}, encode, lambda path: [])
    with pytest.raises(raised, match="no luck"):
        measure(contender, "only", opened(pixels(20, 20)), tmp_path)
    assert list(tmp_path.iterdir()) == []
