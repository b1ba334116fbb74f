"""How long until a quality is reached: ours, the published recipes, a tuned single MLP.

A row with a target asks for the shortest time; a row with a budget asks how far we get in it, and
how long the recipe takes to get there.  The recipe's time is a kept curve (quality against step,
which does not depend on the machine) times steps timed here and now, and is then called projected;
`full` runs the recipe itself.  Everything in a row is measured in the same process.
"""

import math
import time
from collections.abc import Generator, Iterator

import numpy as np

from inr import signals
from inr.bench import curves, ours, recipes, tuned
from inr.bench.dct import dct_db
from inr.bench.engine import Run, Source
from inr.bench.heldout import held_out
from inr.bench.jobs import Job, speed_jobs
from inr.bench.journal import Journal, Row
from inr.bench.ladder import narrated, shortest
from inr.bench.machine import device_name, free_bytes
from inr.bench.request import BenchRequest

TIMED_STEPS = {"quick": 1, "default": 2, "full": 3}
SEARCH_S = {"quick": (0.5, 3.0), "default": (5.0, 30.0), "full": (5.0, 60.0)}  # least and most
HELD_OUT, HELD_OUT_S = 3, 10.0  # parameters a value, as on the camera row; seconds at least
MEASURED_EVERY = 10
UNKNOWN_STEPS = 1000  # that the recipe is run for where no curve says how many it needs
ROOM = 1.5  # times the steps that its curve says, where it is run
MEMORY_SHARE = 0.7  # of what is free, for a step of the recipe without chunks
NOTES = (
    "quality is that of the float field: PSNR, clipped and not rounded, and SNR of sound",
    "ours: the shortest time of a ladder (x1.25) that reaches the target, start and planning included",
    "recipe: 2-256-256-256-256-C, full batch, Adam 1e-4, constant (siren) or cosine to 0 (fork), eager; "
    "projected: a kept curve's steps times steps timed in this run; chunked: the same in pieces that fit "
    "the cache",
    "tuned MLP: one sine network of our engine, the best of the printed search; its search is not counted",
    "DCT: the best block size, as many coefficients as we have parameters, their places free of charge",
    "held-out: pixels left out when every second of every second row is fitted, with 3 parameters a value",
    "sine: the same field with plain sines and their own omega, in the same time",
    "GFLOP/s: 6 x parameters x samples over the whole time, ours / recipe's step / tuned",
)


def run(request: BenchRequest, jobs: list[Job] | None = None) -> Iterator[str | Row]:
    """The benchmark: lines for the person, and rows as they are finished.

    Args:
        request: mode, folder, whether to go on.
        jobs: what to compare; by default what the mode says.

    Raises:
        SpecError: the folder does not exist, or holds rows of another mode to go on with.
    """
    journal = Journal(request.folder, "speed", request.mode, request.resume)
    for job in speed_jobs(request.mode) if jobs is None else jobs:
        kept = journal.find(job.identity)
        source = job.source(request.data)
        if kept is not None:
            yield kept
        elif source is None:
            yield f"{job.signal}: skipped: INR_DATA names no folder with {job.path}"
        else:
            row = yield from _named(job.signal, measure(job, source, request))
            journal.add(job.identity, row)
            yield row


