"""The only lossy step."""

import numpy as np
import pytest

from inr import codec
from inr.errors import SpecError


@pytest.mark.parametrize("k", [-8, -1, 0, 5, 13, 24])
def test_quantising_errs_by_half_a_step_at_most_and_twice_is_once(k):
    step = 2.0**-k
    w = (np.random.default_rng(k + 8).normal(0, 20 * step, (7, 11))).astype(np.float32)
    q = codec.quantise(w, k)
    back = codec.dequantise(q, k)
    assert q.dtype == np.int32
    assert back.dtype == np.float32
    assert np.max(np.abs(back.astype(np.float64) - w)) <= step / 2
    assert np.array_equal(codec.quantise(back, k), q)


@pytest.mark.parametrize("k", [-8, 0, 24])
def test_dequantising_is_exact_for_every_integer_a_file_can_hold(k):
    q = np.array([0, 1, -1, 1 << 22, -(1 << 22), (1 << 22) - 1, 3_141_592], dtype=np.int32)
    assert codec.dequantise(q, k).astype(np.float64).tolist() == [int(v) * 2.0**-k for v in q]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 5000.0])
def test_weights_that_no_integer_can_stand_for_are_refused_by_name(bad):
    with pytest.raises(SpecError, match="gain"):
        codec.quantise(np.array([0.0, bad], dtype=np.float32), 10, name="gain")


def test_an_exponent_out_of_range_is_refused():
    for k in (-9, 25):
        with pytest.raises(SpecError, match="exponent"):
            codec.quantise(np.zeros(3, dtype=np.float32), k)


def test_finest_is_the_last_step_that_quantise_accepts():
    for largest in (0.01, 1.0, 4.0, 900.0):
        w = np.array([largest, 0.0], dtype=np.float32)
        k = codec.finest(w)
        codec.quantise(w, k)
        if k < 24:
            with pytest.raises(SpecError):
                codec.quantise(w * 1.0001, k + 1)
