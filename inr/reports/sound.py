"""A sound on a page: waveforms, spectrograms, the spectrum; by matplotlib alone."""

from collections.abc import Iterator

from inr.reports import figures, spectra
from inr.reports.excerpt import Excerpts
from inr.reports.svg import no_figures
from inr.specs import SignalSpec


def show_sound(excerpts: Excerpts, signal: SignalSpec) -> Iterator[str]:
    """The section of a sound."""
    if no_figures() is not None:
        return
    windows, rate_hz = excerpts.windows(), float(signal.rate or 1)
    count, size = windows.original.shape[:2]
    yield f"<h2>Waveform</h2>\n<figure class='card'>{figures.waveform(windows, rate_hz)}"
    words = "the range over all channels"
    if not windows.whole:
        words += f", of {count} windows of {size} samples at even distances"
    yield f"<figcaption>{words}</figcaption></figure>\n"
    found = spectra.of_windows(windows, rate_hz)
    if found is None:
        return
    yield f"<h2>Spectrogram</h2>\n<figure class='card'>{figures.spectrograms(windows, rate_hz)}"
    yield f"<figcaption>{count} Hann windows of {size} samples, mean over channels</figcaption></figure>\n"
    yield f"<h2>Spectrum</h2>\n<figure class='card'>{figures.spectrum(found, 'Hz')}</figure>\n"