def measure(job: Job, source: Source, request: BenchRequest) -> Generator[str, None, Row]:
    """All the numbers of one row."""
    with signals.open_reader(source, kind="image" if isinstance(source, np.ndarray) else None) as reader:
        kind, values = reader.spec.kind, reader.spec.samples * reader.spec.channels
        best, reached = yield from _ours(job, source)
        row: Row = {
            "signal": job.signal,
            "params": best.params,
            "params_per_value": round(best.params / values, 4),
            **({"target": job.target_db} if job.target_db is not None else {"budget_s": job.budget_s}),
            "unit": "dB SNR" if kind == "audio" else "dB PSNR",
            "ours_s": round(best.seconds, 3),
            **({} if reached else {"ours_at_least": True}),
            ("snr_db" if kind == "audio" else "psnr_db"): _finite(best.db),
            "ours_gflops": round(best.gflops, 1),
        }
        plain = ours.fit_ours(source, job.params, best.seconds, activation="sine")
        row["sine_db"] = _finite(plain.db)
        yield f"sine: {plain.seconds:.1f} s  {plain.db:.2f} dB"
        db, block = dct_db(reader, best.params)
        row["dct_db"] = _finite(db)
        yield f"DCT with {best.params} coefficients: {db:.2f} dB, blocks of {'x'.join(map(str, block))}"
        whole = reader.read(0, reader.spec.shape[0]) if job.held_out or job.width else None
    if job.held_out and whole is not None:
        between = held_out(whole, HELD_OUT * (whole.size // 4), max(HELD_OUT_S, best.seconds))
        row |= {"held_out_db": _finite(between.ours_db), "spline_db": _finite(between.spline_db)}
        yield f"held out: {between.ours_db:.2f} dB; cubic spline {between.spline_db:.2f} dB"
    goal = job.target_db if job.target_db is not None else best.db
    if job.width and whole is not None:
        row |= yield from _recipe(job, whole, kind, goal, request)
    if job.tuned:
        row |= yield from _tuned(job, source, best, request)
    return row | (_ratios(row) if reached else {})


def _ours(job: Job, source: Source) -> Generator[str, None, tuple[Run, bool]]:
    if job.target_db is None:
        best = ours.fit_ours(source, job.params, job.budget_s or 1.0)
        yield f"ours: {best.seconds:.1f} s  {best.db:.2f} dB"
        return best, True
    climb = shortest(
        lambda seconds: ours.fit_ours(source, job.params, seconds), job.target_db, job.start_s, job.limit_s
    )
    return (yield from narrated("ours", climb))


def _recipe(
    job: Job, native: np.ndarray, kind: str, goal: float, request: BenchRequest
) -> Generator[str, None, Row]:
    """The recipe's time, eager and chunked; nothing where it is neither kept nor to be run."""
    name, steps, at_least = _from_curve(job, goal, request)
    if steps is None and request.mode != "full":
        yield f"recipe: no curve in {request.baselines}; scripts/curves.py {job.name} makes one"
        return {}
    timed = TIMED_STEPS[request.mode]
    chunk = recipes.cached_rows(job.width)

    def fresh(rows: int | None) -> recipes.Recipe:
        return recipes.Recipe(native, kind, name, width=job.width, chunk=rows, device=device_name())

    chunked = fresh(chunk)
    chunked_s = eager_s = chunked.seconds_per_step(timed)
    room = MEMORY_SHARE * free_bytes()
    if chunked.eager_bytes < room:
        eager_s = fresh(None).seconds_per_step(timed)
    else:
        yield f"recipe: an eager step needs {chunked.eager_bytes / 1e9:.0f} GB; timed in chunks only"
    yield f"recipe {name}: {eager_s:.3f} s a step, {chunked_s:.3f} s in chunks of {chunk}"
    row: Row = {"recipe": name, "recipe_gflops": round(chunked.flops / eager_s / 1e9, 1)}
    if request.mode == "full" and not at_least:
        most = math.ceil(ROOM * steps) if steps is not None else UNKNOWN_STEPS
        opponent = fresh(None if chunked.eager_bytes < room else chunk)
        seconds, taken, reached = yield from _run_recipe(opponent, goal, most)
        row |= {"recipe_s": round(seconds, 3), "projected": False}
        row |= {"recipe_chunked_s": round(taken * chunked_s, 3)}
        return row | ({} if reached else {"recipe_at_least": True})
    assert steps is not None
    yield f"recipe {name}: {goal:.2f} dB {'not by' if at_least else 'at'} step {steps:.0f}, projected"
    row |= {"recipe_s": round(steps * eager_s, 3), "projected": True}
    row |= {"recipe_chunked_s": round(steps * chunked_s, 3)}
    return row | ({"recipe_at_least": True} if at_least else {})


def _from_curve(job: Job, goal: float, request: BenchRequest) -> tuple[str, float | None, bool]:
    """The recipe that gets there in the fewest steps; without one the one that was run longest.

    Returns: its name, steps (None without any curve), and whether they are only a lower bound.
    """
    kept = {}
    for name in recipes.RECIPES:
        path = curves.curve_path(request.baselines, job.name, name)
        if path.is_file():
            kept[name] = curves.read_curve(path)
    there = {name: steps for name, c in kept.items() if (steps := c.steps_to(goal)) is not None}
    if there:
        name = min(there, key=lambda n: there[n])
        return name, there[name], False
    if kept:
        name = max(kept, key=lambda n: kept[n].last_step)
        return name, float(kept[name].last_step), True
    return "fork", None, False


def _run_recipe(
    recipe: recipes.Recipe, goal: float, most: int
) -> Generator[str, None, tuple[float, int, bool]]:
    """Run it to the goal; measurements are not counted.  Returns seconds, steps, reached."""
    seconds = 0.0
    while recipe.steps < most:
        begun = time.perf_counter()
        for _ in range(MEASURED_EVERY):
            recipe.step()
        seconds += time.perf_counter() - begun
        db = recipe.quality_db()
        if recipe.steps % (10 * MEASURED_EVERY) == 0 or db >= goal:
            yield f"recipe {recipe.name}: step {recipe.steps}, {seconds:.0f} s, {db:.2f} dB, measured"
        if db >= goal:
            return seconds, recipe.steps, True
    return seconds, recipe.steps, False


def _tuned(job: Job, source: Source, best: Run, request: BenchRequest) -> Generator[str, None, Row]:
    """The tuned MLP's time to the target, or its quality after the same time."""
    candidates = tuned.settings(job.candidates)
    least, most = SEARCH_S[request.mode]
    if job.budget_s is not None:
        setting, seen = yield from tuned.search(source, job.params, candidates, job.budget_s)
        got = seen[-1][1]
        return {"tuned_db": _finite(got.db), "tuned": str(setting), "tuned_gflops": round(got.gflops, 1)}
    assert job.target_db is not None
    seconds = min(most, max(least, 4.0 * best.seconds))
    setting, seen = yield from tuned.search(source, job.params, candidates, seconds)
    got, reached = yield from tuned.time_to(source, job.params, setting, job.target_db, seen, job.limit_s)
    row: Row = {"tuned_s": round(got.seconds, 3), "tuned_db": _finite(got.db), "tuned": str(setting)}
    row |= {"tuned_gflops": round(got.gflops, 1)}
    return row | ({} if reached else {"tuned_at_least": True})


def _ratios(row: Row) -> Row:
    pairs = (("ratio", "recipe_s"), ("ratio_chunked", "recipe_chunked_s"), ("ratio_tuned", "tuned_s"))
    return {name: round(row[key] / row["ours_s"], 2) for name, key in pairs if key in row}


def _named(signal: str, lines: Generator[str, None, Row]) -> Generator[str, None, Row]:
    """Each line with the signal in front; what they end in is passed on."""
    while True:
        try:
            line = next(lines)
        except StopIteration as end:
            return end.value
        yield f"{signal}: {line}"


def _finite(db: float) -> float | None:
    """What JSON can hold: null where the signals are equal."""
    return round(db, 3) if math.isfinite(db) else None
