"""Specs: JSON both ways without loss, and one clear error for each impossible value."""

import json
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest

from inr.errors import InrError, SpecError
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, FitSpec, SignalSpec

IMAGE = SignalSpec("image", (5, 7), 3, 8, "RGB", icc=b"\x00\x01profile\xff")
AUDIO = SignalSpec("audio", (1000,), 2, 16, "PCM_16", Fraction(44100))
VIDEO = SignalSpec(
    "video", (3, 5, 7), 3, 10, "RGB", Fraction(30000, 1001), Fraction(64, 45), (1, 13, 1, 2), (0, 3, 7),
    Fraction(1, 90000),
)  # fmt: skip
FIELD = FieldSpec(
    2, 3, (4, 6), (8, 0), 16, 2, EncodingSpec("fourier", 3, 1.4375),
    ActivationSpec("raf", ("sine", "gauss"), 20.0625, 10.0, shared=False), gain=True,
)  # fmt: skip
UNEVEN = replace(FIELD, tiles=(7, 6), levels=(0, 2, 1))
FITS = [
    FitSpec(),
    FitSpec("best", "tiles", "sine", 5000, 20_000, 33.5, 2.5, None, 64_000_000, 7, "cpu"),
    FitSpec(steps=100),
]


@pytest.mark.parametrize("spec", [IMAGE, AUDIO, VIDEO, FIELD, UNEVEN, *FITS])
def test_a_spec_goes_through_json_text_without_loss(spec):
    text = json.dumps(spec.to_json(), allow_nan=False)
    assert type(spec).from_json(json.loads(text)) == spec


@pytest.mark.parametrize("spec", [IMAGE, FIELD, FITS[0]])
def test_a_key_that_nobody_knows_is_named_in_the_error(spec):
    with pytest.raises(SpecError, match=r"unknown keys \['colour_space'\]; known are \["):
        type(spec).from_json({**spec.to_json(), "colour_space": 1})


@pytest.mark.parametrize("part", ["encoding", "activation"])
def test_a_key_that_nobody_knows_is_an_error_inside_a_nested_spec_too(part):
    data = FIELD.to_json()
    data[part]["slope"] = 1
    with pytest.raises(SpecError, match=r"unknown keys \['slope'\]"):
        FieldSpec.from_json(data)


@pytest.mark.parametrize("key", ["kind", "shape", "channels"])
def test_a_missing_key_is_a_spec_error(key):
    data = IMAGE.to_json()
    del data[key]
    with pytest.raises(SpecError, match=key):
        SignalSpec.from_json(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [("rate", "1/0"), ("rate", "fast"), ("shape", ["a"]), ("icc", "xyz"), ("bits", "many"), ("pts", 3)],
)
def test_a_json_value_of_the_wrong_kind_is_a_spec_error(key, value):
    with pytest.raises(SpecError):
        SignalSpec.from_json({**VIDEO.to_json(), key: value})


@pytest.mark.parametrize("data", [[], None, "image", 3])
def test_what_is_no_json_object_is_a_spec_error(data):
    for cls in (SignalSpec, FieldSpec, FitSpec):
        with pytest.raises(SpecError, match="needs a JSON object"):
            cls.from_json(data)


