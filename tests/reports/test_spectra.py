"""Spectra of signals whose spectrum is known."""

import numpy as np
import pytest

from inr.reports import spectra
from inr.reports.excerpt import Planes, Windows


def test_a_grating_peaks_at_its_frequency_and_a_smaller_error_lies_lower():
    x = np.arange(128)
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * 0.2 * x)
    picture = np.broadcast_to(wave[None, None, :, None], (1, 96, 128, 1))
    noisy = picture + 0.001 * np.random.default_rng(0).standard_normal(picture.shape)
    found = spectra.of_planes(Planes(picture, noisy, (0,), 1))
    assert found.frequency[np.argmax(found.signal_db)] == pytest.approx(0.2, abs=0.015)
    # White noise of power 1e-6 is -60 dB at every frequency.
    assert np.median(found.error_db) == pytest.approx(-60, abs=0.5)


def test_a_tone_peaks_at_its_frequency_and_white_noise_has_its_power():
    rate, size = 8000.0, 256
    starts = np.arange(40) * 128
    t = (starts[:, None] + np.arange(size)) / rate
    tone = np.sin(2 * np.pi * 1000 * t)[..., None].repeat(2, -1)
    noise = 0.01 * np.random.default_rng(0).standard_normal(tone.shape)
    found = spectra.of_windows(Windows(tone, tone + noise, starts, True), rate)
    assert found.frequency[np.argmax(found.signal_db)] == 1000
    assert np.median(found.error_db) == pytest.approx(-40, abs=0.5)


def test_what_is_too_short_has_no_spectrum():
    tiny = np.zeros((1, 4, 400, 3))
    assert spectra.of_planes(Planes(tiny, tiny, (0,), 1)) is None
    assert spectra.of_windows(Windows(tiny[0], tiny[0], np.zeros(4), True), 8000.0) is not None
    assert spectra.of_windows(Windows(tiny[0, :, :9], tiny[0, :, :9], np.zeros(4), True), 8000.0) is None
