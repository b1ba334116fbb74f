"""The RAF paper's experiments: sound, pictures and video by its recipe, tuned, and between the samples.

Every row is a network that was fitted twice: to all samples, where mse, PSNR and SNR are measured, and to
every second sample of each axis, where `held_out_db` is measured on the samples left out, with the cubic
spline through the same samples beside it.  raf_plan.py says who takes part, raf_fit.py how they train,
raf_summary.py what comes of the paper's claims, raf_needed.py how many parameters 35 dB take.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from inr import signals
from inr.bench.compare_between import spline_db
from inr.bench.compare_search import Found
from inr.bench.journal import Journal, Row
from inr.bench.raf_fit import Contestant, fit
from inr.bench.raf_needed import needed
from inr.bench.raf_plan import FULL, QUICK, Plan, recipe, with_setting
from inr.bench.raf_rows import SEED, decibels, judged, measured, printed_search, rounded, settings
from inr.bench.raf_signals import SOURCES, RafSignal, RafSource
from inr.bench.raf_summary import claims, quality
from inr.bench.request import BenchRequest
from inr.errors import SignalError

NOTES = (
    "recipe: four layers of 256 (video 400) and a linear output, Adam 1e-4 with a half cosine to 0, whole "
    "batches (video 0.38 % of the voxels a step), starts and coordinates as in the authors' code; RAF: "
    "raf-image for pictures and video, raf-audio for sound",
    "x2: all start weights but the output's doubled; 60: omega 60 in all layers; tuned: rate, and omega of "
    "sine or the factor on the first layer's start of RAF, from a climb of at most 12 fits for each",
    "quality is that of the float field, clipped and not rounded: PSNR of pictures and video, SNR of sound",
    "held out: another fit, of every second sample of each axis, judged on the samples left out; spline: "
    "the cubic spline through the same samples",
    "quick: crops with the coordinates of the whole signal, 100 steps, of video 1024 voxels each; full: the "
    "paper's steps",
    "needed for 35 dB: parameters of a single network, log-linear in dB between the widths that were "
    "fitted, each activation with the best rate and frequency of its own search",
)


@dataclass
class Ring:
    """One signal with everybody's fits."""

    journal: Journal
    plan: Plan
    signal: RafSignal

    @cached_property
    def half(self) -> RafSignal:
        """What is fitted to be judged between its samples."""
        return self.signal.half()

    @cached_property
    def spline(self) -> float | None:
        """DB of the cubic spline on the samples left out."""
        form = self.signal.experiment
        with signals.open_reader(
            self.signal.native,
            kind=form,
            rate_hz=1 if form == "audio" else None,
            fps=1 if form == "video" else None,
        ) as reader:
            return spline_db(reader)

    def row(self, contestant: Contestant, setting: str) -> Iterator[str | Row]:
        """Fit twice, or give back what was kept; a fit that became NaN leaves a line and no row."""
        signal, steps = self.signal, self.plan.steps[self.signal.experiment]
        identity = self._identity(contestant.name, [steps, settings(contestant)])
        row = self.journal.find(identity)
        if row is None:
            width = self.plan.width[signal.experiment]
            try:
                whole = fit(signal, contestant, width, steps, SEED)
                sums = whole.errors(signal, judged(signal, np.arange(signal.count)))
                between = fit(self.half, contestant, width, steps, SEED)
                left_out = between.errors(signal, judged(signal, signal.left_out()))
            except SignalError as error:
                yield f"{signal.name}: {contestant.name}: left out: {error}"
                return
            row = {
                "experiment": signal.experiment,
                "signal": signal.name,
                "activation": contestant.name,
                "setting": setting,
                "shape": "x".join(map(str, signal.shape)),
                "params": whole.params,
                "steps": steps,
                "seed": SEED,
                **measured(signal, sums),
                "held_out_db": rounded(decibels(signal, left_out)),
                "spline_db": rounded(self.spline),
                **settings(contestant),
            }
            self.journal.add(identity, row)
            shown = ("exact" if db is None else f"{db:.2f} dB" for db in (quality(row), row["held_out_db"]))
            yield f"{signal.name}: {contestant.name}: {', held out '.join(shown)}"
        yield row

    def search(self, contestant: Contestant) -> Generator[str, None, Contestant]:
        """The contestant with the best rate and frequency, all tries printed."""
        signal, steps = self.signal, self.plan.search[self.signal.experiment]
        identity = self._identity(contestant.name, ["search", steps])
        kept = self.journal.find(identity)
        if kept is None:
            width = self.plan.width[signal.experiment]
            found = yield from printed_search(signal, contestant, width, steps)
            kept = found.to_json()
            self.journal.add(identity, kept)
        return with_setting(contestant, Found.from_json(kept).setting)

    def _identity(self, name: str, what: object) -> list[object]:
        return [self.signal.experiment, self.signal.name, list(self.signal.shape), name, what]


def run(
    request: BenchRequest, sources: Sequence[RafSource] = SOURCES, plan: Plan | None = None
) -> Iterator[str | Row]:
    """The benchmark: lines for the person, and rows as they are finished.

    Args:
        request: mode, folder, data, whether to go on.
        sources: the signals.
        plan: how much of each is run; by default what the mode says.

    Raises:
        SpecError: the folder does not exist, or holds rows of another mode to go on with.
    """
    mode = "quick" if request.mode == "quick" else "full"
    plan = plan or (QUICK if mode == "quick" else FULL)
    journal = Journal(request.folder, "raf", mode, request.resume)
    rows: list[Row] = []
    for source in sources:
        signal = source.load(request.data, plan.crop[source.experiment])
        if signal is None:
            yield f"{source.name}: skipped: INR_DATA names no folder with {source.path}"
            continue
        yield from kept_in(rows, _signal(Ring(journal, plan, signal)))
    picture = next((source for source in sources if source.experiment == "image"), None)
    if picture is not None and (signal := picture.load(request.data, plan.needed_crop)) is not None:
        yield from kept_in(rows, needed(signal, plan, journal))
    yield from claims(rows)


def kept_in(rows: list[Row], items: Iterator[str | Row]) -> Iterator[str | Row]:
    """The same items; rows among them are also appended to `rows`."""
    for item in items:
        if not isinstance(item, str):
            rows.append(item)
        yield item


def _signal(ring: Ring) -> Iterator[str | Row]:
    contestants = recipe(ring.signal.experiment)
    for contestant in contestants:
        yield from ring.row(contestant, "recipe")
    for contestant in contestants[:2]:
        tuned = yield from ring.search(contestant)
        yield from ring.row(tuned, "tuned")
