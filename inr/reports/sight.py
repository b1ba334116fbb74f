"""Pictures and frames on a page: original, decoded, error; the worst place; the spectrum."""

from collections.abc import Iterator

import numpy as np

from inr import metrics
from inr.reports import figures, pictures, spectra
from inr.reports.excerpt import DETAIL, Excerpts, Planes
from inr.reports.svg import no_figures
from inr.reports.tables import text
from inr.specs import SignalSpec

ENLARGED = ", enlarged"


def show_planes(excerpts: Excerpts, signal: SignalSpec) -> Iterator[str]:
    """The section of a picture or a clip."""
    shown = excerpts.overview()
    yield "<h2>Original, decoded, error</h2>\n"
    if shown.stride > 1:
        yield f"<p class='note'>Every {_th(shown.stride)} pixel along both sides is shown.</p>\n"
    error = pictures.absolute(shown.original, shown.decoded)
    scale = pictures.error_scale(error)
    for place, t in enumerate(shown.frames):
        words = f", frame {t}" if signal.kind == "video" else ""
        yield _triple(shown, place, error[place], scale, signal, words)
    yield _ramp(scale)
    if signal.kind == "image":
        yield from _detail(excerpts, shown, scale, signal)
    if no_figures() is None:
        yield from _spectrum(excerpts)


def _triple(
    shown: Planes, place: int, error: np.ndarray, scale: float, signal: SignalSpec, words: str
) -> str:
    """Original, decoded and error side by side; `words` say more about each."""
    icc, cmyk = signal.icc, signal.mode == "CMYK"
    quality = _decibels(shown, place) if signal.kind == "video" else ""
    large = " class='large'" if words == ENLARGED else ""
    sources = (
        (f"original{words}", pictures.png(shown.original[place], icc, cmyk=cmyk)),
        (f"decoded{words}{quality}", pictures.png(shown.decoded[place], icc, cmyk=cmyk)),
        (f"error{words}", pictures.coloured(error, scale)),
    )
    cells = "".join(
        f"<figure><img{large} src='{source}' alt='{text(name)}'>"
        f"<figcaption>{text(name)}</figcaption></figure>"
        for name, source in sources
    )
    return f"<div class='views{' three' if words else ''}'>{cells}</div>\n"


def _decibels(shown: Planes, place: int) -> str:
    sums = metrics.update_error(metrics.ErrorSums(), shown.original[place], shown.decoded[place])
    value = metrics.psnr_db(sums)
    if value is None:
        return ", exact"
    return f", {'about ' if shown.stride > 1 else ''}{value:.1f} dB"


def _ramp(scale: float) -> str:
    """What the colours of the error mean."""
    return (
        "<p class='ramp'>error, mean over channels, of 255: 0 "
        f"<i style='background:{pictures.gradient()}'></i> {255 * scale:.1f} and more</p>\n"
    )


def _detail(excerpts: Excerpts, shown: Planes, scale: float, signal: SignalSpec) -> Iterator[str]:
    found = excerpts.worst(shown)
    if found is None:
        return
    planes, top, left = found
    error = pictures.absolute(planes.original, planes.decoded)
    yield f"<h3>The worst place: {DETAIL} × {DETAIL} pixels from row {top}, column {left}</h3>\n"
    yield _triple(planes, 0, error[0], scale, signal, ENLARGED)


def _spectrum(excerpts: Excerpts) -> Iterator[str]:
    planes = excerpts.middle()
    found = spectra.of_planes(planes)
    if found is None:
        return
    height, width = planes.original.shape[1:3]
    yield f"<h2>Spectrum</h2>\n<figure class='card'>{figures.spectrum(found, 'cycles a pixel')}"
    yield f"<figcaption>over all directions, of the middle {width} × {height} pixels</figcaption></figure>\n"


def _th(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{ending}"
