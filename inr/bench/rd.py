"""Rate and distortion: our files beside those of the codecs that everybody has.

Every point is a file that was written, measured on the disk, read back and compared, ours with
the same code as theirs.  Ours are what `inr fit --max-size` gives at five sizes; an opponent is
swept over its qualities, and what it reaches at our sizes is read off its curve.
"""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inr import fitting, metrics, signals
from inr.bench.codecs import OURS, Contender, Point, measure, opponents, ours, source_codec
from inr.bench.jobs import RdJob, rd_jobs
from inr.bench.journal import Journal, Row
from inr.bench.rd_figure import draw, no_figures
from inr.bench.rd_summary import kodak_mean
from inr.bench.request import BenchRequest
from inr.errors import InrError
from inr.specs import FitSpec, SignalSpec

FIT_S = {"quick": 20.0, "default": 120.0, "full": 600.0}
CLIP_SHARE = 1.2  # of the time of one look at a clip
BITS_PER_VALUE = {
    "image": (0.05, 0.1, 0.2, 1 / 3, 0.5),
    "audio": (0.5, 1.0, 1.5, 2.0, 3.0),
    "video": (0.004, 0.008, 0.016, 0.024, 0.032),
}
NOTES = (
    "sizes are those of files on the disk; quality is that of what was read back from them, rounded to the "
    "source's depth: PSNR over all channels and frames together, SNR of the waveform",
    "inr: `inr fit --max-size`, all else left at its defaults; seconds are those of fit and decode",
    "the opponents' columns: dB at our bytes, linear in log bytes; BD-rate: bytes that ours needs more (+) "
    "or less (-) at equal quality, over the range of qualities given, by piecewise cubics (PCHIP)",
    "jpeg: progressive, optimised, the better of 4:2:0 and 4:4:4; jpeg2000: irreversible, bare codestream; "
    "webp: method 6; avif: speed 6, 4:4:4; all by Pillow",
    "mp3: LAME, constant bit rate; opus: libopus, variable bit rate, in Ogg; both are made for the ear, "
    "which SNR does not measure; delays are taken out",
    "x264, x265: preset medium, tuned for PSNR, constant rate factor, fed with the clip's own 4:2:0 planes "
    "where it has them; source: the clip's own file, sound track included, which is what all are judged by",
    "published curves of Kodak are means over its 24 pictures; the shared five are easier, by about 2.2 dB "
    "at 0.15 and 2.4 dB at 0.30 bits a pixel",
)


def run(request: BenchRequest, jobs: list[RdJob] | None = None) -> Iterator[str | Row]:
    """The benchmark: lines for the person, and rows as they are finished; figures in the folder.

    Args:
        request: mode, folder, signals, time of a fit.
        jobs: what to compare; by default what the request names, or the shared reference signals.

    Raises:
        SpecError: the folder does not exist, holds rows of another mode to go on with, or the time is none.
        SignalError: a signal that the person named cannot be read.
    """
    jobs = rd_jobs(request.mode, request.signals) if jobs is None else jobs
    for job in jobs:
        if not job.shared:  # better now than after an hour
            signals.open_reader(job.path).close()
    FitSpec(time_s=request.time_s, steps=request.steps)  # refuses what no fit could be asked for
    journal = Journal(request.folder, "rd", request.mode, request.resume)
    every: list[Row] = []
    missing = no_figures()
    for job in jobs:
        source = job.source(request.data)
        if source is None:
            yield f"{job.signal}: skipped: INR_DATA names no folder with {job.path}"
            continue
        rows: list[Row] = []
        for item in _points(job, source, request, journal):
            if not isinstance(item, str):
                rows.append(item)
            yield item
        every += rows
        if not missing:
            yield draw(rows, request.folder, request.baselines)
    if missing:
        yield missing
    elif mean := kodak_mean(every):
        yield draw(mean, request.folder, request.baselines)


def _points(job: RdJob, source: str | Path, request: BenchRequest, journal: Journal) -> Iterator[str | Row]:
    """All files of one signal."""
    with signals.open_reader(source) as reader, tempfile.TemporaryDirectory() as folder:
        sizes = list(job.sizes) or target_sizes(reader.spec)
        time_s = fit_seconds(request.mode, reader.spec) if request.time_s is None else request.time_s
        us = ours(source, sizes, time_s=time_s, steps=request.steps)
        found, missing = opponents(reader)
        for contender in (us, *found):
            yield from _sweep(job, contender, reader, Path(folder), journal)
        yield from (f"{job.signal}: {line}" for line in missing)
        if reader.spec.kind == "video" and (name := source_codec(reader)) is not None:
            yield _source_row(job, reader, name, journal)


