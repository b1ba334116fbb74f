"""Power spectra of a signal and of its error, in dB over frequency."""

from dataclasses import dataclass

import numpy as np

from inr.reports.excerpt import Planes, Windows

Array = np.ndarray
BINS = 64
LEAST_SIDE = 16
FLOOR = 1e-15  # of a power: -150 dB


@dataclass(frozen=True)
class Spectrum:
    """Mean power by frequency.

    Attributes:
        frequency: rising; Hz, or cycles a pixel.
        signal_db, error_db: power in dB; 0 dB is a variance of 1 in all of one bin.
    """

    frequency: Array
    signal_db: Array
    error_db: Array


def decibels(power: Array) -> Array:
    """10 log10 of a power, bounded from below."""
    return 10.0 * np.log10(np.maximum(power, FLOOR))


def of_planes(planes: Planes) -> Spectrum | None:
    """Over all directions, mean over channels and frames; None where a side is too short.

    The values' mean is taken out, and the borders are faded by Hann windows.
    """
    height, width = planes.original.shape[1:3]
    if min(height, width) < LEAST_SIDE:
        return None
    fade = np.hanning(height)[:, None] * np.hanning(width)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    edges = np.linspace(0.0, 0.5, min(BINS, min(height, width) // 2) + 1)
    place = np.digitize(radius, edges) - 1
    inside = place < len(edges) - 1
    count = np.maximum(np.bincount(place[inside]), 1)

    def radial(values: Array) -> Array:
        total = np.zeros(len(count))
        for frame in values:
            for channel in np.moveaxis(frame, -1, 0):
                power = np.square(np.abs(np.fft.rfft2((channel - channel.mean()) * fade)))
                total += np.bincount(place[inside], weights=power[inside]) / count
        return decibels(total / (len(values) * values.shape[-1] * np.square(fade).sum()))

    error = planes.decoded - planes.original
    return Spectrum((edges[1:] + edges[:-1]) / 2, radial(planes.original), radial(error))


def spectrogram(values: Array) -> Array:
    """Power of each window by frequency, mean over channels; [M, W, C] -> [M, W / 2 + 1]."""
    size = values.shape[1]
    fade = np.hanning(size + 2)[1:-1]
    total = np.zeros((len(values), size // 2 + 1))
    for channel in np.moveaxis(values, -1, 0):
        total += np.square(np.abs(np.fft.rfft(channel * fade, axis=1)))
    return total / (values.shape[-1] * np.square(fade).sum())


def of_windows(windows: Windows, rate_hz: float) -> Spectrum | None:
    """Mean over a sound's windows (Welch); None where they are too short."""
    size = windows.original.shape[1]
    if size < LEAST_SIDE:
        return None
    error = windows.decoded - windows.original
    both = (decibels(spectrogram(values).mean(0)) for values in (windows.original, error))
    return Spectrum(np.fft.rfftfreq(size, 1.0 / rate_hz), *both)
