"""The page of a finished fit: one HTML file that fetches nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inr import signals
from inr.fitting import Outcome
from inr.reports import figures, tables
from inr.reports.compare import Comparison
from inr.reports.curve import Curve
from inr.reports.document import command, document, facts, save
from inr.reports.excerpt import Excerpts
from inr.reports.machine import machine
from inr.reports.shapes import shapes
from inr.reports.sight import show_planes
from inr.reports.sound import show_sound
from inr.reports.svg import no_figures
from inr.reports.tables import text
from inr.specs import FitSpec, SignalSpec


@dataclass(frozen=True)
class Finished:
    """All that is known of a fit.

    Attributes:
        name: the input, as the person called it.
        command: the command line that does the same fit.
        row: what `fit --json` reports.
        request, outcome: the fit's.
        curve: of its records.
        comparison: of its size.
    """

    name: str
    command: str
    row: dict[str, Any]
    request: FitSpec
    outcome: Outcome
    curve: Curve
    comparison: Comparison


def write(folder: Path, reader: signals.Reader, done: Finished) -> Path:
    """Write a fit's page.

    Args:
        folder: made where it is missing; an `index.html` in it is replaced.
        reader: the source.
        done: the fit.

    Returns: the page's path.

    Raises:
        OSError: it cannot be written.
        SignalError: the source cannot be read any more.
    """
    return save(folder, document(f"{done.name}: a fit by inr", _body(reader, done)))


def _body(reader: signals.Reader, done: Finished) -> Iterator[str]:
    yield from _head(reader, done)
    excerpts = Excerpts(done.outcome.coded.field, done.outcome.coded.signal, reader)
    show = show_sound if reader.spec.kind == "audio" else show_planes
    yield from show(excerpts, done.outcome.coded.signal)
    yield from _size(done)
    if no_figures() is None:
        yield from _course(done)
    yield from _how(done)


def _head(reader: signals.Reader, done: Finished) -> Iterator[str]:
    spec, row = reader.spec, done.row
    title = done.name if done.name.startswith("sample:") else Path(done.name).name
    yield f"<h1>{text(title)}</h1>\n<p class='lead'>{_what(spec)}, {spec.channels} "
    yield f"channel{'s' if spec.channels != 1 else ''}, {spec.bits} bits"
    yield f", {spec.seconds:.2f} s" if spec.seconds else ""
    yield f"; fitted by {row['params']:,} numbers in {row['fit_seconds']:.1f} s.</p>\n"
    for warning in _warnings(done):
        yield f"<p class='warning'>{text(warning)}</p>\n"
    shown = [(f"{row['size_bytes']:,}", "bytes")] if row.get("size_bytes") else []
    key = "snr_db" if spec.kind == "audio" else "psnr_db"
    if key in row:
        value = row[key]
        unit = f"{key[:-3].upper()}, decoded"
        nothing = "exact" if row.get("exact") else "undefined"
        shown.append((nothing if value is None else f"{value:.2f} dB", unit))
    if row.get("size_bytes"):
        shown.append((f"{row['bits_per_sample']:.3f}", "bits a sample"))
        if done.comparison.source_bytes:
            ratio = done.comparison.source_bytes / row["size_bytes"]
            shown.append((f"{ratio:.2f} : 1" if ratio < 10 else f"{ratio:.1f} : 1", "source to this file"))
    shown.append((f"{row['steps']:,}", "steps"))
    yield facts(shown)


def _what(spec: SignalSpec) -> str:
    """Kind and shape in words, sides as people name them: width first."""
    if spec.kind == "audio":
        return f"A sound of {spec.samples:,} samples at {float(spec.rate or 1):,g} Hz"
    sides = " × ".join(f"{n:,}" for n in reversed(spec.shape[-2:]))
    frames = "" if spec.kind == "image" else f"{spec.shape[0]:,} frames of "
    return f"A {'picture' if spec.kind == 'image' else 'clip'} of {frames}{sides} pixels"


def _warnings(done: Finished) -> Iterator[str]:
    missing = no_figures()
    if missing:
        yield missing
    if done.outcome.failure:
        yield done.outcome.failure
    if not done.outcome.coded.reached and done.request.target_psnr is not None:
        yield f"{done.request.target_psnr:g} dB were asked for and not reached; this is the best"
    ours, source = done.row.get("size_bytes", 0), done.comparison.source_bytes
    if 0 < source < ours:
        yield f"The source, {done.comparison.source}, is smaller: {source:,} bytes at full quality."


def _size(done: Finished) -> Iterator[str]:
    yield "<h2>Size</h2>\n"
    if done.row.get("size_bytes") and done.outcome.coded.data:
        yield tables.sizes(done.comparison, done.row)
        if done.comparison.jpeg:
            yield f"<p class='note'>{text(done.comparison.jpeg_words(done.row['size_bytes']))}</p>\n"
        yield "<h2>Where the bytes go</h2>\n"
        yield tables.budget(done.outcome.coded.data)
        return
    yield "<p>The file format has no number for this activation; these are the field's own numbers.</p>\n"
    yield tables.tensors(done.outcome.coded.field)


def _course(done: Finished) -> Iterator[str]:
    audio = done.outcome.coded.signal.kind == "audio"
    unit, final = ("SNR", done.row.get("snr_db")) if audio else ("PSNR", done.row.get("psnr_db"))
    yield "<h2>How the fit went</h2>\n"
    points = done.curve.points
    if len(points) > 1:
        yield f"<figure class='card'>{figures.quality_curve(points, unit, final)}</figure>\n"
    else:
        yield "<p class='note'>Too few steps for a curve.</p>\n"
    found = shapes(done.outcome.plan.field, done.request.seed, done.outcome.coded.field)
    words = "activation by pre-activation; each line is a neuron, the same ones before and after"
    if not any(shape.trained for shape in found):
        words += "; nothing of the shape is trained"
    name = text(done.outcome.plan.field.activation.name)
    yield f"<h3>Activation shapes of {name}</h3>\n<figure class='card'>{figures.layers(found)}"
    yield f"<figcaption>{words}</figcaption></figure>\n"


def _how(done: Finished) -> Iterator[str]:
    yield "<h2>Measures</h2>\n"
    yield tables.measures(done.row)
    yield command(done.command)
    yield "<h3>What was decided, and why</h3>\n"
    yield tables.items(done.outcome.plan.reasons)
    yield "<h3>Machine</h3>\n"
    yield tables.pairs(machine(done.row["device"], done.row["threads"]).items())