def _sweep(
    job: RdJob, contender: Contender, reader: signals.Reader, folder: Path, journal: Journal
) -> Iterator[str | Row]:
    """A contender's files, from what was finished before where it was; ends where it refuses."""
    kept = 0
    for setting in contender.settings:
        identity = _identity(job, reader, contender.name, setting)
        row = journal.find(identity)
        if row is None:
            try:
                point = measure(contender, setting, reader, folder)
            except InrError as error:
                yield f"{job.signal}: {contender.name}, {setting}: left out: {error}"
                if contender.name == OURS:  # a larger file may be possible
                    continue
                return
            row = _row(job, reader.spec, contender.name, setting, point)
            journal.add(identity, row)
            if contender.name == OURS:
                yield f"{job.signal}: {OURS}, {setting}: {row['size_bytes']} bytes, {_shown(row)}"
        kept += 1
        yield row
    if contender.name != OURS:
        yield f"{job.signal}: {contender.name}: {kept} files"


def target_sizes(spec: SignalSpec) -> list[int]:
    """The sizes of our files, in bytes, rising, none twice."""
    values = spec.samples * spec.channels
    return sorted({max(1, round(bits * values / 8)) for bits in BITS_PER_VALUE[spec.kind]})


def fit_seconds(mode: str, spec: SignalSpec) -> float:
    """Seconds of each of our fits where the person names none: the mode's, or what a long clip needs.

    A clip that has less than one look at all of it takes is fitted by tiles, and at rates like these tiles
    are far behind; a comparison should show what the clip's owner would use.

    Args:
        mode: "default", "quick" or "full".
        spec: of the signal.
    """
    if spec.kind != "video" or mode == "quick":
        return FIT_S[mode]
    return max(FIT_S[mode], float(math.ceil(CLIP_SHARE * fitting.clip_seconds(spec))))


def _row(job: RdJob, spec: SignalSpec, codec: str, setting: str, point: Point) -> Row:
    sums = point.sums
    return {
        **_rates(job, spec, codec, setting, point.size_bytes),
        "psnr_db": _rounded(metrics.psnr_db(sums.errors)),
        **({"snr_db": _rounded(metrics.snr_db(sums))} if spec.kind == "audio" else {}),
        **({"exact": True} if sums.exact else {}),
        "encode_s": round(point.encode_s, 4),
        "decode_s": round(point.decode_s, 4),
    }


def _source_row(job: RdJob, reader: signals.Reader, codec: str, journal: Journal) -> Row:
    """The file that the clip came in: it is the reference, so there is no error."""
    identity = _identity(job, reader, "source", codec)
    row = journal.find(identity)
    if row is None:
        size = Path(reader.source).stat().st_size
        row = _rates(job, reader.spec, "source", codec, size) | {"psnr_db": None, "exact": True}
        journal.add(identity, row)
    return row


def _identity(job: RdJob, reader: signals.Reader, codec: str, setting: str) -> list[str]:
    """What tells a point from all others: the content of the file too, which may change between runs."""
    return [job.signal, reader.fingerprint()[:16], codec, setting]


def _rates(job: RdJob, spec: SignalSpec, codec: str, setting: str, size_bytes: int) -> Row:
    row: Row = {
        "signal": job.signal,
        "kind": spec.kind,
        "codec": codec,
        "setting": setting,
        "size_bytes": size_bytes,
        "bits_per_sample": round(metrics.bits_per_sample(size_bytes, spec.samples), 5),
    }
    return row | ({"kbps": round(metrics.bitrate_kbps(size_bytes, spec.seconds), 3)} if spec.seconds else {})


def _shown(row: Row) -> str:
    db = row["snr_db"] if row["kind"] == "audio" else row["psnr_db"]
    words = "exact" if row.get("exact") else "undefined" if db is None else f"{db:.2f} dB"
    return f"{words} in {row['encode_s']:.1f} s"


def _rounded(db: float | None) -> float | None:
    return None if db is None or not math.isfinite(db) else round(db, 4)
