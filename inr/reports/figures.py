"""The figures of a page, by matplotlib: the curve, the spectrum, the shapes, the sound."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inr.reports.curve import CurvePoint
from inr.reports.excerpt import Windows
from inr.reports.shapes import Shapes
from inr.reports.spectra import Spectrum, decibels, spectrogram
from inr.reports.svg import DECODED, ERROR, SIGNAL, SOFT, svg

WIDE, PANEL, SHORT = 9.0, 2.6, 1.6  # inches
MOST_COLUMNS = 4  # of shapes
SPECTROGRAM_DB = 90.0  # from the loudest down
ROOM = 1.05


def quality_curve(points: Sequence[CurvePoint], unit: str, final_db: float | None) -> str:
    """Running quality over steps and over seconds; the decoded file's as a line."""

    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 2, sharey=True)
        quality = [p.quality_db for p in points]
        for axis, values, label in (
            (axes[0], [p.step for p in points], "steps"),
            (axes[1], [p.seconds for p in points], "seconds since the first byte was read"),
        ):
            axis.plot(values, quality, color=SIGNAL, linewidth=1.2, label="running, over recent batches")
            if final_db is not None:
                axis.axhline(final_db, color=ERROR, linestyle="--", linewidth=1.2, label="decoded file")
            axis.set_xlabel(label)
            axis.grid(True)
        axes[0].set_ylabel(f"{unit}, dB")
        axes[1].legend(loc="lower right")

    last = points[-1]
    words = f"{unit} over steps and seconds, ending at {last.quality_db:.1f} dB after {last.step} steps"
    return svg("curve", (WIDE, PANEL), draw, words)


def spectrum(found: Spectrum, unit: str) -> str:
    """Power of the signal and of the error over frequency."""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        axis.plot(found.frequency, found.signal_db, color=SIGNAL, label="signal")
        axis.plot(found.frequency, found.error_db, color=ERROR, linestyle="--", label="error")
        axis.set_xlabel(f"frequency, {unit}")
        axis.set_ylabel("power, dB")
        axis.set_xlim(found.frequency[0], found.frequency[-1])
        axis.grid(True)
        axis.legend()

    return svg("spectrum", (WIDE, PANEL), draw, "power of the signal and of the error over frequency")


def layers(shapes: Sequence[Shapes]) -> str:
    """Activation shapes of some neurons: a column a layer, before the fit above, after it below."""
    columns = min(MOST_COLUMNS, len(shapes))
    rows = 2 * -(-len(shapes) // columns)

    def draw(figure: Any) -> None:
        grid = figure.subplots(rows, columns, squeeze=False)
        for axis in grid.flat:
            axis.set_axis_off()
        for number, shape in enumerate(shapes):
            block, column = divmod(number, columns)
            above, below = grid[2 * block][column], grid[2 * block + 1][column]
            above.sharey(below)
            for axis, lines, colour in ((above, shape.before, SOFT), (below, shape.after, SIGNAL)):
                axis.set_axis_on()
                axis.plot(shape.z, lines, color=colour, linewidth=0.9)
                axis.set_xlim(shape.z[0], shape.z[-1])
                axis.locator_params(nbins=4)
                axis.grid(True)
            above.set_title(f"layer {number}", fontsize=10)
            above.tick_params(labelbottom=False)
            if column == 0:
                above.set_ylabel("before")
                below.set_ylabel("after")

    size = (WIDE, 0.4 + 1.4 * rows)
    return svg("layers", size, draw, "activation shapes before and after the fit")


def waveform(windows: Windows, rate_hz: float) -> str:
    """Original, decoded and error: the range that each window covers, over all channels."""
    seconds = (windows.starts + windows.original.shape[1] / 2) / rate_hz
    error = windows.decoded - windows.original
    most = max(float(np.abs(windows.original).max()), 1e-6)
    times = enlargement(most, float(np.abs(error).max()))
    last = (f"error × {times}" if times > 1 else "error", times * error, ERROR)

    def draw(figure: Any) -> None:
        axes = figure.subplots(3, 1, sharex=True, sharey=True)
        named = (("original", windows.original, SIGNAL), ("decoded", windows.decoded, DECODED))
        for axis, (name, values, colour) in zip(axes, (*named, last), strict=True):
            flat = values.reshape(len(values), -1)
            axis.fill_between(seconds, flat.min(1), flat.max(1), color=colour, linewidth=0.6)
            axis.set_ylabel(name)
            axis.grid(True)
        room = ROOM * max(most, float(np.abs(last[1]).max()))
        axes[0].set_ylim(-room, room)
        axes[-1].set_xlabel("seconds")

    return svg("waveform", (WIDE, 3 * SHORT), draw, "waveforms of original, decoded and error")


def enlargement(most: float, error: float) -> int:
    """By how much an error is enlarged to be seen beside a signal: 1, 2, 5, 10, 20, 50 ... 100,000."""
    steps = [factor * 10**power for power in range(5) for factor in (1, 2, 5)] + [100_000]
    return max((step for step in steps if step * error <= most), default=1)


def spectrograms(windows: Windows, rate_hz: float) -> str:
    """Original, decoded and error as power over time and frequency, on one scale."""
    error = windows.decoded - windows.original
    powers = [decibels(spectrogram(v)) for v in (windows.original, windows.decoded, error)]
    top = float(powers[0].max())
    half = windows.original.shape[1] / 2
    extent = (
        (windows.starts[0] + half) / rate_hz,
        (windows.starts[-1] + half + 1) / rate_hz,
        0.0,
        rate_hz / 2000,
    )

    def draw(figure: Any) -> None:
        axes = figure.subplots(3, 1, sharex=True, sharey=True)
        for axis, name, power in zip(axes, ("original", "decoded", "error"), powers, strict=True):
            picture = axis.imshow(
                power.T - top,
                origin="lower",
                aspect="auto",
                extent=extent,
                vmin=-SPECTROGRAM_DB,
                vmax=0.0,
                interpolation="nearest",
            )
            axis.set_ylabel(f"{name}\nkHz")
        axes[-1].set_xlabel("seconds")
        figure.colorbar(picture, ax=axes, label="dB below the loudest", shrink=0.8)

    return svg("spectrograms", (WIDE, 3 * SHORT), draw, "spectrograms of original, decoded and error")
