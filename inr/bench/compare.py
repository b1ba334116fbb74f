"""Activations side by side: equal parameters, equal steps or equal time, the same search for each.

All networks are cut into the same tiles and are equally wide where the bound allows it (compare_plan.py);
then comes a search of the same size for each one's rates and frequency (compare_search.py); then one fit
a seed on all samples, and one on every second sample of each axis.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from inr import fitting, signals
from inr.bench.compare_between import can_be_halved, half_reader, held_out_db, spline_db
from inr.bench.compare_card import write_card, write_csv
from inr.bench.compare_figures import draw_all
from inr.bench.compare_fit import Trained, attempt_db, train
from inr.bench.compare_plan import plan_like, reference_plan
from inr.bench.compare_request import CompareRequest
from inr.bench.compare_search import SEARCH_FITS, SEARCH_SEED, Budget, Found, Setting, has_frequency, search
from inr.bench.compare_store import Store
from inr.bench.journal import Journal, Row
from inr.bench.rd_figure import file_name, no_figures
from inr.errors import FitError, SignalError
from inr.evaluate import evaluate
from inr.specs import FitSpec

WARM_UP = Budget(steps=3)


@dataclass
class Bout:
    """One signal, whole and half, with what all its fits share."""

    request: CompareRequest
    params: int
    references: tuple[fitting.Plan, fitting.Plan | None]
    reader: signals.Reader
    half: signals.Reader | None
    spline: float | None
    store: Store

    def fit_spec(self, activation: str, seed: int) -> FitSpec:
        """Of a fit in this comparison."""
        return self.request.fit_spec(activation, self.params, seed)

    def plans(self, activation: str) -> tuple[fitting.Plan, fitting.Plan | None]:
        """Of the whole signal and of the half one."""
        whole, half = self.references
        return (
            plan_like(whole, activation, self.params),
            None if half is None else plan_like(half, activation, self.params),
        )


def compare(request: CompareRequest) -> Generator[str | Row, None, None]:
    """Compare activations on one signal.

    Yields: lines for the person, and a row as each fit is finished: signal, activation, params, steps,
        seed, mse, psnr_db, snr_db (sound), held_out_db and spline_db (pictures and sound), seconds, path
        (what computed), lr (Adam's), muon, omega of the first layer, or start_scale where there is no ω.

    Raises:
        SpecError: the budget does not do for an activation, or the rows to go on with had another.
        SignalError: the signal cannot be read.
    """
    begun = time.monotonic()
    opened = {"kind": request.kind, "rate_hz": request.rate_hz, "fps": request.fps}
    with signals.open_reader(request.source, **opened) as reader:  # type: ignore[arg-type]
        whole, params = reference_plan(request, reader, request.params)
        for name in request.activations:  # a budget too small for one of them is said before any fit
            plan_like(whole, name, params)
        store = _open_store(request, params, reader)
        half = half_reader(reader) if can_be_halved(reader.spec) else None
        spline = None if half is None else spline_db(reader)
        between = None if half is None else reference_plan(request, half, params)[0]
        bout = Bout(request, params, (whole, between), reader, half, spline, store)
        yield _outlook(bout)
        rows: list[Row] = []
        found: dict[str, Found] = {}
        for name in request.activations:
            yield from _one(bout, name, rows, found)
        if request.folder is not None:
            yield from _write(bout, rows, found, time.monotonic() - begun)


def _outlook(bout: Bout) -> str:
    """How much work there is."""
    seeds = bout.request.seeds
    fits = f"{seeds} fits" + (f" and {seeds} between the samples" if bout.half else "")
    size = f"{bout.params} parameters, {bout.request.budget} a fit"
    return f"{size}; each activation: a search worth {SEARCH_FITS:g} fits, then {fits}"


def _one(bout: Bout, name: str, rows: list[Row], found: dict[str, Found]) -> Iterator[str | Row]:
    """The search and all seeds of one activation; appends to `rows` and `found`."""
    plans = bout.plans(name)
    kept = bout.store.search(name)
    if kept is None:
        kept = yield from _search(bout, name, plans[0])
        bout.store.keep_search(name, kept)
    found[name] = kept
    for seed in range(bout.request.seeds):
        row = bout.store.row(name, seed)
        if row is None:
            try:
                row = _fit(bout, name, seed, plans, kept.setting)
            except (FitError, SignalError) as error:
                yield f"{name}: seed {seed}: left out: {error}"
                continue
            yield f"{name}: seed {seed}: {_shown(row)}"
        rows.append(row)
        yield row


def _search(bout: Bout, name: str, plan: fitting.Plan) -> Generator[str, None, Found]:
    spec, budget = bout.fit_spec(name, SEARCH_SEED), bout.request.budget

    def attempt(setting: Setting, allowed: Budget) -> float:
        return attempt_db(spec, plan, bout.reader, setting, allowed)

    if budget.seconds is not None:  # the first steps of an activation in a process are its slowest
        attempt(Setting(), WARM_UP)
    return (yield from search(name, attempt, budget))


def _fit(
    bout: Bout, name: str, seed: int, plans: tuple[fitting.Plan, fitting.Plan | None], setting: Setting
) -> Row:
    """A seed: on all samples, and on half of them."""
    spec, budget = bout.fit_spec(name, seed), bout.request.budget
    whole, half = plans
    got = train(spec, whole, bout.reader, setting, budget)
    judged = evaluate(got.field, bout.reader.spec, bout.reader, perceptual=False)
    row: Row = {
        "signal": bout.request.name,
        "activation": name,
        "params": got.field.params,
        "steps": got.steps,
        "seed": seed,
        **{key: _rounded(value) for key, value in judged.to_json().items()},
    }
    if bout.half is not None and half is not None:
        between = train(spec, half, bout.half, setting, budget)
        row["held_out_db"] = _rounded(held_out_db(between.field, bout.reader))
        row["spline_db"] = _rounded(bout.spline)
    row |= {"seconds": round(got.seconds, 3), **_settings(got, setting)}
    bout.store.keep(row, got)
    return row


def _settings(got: Trained, setting: Setting) -> Row:
    """The rates and the frequency that a fit had, in absolute numbers."""
    rates, spec = got.plan.rates, got.plan.field.activation
    row: Row = {"path": got.path, "lr": float(f"{rates.adam:.6g}"), "muon": float(f"{rates.muon:.6g}")}
    if has_frequency(spec, got.plan.field.width):
        return row | {"omega": spec.omega_first}
    return row | {"start_scale": setting.frequency}


def _open_store(request: CompareRequest, params: int, reader: signals.Reader) -> Store:
    if request.folder is None:
        return Store(None, "", request.name)
    request.folder.mkdir(parents=True, exist_ok=True)
    name = f"compare-{file_name(request.name)}"
    mode = f"{params} parameters, {request.budget}, {request.profile}"
    journal = Journal(request.folder, name, mode, request.resume)
    return Store(journal, reader.fingerprint()[:16], name)


def _write(bout: Bout, rows: list[Row], found: dict[str, Found], seconds: float) -> Iterator[str]:
    """Table, card and figures."""
    folder = bout.request.folder
    assert folder is not None
    budget = bout.request.budget
    about: dict[str, Any] = {
        "signal": bout.request.name,
        "kind": bout.reader.spec.kind,
        "shape": list(bout.reader.spec.shape),
        "budget": {"params": bout.params, "steps": budget.steps, "time_s": budget.seconds},
        "profile": bout.request.profile,
        "seeds": list(range(bout.request.seeds)),
        "search": {name: one.to_json() for name, one in found.items()},
        "seconds": round(seconds, 1),
    }
    path = folder / bout.store.name
    yield f"written: {write_csv(path.with_name(path.name + '.csv'), rows)}"
    yield f"written: {write_card(path.with_name(path.name + '.json'), about, rows)}"
    missing = no_figures()
    if missing:
        yield missing
    elif rows:
        yield from draw_all(path, rows, bout.reader, bout.store)


def _shown(row: Row) -> str:
    db = row.get("snr_db", row["psnr_db"])
    words = "exact" if row.get("exact") else "undefined" if db is None else f"{db:.2f} dB"
    between = row.get("held_out_db")
    words += "" if between is None else f", held out {between:.2f} dB"
    return f"{words}, {row['steps']} steps in {row['seconds']:.1f} s"


def _rounded(value: Any) -> Any:
    return float(f"{value:.8g}") if isinstance(value, float) else value
