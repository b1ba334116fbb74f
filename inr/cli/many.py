"""Several inputs of `inr fit`: each for itself, what is done already left alone, one table at the end.

What fails fails alone: its row has the reason, the others go on, and the exit code is the worst of
all.  With -o DIR the same command goes on where an earlier one was killed or stopped (manifest.py).
Small signals are fitted side by side where that gives the same bytes (fitting/together.py).
"""

import json as json_module
import time as clock
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from inr.cli.board import Board
from inr.cli.complaints import EXPECTED, complaint
from inr.cli.drawing import say, tell
from inr.cli.manifest import Manifest, claimed
from inr.cli.many_table import print_rows
from inr.cli.one import Ended, Job, check_page, check_target, fit_one
from inr.cli.stopping import Stopped

Told = Ended | BaseException
Result = tuple[int, Told]  # a job's number, and what became of it


def fit_many(jobs: list[Job], folder: Path | None, stopped: Stopped, *, quiet: bool, json: bool) -> int:
    """Fit several inputs; returns the exit code.

    Args:
        jobs: one for each, all targets different.
        folder: -o DIR, made where it is missing; None keeps no manifest.
        stopped: asked before every step and every fit.
        quiet: say nothing but errors.
        json: print one JSON object instead of the table.

    Raises:
        SpecError: files that are there were fitted with other options, a page is in the way, or
            another process writes into the folder.
        FormatError: `manifest.json` in the folder is no manifest.
    """
    began = clock.monotonic()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder):
        many = Many(jobs, Manifest.load(folder), stopped, quiet=quiet)
        many.run()
    if json:
        print(json_module.dumps({"rows": many.rows}))
    elif not quiet:
        print_rows(many.rows, clock.monotonic() - began)
    return 128 + stopped.by if stopped.by else many.worst


class Many:
    """The jobs of one command and what has become of them.

    Attributes:
        worst: exit code of all jobs together.

    Raises:
        SpecError: as for `fit_many`; nothing has begun then.
    """

    def __init__(self, jobs: list[Job], manifest: Manifest, stopped: Stopped, *, quiet: bool) -> None:
        self._jobs, self._manifest, self._stopped, self._quiet = jobs, manifest, stopped, quiet
        self.worst = 0
        self._ended: dict[int, dict[str, Any]] = {}
        manifest.check_options(jobs)
        for at, job in enumerate(jobs):
            if (entry := manifest.done(job)) is not None:
                self._ended[at] = {**entry["row"], "file": str(job.target), "input": job.name, "kept": True}
                self.worst = max(self.worst, entry["code"])
            else:
                check_page(job, begun=manifest.entry(job) is not None)
        self._todo = [at for at in range(len(jobs)) if at not in self._ended]
        self._apart: list[int] = []  # those that do not run side by side
        self._board = Board(len(self._todo), quiet)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of what has ended, in the inputs' order."""
        return [self._ended[at] for at in sorted(self._ended)]

    def run(self) -> None:
        """Fit what is not done."""
        say(f"{len(self._ended)} of {len(self._jobs)} files are done already", self._quiet or not self._ended)
        if not self._todo:
            return
        from inr import fitting

        threads = min(fitting.threads(), len(self._todo))
        with self._board:
            if threads > 1:
                tasks = (task for at in self._todo if (task := self._task(at, threads)) is not None)
                for result in fitting.together(tasks, threads):
                    self._take(*result)
            for at in self._apart if threads > 1 else self._todo:
                task = self._task(at, 1)
                if task is not None:
                    self._take(*task())

    def _task(self, at: int, threads: int) -> Callable[[], Result] | None:
        """One fit as a call, to run beside others on so many threads or alone on one.

        Returns: None where there is nothing to call: the run was stopped, the fit failed at once, or it
        is put apart from those side by side.
        """
        from inr import fitting, signals

        if self._stopped.by:
            return None
        started, job = clock.monotonic(), self._jobs[at]
        try:
            with ExitStack() as stack:
                job = self._manifest.going_on(job)
                check_target(job)
                reader = stack.enter_context(signals.open_reader(job.name))
                # Figures are drawn by one thread at a time.
                joins = job.page is None and fitting.may_join(job.request, reader, threads)
                if threads > 1 and not joins:
                    self._apart.append(at)
                    return None
                self._manifest.begin(job, reader)
                stack.pop_all()
        except EXPECTED as error:
            self._take(at, error)
            return None
        for note in reader.notes:
            say(f"{job.name}: {note}", self._quiet)
        show = self._board.watch(job.name, "SNR" if reader.spec.kind == "audio" else "PSNR")

        def task() -> Result:
            with reader:
                try:
                    return at, fit_one(job, reader, started, self._stopped, show, say, spread=threads == 1)
                except EXPECTED as error:
                    return at, error

        return task

    def _take(self, at: int, told: Told) -> None:
        """Note what has become of a job."""
        job = self._jobs[at]
        count = self._board.done(job.name)
        if isinstance(told, Ended):
            row, code = told.row, told.code
            tell([(f"{count} {told.words[-1][0]}", "")], self._quiet)
            say(f"inr: {told.trouble}", not told.trouble)
            row = {**row, "error": told.trouble} if told.failed else row
        else:
            line, code = complaint(told)
            say(f"inr: {line}")
            row = {"file": str(job.target), "input": job.name, "error": line}
        self._ended[at] = row
        self.worst = max(self.worst, code, self._noted(job, told))

    def _noted(self, job: Job, told: Told) -> int:
        """Write it into the manifest; the exit code where that fails, which must not cost the others."""
        try:
            if not isinstance(told, Ended):
                self._manifest.give_up(job)
            elif not (told.failed or told.stopped):
                self._manifest.end(job, told)
        except OSError as error:
            line, code = complaint(error)
            say(f"inr: the manifest is not written: {line}; a later run would fit {job.target} again")
            return code
        return 0
