"""The loop: batches in, a fitted field out, one progress record after another.

Read `Fit.run` from top to bottom; everything else serves it.  A run can be stopped at any
step, killed at any instant and resumed from its folder; with a plan in steps the resumed run
ends in the same bits as one that was never stopped (same machine, same number of threads).
"""

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from inr import fields, reconstruct, signals
from inr.errors import FitError
from inr.fitting.ahead import AHEAD, Ahead
from inr.fitting.checkpoint import State, try_save
from inr.fitting.clock import StepClock
from inr.fitting.ending import Ending
from inr.fitting.finish import Distortion, Probe
from inr.fitting.network import Draw, TrainingNetwork
from inr.fitting.optimisers import Optimiser
from inr.fitting.prepare import held_whole, identity, make_sampler, pick_device, same_bits, same_run
from inr.fitting.presets import Plan, expected_bytes
from inr.fitting.progress import Progress
from inr.fitting.schedules import MEASURED, Schedule
from inr.fitting.squeeze import Squeezing
from inr.specs import FitSpec

SNAPSHOT_STEPS = 50  # fixed in steps, so that what a rollback restores does not depend on the clock
SAVE_EVERY_S = 3.0
ROLLBACKS = 3
WARM_UP = 10  # steps over which the rates rise; Adam's second moment is unreliable before


