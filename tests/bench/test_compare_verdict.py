"""What a comparison says about its own rows: who is best, and whether that may be chance."""

import pytest

from inr.bench import verdict
from inr.bench.drawn import line_style, marked_style


def rows(key="psnr_db", held_out=None, **found):
    """A row a seed of each activation."""
    more = {} if held_out is None else {"held_out_db": held_out, "spline_db": 25.0}
    return [
        {"activation": name, "seed": seed, "psnr_db": 1.0, "mse": 0.1, **more, key: db}
        for name, dbs in found.items()
        for seed, db in enumerate(dbs)
    ]


def test_activations_are_told_apart_where_every_seed_is_above_every_seed():
    said = verdict(rows(raf=[31.0, 30.0, 32.0], sine=[29.9, 28.0, 27.0], gauss=[20.0, 20.0, 31.5]))
    assert said[0] == "raf has the highest PSNR: 31.00 dB in the mean of 3 seeds"
    assert said[1] == "raf is 2.70 dB above sine, every seed above every seed (by chance alone: once in 20)"
    assert said[2] == "raf is 7.17 dB above gauss in the mean, but their seeds overlap: no order can be told"


def test_one_seed_tells_no_order():
    assert "more than chance" in verdict(rows(raf=[31.0], sine=[20.0]))[1]
    assert verdict(rows(raf=[31.0])) == ["raf has the highest PSNR: 31.00 dB in the mean of 1 seed"]


def test_sound_is_judged_by_its_snr():
    assert (
        "sine has the highest SNR: 12.00 dB" in verdict(rows("snr_db", raf=[3.0, 4.0], sine=[11.0, 13.0]))[0]
    )


def test_what_has_no_decibels_is_named_and_not_ranked():
    said = verdict(rows(raf=[None, 30.0], sine=[20.0, 21.0]))
    assert said[0].startswith("raf: not ranked")
    assert said[1].startswith("sine has the highest")
    assert verdict(rows(raf=[None])) == [
        "raf: not ranked, since the PSNR of some fit is no number (exact, or silence)"
    ]
    assert verdict([]) == []


@pytest.mark.parametrize(("db", "words"), [(25.5, "above"), (24.0, "not above"), (25.0, "not above")])
def test_fields_are_held_against_the_spline_between_the_samples(db, words):
    said = verdict(rows(held_out=db, raf=[31.0, 32.0]))[-1]
    assert said.startswith("between the samples (held out) raf is best")
    assert f"dB, {words} the cubic spline's 25.00 dB" in said


def test_curves_of_a_figure_differ_in_more_than_their_hue():
    assert len({tuple(line_style(n).values()) for n in range(24)}) == 24
    for number in range(24):
        first, second = line_style(number), line_style(number + 1)
        assert first["linestyle"] != second["linestyle"]
        assert first["color"] != second["color"]
    assert len({marked_style(n)["marker"] for n in range(6)}) == 6