@pytest.mark.parametrize(
    ("spec", "change", "message"),
    [
        (IMAGE, {"kind": "picture"}, r"one of image, audio, video; got 'picture'"),
        (IMAGE, {"shape": (5,)}, r"image needs 2 grid lengths >= 1; got \(5,\)"),
        (IMAGE, {"shape": (5, 0)}, r"grid lengths >= 1"),
        (IMAGE, {"channels": 0}, r"channels must be >= 1; got 0"),
        (IMAGE, {"bits": 0}, r"bits must be 1..64; got 0"),
        (IMAGE, {"bits": 65}, r"bits must be 1..64; got 65"),
        (AUDIO, {"rate": None}, r"audio needs a rate > 0; got None"),
        (AUDIO, {"rate": Fraction(0)}, r"audio needs a rate > 0; got 0"),
        (VIDEO, {"pts": (0, 1)}, r"one time a frame"),
        (VIDEO, {"time_base": None}, r"with a time_base"),
        (FIELD.encoding, {"name": "hash"}, r"must be identity, fourier, grids, lapped or clips; got 'hash'"),
        (FIELD.encoding, {"count": 0}, r"encoding fourier: count must be 1..64, and 0 for identity; got 0"),
        (FIELD.encoding, {"count": 65}, r"count must be 1..64"),
        (EncodingSpec(), {"count": 1}, r"0 for identity; got 1"),
        (FIELD.encoding, {"base": 1.4}, r"multiple of 1/16 in 1..8; got 1.4"),
        (FIELD.encoding, {"base": 0.5}, r"in 1..8"),
        (FIELD.activation, {"omega_first": 0.0}, r"omega must be .* got 0.0"),
        (FIELD.activation, {"omega_hidden": 4097.0}, r"in \(0, 4096\]; got 4097.0"),
        (FIELD.activation, {"omega_first": 30.01}, r"multiple of 1/16"),
        (FIELD.activation, {"omega_first": float("nan")}, r"multiple of 1/16"),
        (FIELD, {"dims": 4}, r"dims must be 1..3; got 4"),
        (FIELD, {"channels": 0}, r"channels must be >= 1"),
        (FIELD, {"tiles": (4,)}, r"tiles needs 2 counts >= 1; got \(4,\)"),
        (FIELD, {"tiles": (4, 0)}, r"tiles needs 2 counts >= 1"),
        (FIELD, {"margin": (32, 0)}, r"margin needs 2 values of 0..31"),
        (FIELD, {"margin": (-1, 0)}, r"margin needs 2 values of 0..31"),
        (FIELD, {"width": 0}, r"width must be 1..4096; got 0"),
        (FIELD, {"hidden": 65}, r"hidden must be 0..64; got 65"),
        (UNEVEN, {"levels": (0, 2, 16)}, r"levels must be whole numbers of 0..15; got \[16\]"),
        (UNEVEN, {"levels": (0, 2, -1)}, r"of 0..15; got \[-1\]"),
        (UNEVEN, {"levels": (0, 2.0, 1)}, r"whole numbers of 0..15; got \[2.0\]"),
        (UNEVEN, {"levels": (2, 2)}, r"levels make 8 tiles, but the slowest axis must have 7"),
        (UNEVEN, {"tiles": (6, 7)}, r"levels make 7 tiles, but the slowest axis must have 6"),
        (UNEVEN, {"levels": (0,) * 7}, r"all 0 cut nothing; leave them empty"),
        (FITS[0], {"preset": "slow"}, r"--preset must be one of fast, balanced, small, best; got 'slow'"),
        (FITS[0], {"profile": "mesh"}, r"--profile must be one of auto, single, tiles, grids; got 'mesh'"),
        (FITS[0], {"device": "tpu"}, r"--device must be auto, cpu or cuda; got 'tpu'"),
        (FITS[0], {"params": 0}, r"--params must be at least 1; got 0"),
        (FITS[0], {"max_size": 0}, r"--max-size must be at least 1; got 0"),
        (FITS[0], {"steps": 0}, r"--steps must be at least 1; got 0"),
        (FITS[0], {"memory_bytes": 31_999_999}, r"--memory must be at least 32000000; got 31999999"),
        (FITS[0], {"time_s": 0.0}, r"--time must be a positive number of seconds; got 0"),
        (FITS[0], {"time_s": float("inf")}, r"--time must be a positive number"),
        (FITS[0], {"time_s": float("nan")}, r"--time must be a positive number"),
        (FITS[0], {"target_psnr": 200.0}, r"--target-psnr must lie between 0 and 200 dB; got 200"),
        (FITS[0], {"steps": 3, "time_s": 1.0}, r"--time and --steps exclude each other"),
        (FITS[0], {"seed": -1}, r"--seed must be in 0"),
        (FITS[0], {"seed": 2**32}, r"--seed must be in 0"),
    ],
)
def test_each_impossible_value_has_an_error_that_says_what_is_needed(spec, change, message):
    with pytest.raises(SpecError, match=message) as caught:
        replace(spec, **change)
    assert isinstance(caught.value, InrError)
    assert caught.value.exit_code == 2


def test_specs_cannot_be_changed_after_their_checks():
    with pytest.raises(FrozenInstanceError):
        IMAGE.bits = 0
    with pytest.raises(FrozenInstanceError):
        FIELD.activation.omega_first = 0.1


def test_a_field_of_before_there_were_levels_is_one_without_any():
    data = FIELD.to_json()
    del data["levels"]
    assert FieldSpec.from_json(data) == FIELD
    assert FIELD.levels == ()


@pytest.mark.parametrize("levels", [3, None, [0, "a", 1], [[0, 2, 1]]])
def test_levels_of_the_wrong_kind_are_a_spec_error(levels):
    with pytest.raises(SpecError):
        FieldSpec.from_json({**UNEVEN.to_json(), "levels": levels})


def test_samples_and_seconds_follow_from_the_grid_and_the_rate():
    assert (IMAGE.samples, IMAGE.seconds) == (35, None)
    assert (AUDIO.samples, AUDIO.seconds) == (1000, pytest.approx(1000 / 44100))
    assert replace(VIDEO, pts=None).seconds == pytest.approx(3 * 1001 / 30000)
    # The last frame lasts as long as the one before it: 7 + (7 - 3) units of 1/90000 s.
    assert VIDEO.seconds == pytest.approx(11 / 90000)


def test_a_field_is_single_exactly_when_it_has_one_tile():
    assert (FIELD.layout, FIELD.tile_count) == ("tiles", 24)
    assert (replace(FIELD, tiles=(1, 1)).layout, replace(FIELD, tiles=(1, 1)).tile_count) == ("single", 1)
