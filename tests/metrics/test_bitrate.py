import pytest

from inr.errors import SpecError
from inr.metrics import bitrate_kbps, bits_per_sample


def test_a_grey_8_bit_picture_stored_raw_costs_8_bits_a_pixel():
    assert bits_per_sample(64 * 48, 64 * 48) == 8.0


def test_the_compact_disc_runs_at_1411_kilobits_a_second():
    assert bitrate_kbps(44_100 * 2 * 2 * 10, 10.0) == pytest.approx(1411.2)


def test_bits_a_sample_times_samples_a_second_is_the_bit_rate():
    size_bytes, rate_hz, seconds = 12_345, 16_000, 3
    bits = bits_per_sample(size_bytes, rate_hz * seconds)
    assert bits * rate_hz / 1000 == pytest.approx(bitrate_kbps(size_bytes, seconds))


def test_no_samples_and_no_duration_are_refused():
    with pytest.raises(SpecError, match="at least one sample"):
        bits_per_sample(10, 0)
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(SpecError, match="above 0 s"):
            bitrate_kbps(10, seconds)
