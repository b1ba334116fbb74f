"""Clips by grids: what is shared is learnt on excerpts, then group after group is rounded and written.

A pass over all groups makes a file.  Under a size the weight λ of a bit follows what the groups before took,
and the last group fills what is left; a pass that cannot end under the size is begun again with another
step.  Further passes, where time or `--steps` allow them, know the integers of the one before.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from inr import codec, fields
from inr.errors import FitError
from inr.fields import LOW
from inr.fitting.corrector import steps_of_tensors
from inr.fitting.film import FIRST, LATER, Excerpt, Film, Targets, excerpt
from inr.fitting.moving import Chosen
from inr.fitting.presets import Plan
from inr.fitting.progress import Progress
from inr.fitting.rounding import LAMBDA
from inr.fitting.scenes import Source, changes, lengths
from inr.fitting.survey import Survey
from inr.specs import FitSpec, SignalSpec

Array = np.ndarray
STEPS = {"fast": 60.0, "balanced": 40.0, "small": 80.0, "best": 20.0}  # of 255, where no bound is asked for
TURN = 300  # steps of the MLP that one pass is counted as
VALUES = 4 << 20  # of all excerpts
EXCERPTS, LEAST_SIDE = 4, 128  # groups that have one; pixels a side
NEAR = 0.05  # how far, in logarithms, a step may be from what it should be
LOW_BITS = 60.0  # of the coarsest grid of a frame, about
MLP_DB = 0.1  # what the MLP adds
SLOPE, SPAN = 0.27, 5.0  # log bytes lost for one in log λ; λ is LAMBDA times or over at most so much
PRIOR = 0.15  # part of all groups that the guess for their bytes counts as
SHORT = 0.97  # a pass that fills so much less than the one before does not count
FULL, TRIALS = 0.985, 8  # part of a size that is enough; trials of the last group
AT_ONCE = 4  # frames read together
BYTES_A_VALUE = 16  # of a group: its coefficients, what becomes of them, and the integers
MOST_STEP = codec.MOST_STEP * 2.0**-codec.STEP_BITS


@dataclass
class Take:
    """One pass over the groups.

    Attributes:
        streams: of the groups so far.  weights: λ of each.
        expected: bytes of all groups at LAMBDA, by what is known from before.
    """

    expected: list[float]
    streams: list[bytes]
    weights: list[float]

    def at_lambda(self) -> list[float]:
        """What the groups so far would take at LAMBDA."""
        return [len(s) * (w / LAMBDA) ** SLOPE for s, w in zip(self.streams, self.weights, strict=True)]

    def weight(self, budget: float) -> float:
        """λ for the next group, so that this one and those after it fill the bytes that are left."""
        done, total = len(self.streams), sum(self.expected)
        ratio = (sum(self.at_lambda()) + PRIOR * total) / (sum(self.expected[:done]) + PRIOR * total)
        left = max(1.0, budget - sum(map(len, self.streams)))
        wanted = ratio * sum(self.expected[done:])
        return LAMBDA * float(np.clip((wanted / left) ** (1 / SLOPE), 1 / SPAN, SPAN))


class ClipCourse:
    """A fit of a clip by grids from the first look at its frames to the last pass.

    Attributes:
        film: what the groups share, once `start` made it.
        lengths: frames of each group.
        take: the pass that runs, None between two.
        passes: finished.  steps: of the MLP, done.
        done: the file of the last finished pass.
        mse: mean squared error in the excerpts, in the field's units.
        trials: passes for a target: step, decibels and file.
        bound: bytes of the passes; None while they are for a target.  planned: passes; 0 before the first.
    """

    def __init__(
        self,
        request: FitSpec,
        plan: Plan,
        signal: SignalSpec,
        source: Source,
        started: float,
        stop: Callable[[], bool],
    ) -> None:
        """Take a request with its plan, and where the frames come from."""
        self.request, self.plan, self.signal, self.source = request, plan, signal, source
        self.started, self.stop = started, stop
        self.film = Film.start(plan.field, request.seed)
        self.lengths: tuple[int, ...] = ()
        self.take: Take | None = None
        self.surveys: list[Survey] = []
        self.expected: list[float] = []
        self.passes = self.steps = 0
        self.done: bytes | None = None
        self.trials: list[tuple[float, float, bytes]] = []
        self.bound = None if request.target_psnr is not None else request.max_size
        self.planned = 0
        self.exponents: dict[str, int] = {}
        self.mse: float | None = None
        self.pass_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Since the first byte was read."""
        return time.monotonic() - self.started

    @property
    def starts(self) -> list[int]:
        """First frame of each group."""
        return [0, *np.cumsum(self.lengths)[:-1].tolist()]

    def progress(self) -> Progress:
        """The record of this moment."""
        db = None if self.mse is None else 10 * math.log10(4.0 / max(self.mse, 1e-20))
        left = None if self.plan.seconds is None else max(0.0, self.plan.seconds - self.seconds)
        size = None
        if self.take is not None:
            rest = sum(self.take.expected[len(self.take.streams) :])
            size = round(sum(map(len, self.take.streams)) + rest)
        return Progress("fit", self.steps, self.plan.steps, db, self.seconds, left, size_bytes=size)

    # What comes before the first pass

    def start(self) -> Iterator[Progress]:
        """Cut the clip, look at all groups, find the step, and learn on excerpts what the groups share."""
        frames = self.signal.shape[0]
        per_frame = math.prod(self.signal.shape[1:]) * self.signal.channels
        room = min(self.request.memory_bytes // BYTES_A_VALUE, codec.GRID_VALUES) // per_frame
        cuts = changes(self.source, frames)
        self.lengths = lengths(cuts, frames, max(1, min(fields.LONGEST, room)))
        for group in range(len(self.lengths)):
            self.surveys.append(Survey.of(self._targets(group)))
            yield self.progress()
        excerpts = self._excerpts()
        film, own = self.film, Survey.together([Survey.of(e.targets) for e in excerpts])
        film.step = self._first_step(1.0)
        film.begin(excerpts, FIRST)
        chosen = film.weigh_all(excerpts)
        ratio = _bits(chosen) / max(1.0, own.bits(film.step))
        before, film.step = film.step, self._first_step(ratio)
        if abs(math.log(film.step / before)) > NEAR:
            chosen = film.weigh_all(excerpts)
        film.learn_contexts(_of(excerpts, chosen), LATER)
        chosen = film.weigh_all(excerpts)
        yield self.progress()
        ratio = _bits(chosen) / max(1.0, own.bits(film.step))
        if self.request.max_size is not None and self.request.target_psnr is None:
            before, film.step = film.step, self._first_step(ratio)
            if abs(math.log(film.step / before)) > NEAR:
                chosen = film.weigh_all(excerpts)
        self.expected = [
            (ratio * survey.bits(film.step) + LOW_BITS * n) / 8
            for survey, n in zip(self.surveys, self.lengths, strict=True)
        ]
        self._learn_mlp(excerpts, chosen)
        yield self.progress()

    def _excerpts(self) -> list[Excerpt]:
        count = len(self.lengths)
        groups = sorted({round(i * (count - 1) / max(1, EXCERPTS - 1)) for i in range(EXCERPTS)})
        height, width = self.signal.shape[1:]
        frames = sum(self.lengths[g] for g in groups)
        part = math.sqrt(min(1.0, VALUES / (frames * height * width * self.signal.channels)))
        h, w = (min(n, max(LEAST_SIDE, round(n * part))) for n in (height, width))
        rng = np.random.Generator(np.random.Philox(self.request.seed))
        out = []
        for g in groups:
            top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
            piece = np.concatenate([f[:, top : top + h, left : left + w] for f in self._frames(g)])
            out.append(excerpt(piece, min(self.film.spec.encoding.count, fields.most_levels((h, w)))))
        return out

    def _frames(self, group: int) -> Iterator[Array]:
        """The frames of a group, some at a time."""
        start = self.starts[group]
        for t in range(start, start + self.lengths[group], AT_ONCE):
            yield self.source(t, min(t + AT_ONCE, start + self.lengths[group]))

    def _learn_mlp(self, excerpts: list[Excerpt], chosen: list[Chosen]) -> None:
        inputs, rest = self.film.samples(excerpts, chosen, self.request.seed)
        steps = self.plan.steps or 2 * TURN
        self.film.learn(inputs, rest, steps)
        self.steps += steps
        self.mse = self.film.error(inputs, rest)
        mlp = {n: t.detach().numpy() for n, t in self.film.mlp.items()}
        a_bit = LAMBDA * self.film.step**2 / (self.signal.samples * self.signal.channels)
        self.exponents = steps_of_tensors(self.plan.field, mlp, inputs.numpy(), rest.numpy(), a_bit)

    def _first_step(self, ratio: float) -> float:
        """The step that meets the bound, where the bits are `ratio` times those of the survey."""
        whole, most = Survey.together(self.surveys), self.request.max_size
        if self.request.target_psnr is not None:
            values = self.signal.samples * self.signal.channels
            return whole.step_for_error(4.0 * values * 10 ** (-(self.request.target_psnr - MLP_DB) / 10))
        if most is not None:
            beside = LOW_BITS * self.signal.shape[0]
            return whole.step_for_bits(8.0 * self._budget(most) - beside, ratio)
        return STEPS[self.request.preset] / 127.5

    def _budget(self, most: int) -> int:
        """Bytes that a file of at most so many has for the streams of its groups."""
        groups = len(self.lengths)
        return most - len(self._file([b""] * groups)) - 3 * groups

    # A pass

    def turn(self, most: int | None) -> Iterator[Progress]:
        """One pass; ends with `done`, or, where the size cannot be met, with another step and no file."""
        begun, count = self.seconds, len(self.lengths)
        if self.take is None:
            self.take = Take(list(self.expected), [], [])
        take = self.take
        budget = math.inf if most is None else self._budget(most)
        while len(take.streams) < count:
            if self.stop():
                if self.done is None:
                    self._stop_early(take, budget)
                return
            weight = LAMBDA if most is None else take.weight(budget)
            targets = self._targets(len(take.streams))
            last = len(take.streams) == count - 1
            left = budget - sum(map(len, take.streams))
            stream, weight = self._written(targets, weight, left if last and most is not None else math.inf)
            take.streams.append(stream)
            take.weights.append(weight)
            if sum(map(len, take.streams)) > budget:
                self._coarser(take, budget)
                return
            yield self.progress()
        file, self.take = self._file(take.streams), None
        if most is None or self.done is None or len(file) > SHORT * len(self.done):
            self.done = file
        self.passes += 1
        self.expected = take.at_lambda()
        self.pass_seconds = max(self.pass_seconds, self.seconds - begun)

    def _targets(self, group: int) -> Targets:
        frames = (frame for part in self._frames(group) for frame in part)
        return fields.analyse(frames, self.plan.field.encoding)

    def _written(self, targets: Targets, weight: float, left: float) -> tuple[bytes, float]:
        """A group's stream and its λ; where bytes are `left` for it, as near below as a few trials come."""
        stream = self.film.weigh(targets, weight).stream
        if math.isinf(left):
            return stream, weight
        found: tuple[bytes, float] | None = None
        low, high = LAMBDA / SPAN, LAMBDA * SPAN * 4  # of λ: too light, and light enough
        for _ in range(TRIALS):
            if len(stream) <= left:
                if found is None or len(stream) > len(found[0]):
                    found = stream, weight
                high = weight
                if left - len(stream) <= (1 - FULL) * left or low * 1.01 >= high:
                    break
            else:
                low = weight
            aim = weight * (len(stream) / (0.993 * max(1.0, left))) ** (1 / SLOPE)
            weight = float(np.clip(aim, low + 0.1 * (high - low), high - 0.1 * (high - low)))
            stream = self.film.weigh(targets, weight).stream
        return found or (stream, weight)

    def _coarser(self, take: Take, budget: float) -> None:
        """Begin the pass again with a step for what the groups really take."""
        done = len(take.streams)
        ratio = sum(take.at_lambda()) / max(1.0, sum(take.expected[:done]))
        self.expected = [ratio * e for e in take.expected]
        over = max(1.1, sum(self.expected) / max(1.0, budget))
        if self.film.step >= MOST_STEP or all(not s for s in take.streams):
            raise FitError(
                f"--max-size: the smallest file by grids has over {len(self._file(take.streams))} bytes; "
                f"asked for {self.request.max_size}. Ask for more, or use --profile tiles."
            )
        self._rescale(min(over, 16.0) ** 0.85)
        self.take = None

    def _rescale(self, factor: float) -> None:
        self.film.step *= factor
        self.expected = [e / factor ** (1 / 0.85) for e in self.expected]

    def again(self, most: int | None) -> None:
        """Prepare another pass: learn from the integers of the last one, and mend the step."""
        self.film.learn_contexts(self._some_groups(), LATER)
        if most is not None:
            factor = (sum(self.expected) / max(1.0, self._budget(most))) ** 0.85
            if abs(math.log(factor)) > NEAR / 2:
                self._rescale(factor)

    def _some_groups(self) -> list[tuple[dict[str, tuple[int, ...]], codec.GroupIntegers]]:
        """Integers of a few groups of the last file."""
        assert self.done is not None, "no pass before"
        clip = codec.decode(self.done).grids
        assert isinstance(clip, codec.Clip)
        a_group = max(self.lengths) * math.prod(self.signal.shape[1:]) * self.signal.channels
        count = max(1, min(len(self.lengths), codec.GRID_VALUES // a_group))
        groups = sorted({round(i * (len(self.lengths) - 1) / max(1, count - 1)) for i in range(count)})
        out = []
        for g in groups:
            shapes = fields.band_shapes(clip.encoding, clip.channels, clip.lengths[g])
            out.append((shapes, codec.read_group(clip.streams[g], shapes, clip.nets)))
        return out

    def _stop_early(self, take: Take, budget: float) -> None:
        """The file as it is: what was not reached shows the coarsest grid of one frame, or nothing."""
        for part in (1.0, 0.0):
            rest = [self._still(g, part) for g in range(len(take.streams), len(self.lengths))]
            if sum(map(len, (*take.streams, *rest))) <= budget:
                self.done, self.take = self._file([*take.streams, *rest]), None
                return

    def _still(self, group: int, part: float) -> bytes:
        """A group that stands still and shows so much of the coarsest grid of its middle."""
        middle, encoding = self.starts[group] + self.lengths[group] // 2, self.plan.field.encoding
        shapes = fields.band_shapes(encoding, self.signal.channels, self.lengths[group])
        still = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
        seen = fields.analyse(self.source(middle, middle + 1), encoding)[LOW][0]
        still[LOW][0] = part * seen * 2 ** (fields.bands(self.lengths[group])[0][0] / 2)
        return self.film.weigh(still).stream

    def _file(self, streams: list[bytes]) -> bytes:
        mlp = {n: t.detach().numpy() for n, t in self.film.mlp.items()}
        exponents = self.exponents or dict.fromkeys(mlp, 5)
        return codec.encode(
            self.plan.field, mlp, exponents, self.signal, self.film.clip(self.lengths, streams)
        )


def _bits(chosen: list[Chosen]) -> float:
    """Of the groups without their coarsest grids."""
    return sum(8.0 * (len(c.stream) - codec.low_bytes(c.stream)) for c in chosen)


def _of(
    excerpts: list[Excerpt], chosen: list[Chosen]
) -> list[tuple[dict[str, tuple[int, ...]], codec.GroupIntegers]]:
    return [(e.shapes, c.integers) for e, c in zip(excerpts, chosen, strict=True)]