class Fit:
    """One fit of one signal.

    Args:
        request: what was asked.
        plan: what was decided.
        reader: the signal.
        started: `time.monotonic()` when the first byte was read.
        folder: where checkpoints go; None for none.
        stop: asked before every step; True ends the run with the best so far.
        reached: asked at snapshots with the field and its estimated error on the probe;
            True ends the run (the target is met).
        spread: compute on all threads; False keeps to the caller's, for fits side by side (together.py),
            and gives the same bits.
        ahead: do many steps between two looks at the loss, all on the device (ahead.py); by default on a GPU.
    """

    def __init__(
        self,
        request: FitSpec,
        plan: Plan,
        reader: signals.Reader,
        *,
        started: float,
        folder: Path | None = None,
        stop: Callable[[], bool] = lambda: False,
        reached: Callable[["Fit", float], bool] = lambda fit, error: False,
        spread: bool = True,
        ahead: bool | None = None,
    ) -> None:
        self.request, self.plan, self.reader, self.folder = request, plan, reader, folder
        self.device = pick_device(request.device)
        self._stop, self._reached = stop, reached
        self._started = started
        self.threads = torch.get_num_threads()
        own = plan.rates.own > 0
        start = fields.initialise(plan.field, request.seed, last=own)
        self.network = TrainingNetwork(
            plan.field, start, self.device, self.threads, own=own, compiled=not ahead, spread=spread
        )
        self._optimiser = Optimiser(self.network.tensors, plan.rates, self.network)
        self.sampler = make_sampler(request, plan, reader, self.device)
        slabs = len(self.sampler.slabs)
        self._ending = Ending.of(request, plan, reader.spec, self.sampler)
        steps = self._ending.divide_steps(plan.steps) if plan.steps else None
        self.schedule = Schedule.of_steps(steps, slabs) if steps else Schedule(slabs, None)
        self.sampler.visit = self.schedule.visit
        self.step = 0
        self.mse = math.nan  # running mean over recent batches, in the field's units
        self.power = math.nan  # mean square of the probe's values: what SNR compares with
        self._factor, self._rollbacks = 1.0, 0
        self._best: dict[str, torch.Tensor] = {}
        self._best_error = math.inf
        self._snapshot: dict[str, torch.Tensor] = {}
        self.exponents: dict[str, int] | None = None  # steps of the best field, where it is rounded
        self._squeezing = Squeezing.of(request, plan.field, reader.spec, slabs)
        wanted = self.device != "cpu" if ahead is None else ahead
        held = held_whole(request, self.sampler)
        self._ahead = (
            Ahead(self.network, self._optimiser, held, reader.spec.kind) if wanted and held else None
        )
        self._saved_at = -math.inf
        self._note = ""
        self._size = expected_bytes(request, plan.field, reader.spec.kind)
        self._warn_of_slabs()

    @property
    def path(self) -> str:
        """What computes the steps: the compiled kernel's variant, or torch."""
        return self.network.kernel.variant if self.network.kernel else "torch"

    @property
    def seconds(self) -> float:
        """Since the first byte was read; a resumed run counts its earlier lives."""
        return time.monotonic() - self._started

    def run(self) -> Iterator[Progress]:
        """Fit until the plan ends, the time is up, the target is met or `stop` says so.

        Raises:
            FitError: the loss became NaN or infinite ROLLBACKS times.
        """
        if not self._snapshot:
            self._keep_snapshot()
        clock = StepClock()
        with self.network.threads():
            while not (self.schedule.ended or self._late() or self._stop()):
                self._squeeze_when_due()
                clock.start()
                before = self.step
                loss, samples = self._steps_ahead() if self._ahead else self._one_step(clock)
                if not math.isfinite(loss):
                    self._roll_back()
                    continue
                self.mse = loss if math.isnan(self.mse) else self.mse + 0.05 * (loss - self.mse)
                clock.stop(self.step - before)
                self._replan(clock)
                if self.step % SNAPSHOT_STEPS == 0 and self._measure():
                    return
                yield self._progress(clock.step_s, samples)
            if (yield from self._end()):
                return
            if self._stop():
                # Before the last measurement, which an unbroken run would not make here.
                self.save()
            self._measure()

    def _one_step(self, clock: StepClock) -> tuple[float, int]:
        """A step, not done where its loss is no number; the loss, and how many samples it saw."""
        batch = self.sampler.next()
        clock.read()
        if batch.visit_step == 0:
            self._start_slab(batch.slab, batch.tiles)
        with self._squeezing.as_coded(self.network.tensors):
            loss = float(self.network.gradients(batch.tiles, batch.rows, self._draw(batch)))
        if math.isfinite(loss):
            share = batch.size / self.reader.spec.samples
            self._squeezing.add_rate(self.step, self.network.tensors, self.network.grads, share)
            scale = self._scale(batch.visit_step)
            self._optimiser.step(self.network.grads, batch.tiles, batch.visit_step + 1, scale)
            self.step += 1
            self.schedule.advance()
        return loss, batch.size

    def _steps_ahead(self) -> tuple[float, int]:
        """As many steps as may be done without a look at them; their mean loss, and the samples of one."""
        assert self._ahead is not None
        first, left = self.step, self.schedule.left
        if first == 0:
            self._start_slab(0, slice(0, self.plan.field.tile_count))
        scales = []
        while len(scales) < min(AHEAD - first % AHEAD, AHEAD if left is None else left):
            scales.append(self._scale(self.step))
            self.step += 1
            self.schedule.advance()
        return self._ahead.run(scales, first), self._ahead.samples

    def _end(self) -> Generator[Progress, None, bool]:
        """The last part, where there is one; True where the target is met."""
        ending, begun, done = self._ending, self.seconds, 0
        while ending.left > 0 and not self._stop():
            solver = ending.begin(self.network)
            if not done:
                self._keep_snapshot()
            error = solver.step(self._stop)
            if error is None:
                self._return_to_snapshot()
                break
            self.mse = error
            self.step += ending.worth
            done += 1
            step_s = (self.seconds - begun) / done
            ending.left -= 1
            if self.plan.seconds is not None and not self._resumed_plan():
                ending.left = int((self.plan.seconds - self.seconds) / step_s)
            if self._measure():
                return True
            yield self._progress(step_s / ending.worth, self.reader.spec.samples / ending.worth)
        return False

    def probe(self) -> Probe:
        """Samples of the slab in memory, to choose quantisation steps by."""
        return Probe.drawn(self.sampler, self._draw, self.reader.spec.samples)

    def best(self) -> fields.Field:
        """The best field so far."""
        tensors = self._best or self.network.tensors
        return fields.Field(self.plan.field, {n: t.detach().cpu().numpy().copy() for n, t in tensors.items()})

    def save(self) -> None:
        """Write a checkpoint."""
        if self.folder is not None:
            self._saved_at = time.monotonic()
            # Where it fails the fit goes on, says so, and tries again at the next turn.
            self._note = try_save(self.folder, self._state()) or self._note

    def restore(self, state: State) -> None:
        """Go on from a checkpoint.

        Raises:
            SpecError: it belongs to another request, another input, another thread count or another way
                to compute.
        """
        numbers = state.numbers
        same_run(numbers, self.request, self.reader)
        if self.plan.steps:
            same_bits(numbers, self.threads, self.path)
        self._ending.left = numbers["ending"]
        if "now.newton.damping" in state.tensors:
            self._ending.begin(self.network)
        with torch.no_grad():
            for name, tensor in self._live().items():
                tensor.copy_(torch.from_numpy(state.tensors[f"now.{name}"]))
        self._best = {n: torch.tensor(t, device=self.device) for n, t in state.part("best").items()}
        self.schedule = Schedule(**numbers["schedule"])
        # A run killed before its first steps were measured has no plan to follow yet.
        self.schedule.frozen = self.schedule.left is not None
        self.sampler.visit = self.schedule.visit
        self.sampler.load_state_dict(numbers["sampler"])
        self.step, self.mse, self.power = numbers["step"], numbers["mse"], numbers["power"]
        self._factor, self._rollbacks = numbers["factor"], numbers["rollbacks"]
        self._best_error = numbers["best_error"]
        self.exponents = numbers["exponents"]
        self._squeezing.load(numbers["squeeze"])
        self._started = time.monotonic() - numbers["seconds"]
        self._keep_snapshot()

    def _squeeze_when_due(self) -> None:
        def distortion() -> Distortion:
            return self.probe().thinned().distortion(self.plan.field)

        schedule = self.schedule
        if self._squeezing.begins(schedule.progress, schedule.left, self.network.tensors, distortion):
            # From here on only what fits counts as the best.
            self._best, self._best_error = {}, math.inf
            self._keep_snapshot()

    def _late(self) -> bool:
        return (
            self.plan.seconds is not None and not self._resumed_plan() and self.seconds >= self.plan.seconds
        )

    def _resumed_plan(self) -> bool:
        return self.schedule.frozen and self.schedule.slabs == 1

    def _scale(self, visit_step: int) -> float:
        """Factor on the rates at this step, which the slab had so many before."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        lowered = self.plan.rates.lowered(self.schedule.total(self.step))
        return self._factor * warm * lowered * self.schedule.scale(visit_step)

    def _draw(self, batch: signals.Batch) -> Draw:
        """Coordinates and targets in the field's units, of a part of the batch's tiles."""

        def draw(first: int, last: int) -> tuple[torch.Tensor, torch.Tensor]:
            u, values = batch.draw(first, last)
            return u, reconstruct.to_field(values, self.reader.spec.kind)

        return draw

    @torch.no_grad()
    def _start_slab(self, slab: int, tiles: slice) -> None:
        """Gains start at each tile's own peak, so that quiet tiles learn as fast as loud ones."""
        if self.plan.field.gain:
            peaks = torch.from_numpy(np.maximum(self.sampler.peaks(slab), 2.0**-12))
            self.network.tensors["gain"][tiles] = peaks.to(self.device)

    def _replan(self, clock: StepClock) -> None:
        seconds = self.plan.seconds
        if seconds is None or self.schedule.frozen or clock.steps < MEASURED or not clock.step_s:
            return
        if self.schedule.left is None or clock.due():
            until = self._ending.divide_seconds(seconds, clock.step_s)
            self.schedule.measure(clock.step_s, clock.reading_s, until - self.seconds, self.step)
            self.sampler.visit = self.schedule.visit
            self._warn_of_slabs()

    def _warn_of_slabs(self) -> None:
        """A slab that no step visits stays as it started; the person should know."""
        left, slabs = self.schedule.left, self.schedule.slabs
        if slabs > 1 and left is not None and self.step + left < slabs:
            self._note = (
                f"{self.step + left} steps are too few for the {slabs} parts that the memory allows: "
                "some are not fitted at all; give more --steps, --time or --memory"
            )

    def _measure(self) -> bool:
        """Keep the best on the probe, save now and then; True where the target is met."""
        batch = self.sampler.probe()
        u, target = self._draw(batch)(0, batch.tiles.stop - batch.tiles.start)
        self.power = float(target.square().mean())
        with self._squeezing.as_coded(self.network.tensors):
            error = float(
                self.network.error(
                    batch.tiles, batch.rows, lambda first, last: (u[first:last], target[first:last])
                )
            )
            # With several slabs the probe sees one of them, so errors at different times do not compare.
            better = math.isfinite(error) and (error < self._best_error or self.schedule.slabs > 1)
            if better and self._squeezing.fits(self.network.tensors):
                self._best_error = error
                self._best = {n: t.detach().clone() for n, t in self.network.tensors.items()}
                self.exponents = self._squeezing.exponents
        if not math.isfinite(error):
            self._roll_back()
            return False
        self._keep_snapshot()
        if self.folder is not None and time.monotonic() - self._saved_at > SAVE_EVERY_S:
            self.save()
        return self._reached(self, error)

    def _live(self) -> dict[str, torch.Tensor]:
        return self.network.tensors | self._optimiser.state() | self._ending.state()

    def _keep_snapshot(self) -> None:
        self._snapshot = {name: t.detach().clone() for name, t in self._live().items()}

    @torch.no_grad()
    def _roll_back(self) -> None:
        """Return to the last snapshot with half the rates."""
        self._rollbacks += 1
        if self._rollbacks > ROLLBACKS:
            raise FitError(
                f"fit: the loss became NaN or infinite {self._rollbacks} times, last at step {self.step}, "
                "although the rates were halved each time; the best so far is kept; "
                "try --activation sine or another --seed"
            )
        self._return_to_snapshot()
        self._factor *= 0.5

    @torch.no_grad()
    def _return_to_snapshot(self) -> None:
        for name, tensor in self._live().items():
            tensor.copy_(self._snapshot[name])

    def _state(self) -> State:
        live = {f"now.{name}": t.detach().cpu().numpy() for name, t in self._live().items()}
        best = {f"best.{name}": t.detach().cpu().numpy() for name, t in self._best.items()}
        return State(
            live | best,
            {
                **identity(self.request, self.plan, self.reader),
                "schedule": asdict(self.schedule),
                "sampler": self.sampler.state_dict(),
                "step": self.step,
                "mse": self.mse,
                "power": self.power,
                "factor": self._factor,
                "rollbacks": self._rollbacks,
                "best_error": self._best_error,
                "seconds": self.seconds,
                "threads": self.threads,
                "path": self.path,
                "exponents": self.exponents,
                "ending": self._ending.left,
                "squeeze": self._squeezing.state(),
            },
        )

    def _progress(self, step_s: float, samples: float) -> Progress:
        """A record; an ordinary step takes `step_s` and sees so many samples."""
        left = self.schedule.left
        if left is not None:
            left += self._ending.left * self._ending.worth
        note, self._note = self._note, ""
        return Progress(
            "fit",
            self.step,
            None if left is None else self.step + left,
            self.quality_db(self.mse),
            self.seconds,
            None if left is None else left * step_s,
            samples / step_s if step_s else 0.0,
            note,
            self._size,
        )

    def quality_db(self, error: float) -> float | None:
        """A mean squared error in the field's units as PSNR, or as SNR for audio; None if unknown."""
        spec = self.reader.spec
        peak = self.power if spec.kind == "audio" and spec.domain is None else 4.0
        return 10.0 * math.log10(peak / error) if error > 0 and peak > 0 else None
