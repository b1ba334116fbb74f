"""The strongest single MLP that a search finds: same engine, same number of parameters, no tiles.

It has what the recipes lack and what makes most of their slowness: mini-batches, threads that share
the work well, rates that fall to 0, and rates, frequencies and start weights that suit the signal.
The search is random (Bergstra & Bengio 2012) with successive halving (Jamieson & Talwalkar 2016): all
candidates get a short time, the better third of them three times that, and so on.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch

from inr import fitting, signals
from inr.bench.engine import Prepare, Run, Source, run_fit
from inr.bench.ladder import narrated, shortest
from inr.specs import FieldSpec, FitSpec

KEPT = 3  # one of so many goes to the next round, with so many times the seconds
LARGEST_OMEGA = 4096.0
OMEGA_HIDDEN = 30.0
Known = tuple[float, Run]
DRAWS: dict[str, tuple[float, ...]] = {
    "adam": (3e-4, 1e-3, 3e-3, 6e-3),
    "muon": (0.0, 0.1, 0.2),
    "reach": (0.5, 1.0, 2.0),
    "scale": (1.0, 1.5, 2.0, 2.5),
    "batch": (4096, 8192, 16384),
    "hidden": (2, 3),
}


@dataclass(frozen=True)
class Setting:
    """One point of the search.

    Attributes:
        adam: Adam's rate.  muon: Muon's rate times ω on the hidden matrices; 0 gives them to Adam.
        reach: factor on the first ω that the signal's spectrum asks for.
        scale: factor on every start weight but the last layer's (Yeom et al. 2025, arXiv:2410.04779).
        batch: samples a step.  hidden: layers after the first one.
    """

    adam: float = 1e-3
    muon: float = 0.0
    reach: float = 1.0
    scale: float = 1.0
    batch: int = 8192
    hidden: int = 3

    def __str__(self) -> str:
        """As the search prints it."""
        muon = f"muon {self.muon:g}/omega" if self.muon else "adam alone"
        return (
            f"{muon}, adam {self.adam:g}, omega x{self.reach:g}, start x{self.scale:g}, "
            f"batch {self.batch}, {self.hidden + 1} layers"
        )


def settings(count: int, seed: int = 0) -> list[Setting]:
    """The candidates: the usual one, then random ones, no two alike."""
    rng = np.random.Generator(np.random.Philox(seed))
    found = [Setting()]
    while len(found) < count:
        drawn = {name: values[int(rng.integers(len(values)))] for name, values in DRAWS.items()}
        whole = {name: int(drawn[name]) for name in ("batch", "hidden")}
        candidate = Setting(**(drawn | whole))  # type: ignore[arg-type]
        if candidate not in found:
            found.append(candidate)
    return found


def fit_tuned(source: Source, params: int, seconds: float, setting: Setting, seed: int = 0) -> Run:
    """Fit the single MLP for so many seconds."""
    request = FitSpec(params=params, time_s=seconds, seed=seed, profile="single", activation="sine")
    return run_fit(source, request, _preparation(setting, params))


def search(
    source: Source, params: int, candidates: list[Setting], seconds: float
) -> Generator[str, None, tuple[Setting, list[Known]]]:
    """Find the best setting.

    Args:
        source: the signal.
        params: bound on the trainable numbers.
        candidates: what to try.
        seconds: of every fit in the last round, which has at most KEPT fits.

    Yields: a line a fit.

    Returns: the setting, and its (seconds, run) of every round.
    """
    rounds = max(1, math.ceil(round(math.log(len(candidates), KEPT), 9)))
    left = candidates
    seen: dict[Setting, list[Known]] = {setting: [] for setting in candidates}
    for turn in range(rounds):
        allowed = seconds / KEPT ** (rounds - 1 - turn)
        for setting in left:
            got = fit_tuned(source, params, allowed, setting)
            seen[setting].append((allowed, got))
            yield f"tuned: {allowed:.1f} s  {got.db:6.2f} dB  {setting}"
        left = sorted(left, key=lambda s: seen[s][-1][1].db, reverse=True)
        left = left[: math.ceil(len(left) / KEPT)]
    return left[0], seen[left[0]]


def time_to(
    source: Source,
    params: int,
    setting: Setting,
    target_db: float,
    known: list[Known],
    limit_s: float,
) -> Generator[str, None, tuple[Run, bool]]:
    """The shortest time in which the setting reaches the target.

    Args:
        source: the signal.
        params: bound on the trainable numbers.
        setting: what the search found.
        target_db: quality to reach.
        known: (seconds, run) of the setting; the first guess continues their line.
        limit_s: the longest time that is tried.

    Yields: a line a fit.

    Returns: the run and True, or the one of the longest time allowed and False.
    """
    climb = shortest(
        lambda s: fit_tuned(source, params, s, setting), target_db, _guess(known, target_db), limit_s
    )
    return (yield from narrated("tuned", climb))


def _guess(known: list[Known], target_db: float) -> float:
    """Seconds at which dB, a line in log seconds, meets the target; six dB a threefold time if unknown."""
    last_s, last = known[-1]
    gain = max(2.0, last.db - known[-2][1].db) if len(known) > 1 else 6.0
    return last_s * KEPT ** min(4.0, max(-2.0, (target_db - last.db) / gain))


def _preparation(setting: Setting, params: int) -> Prepare:
    def prepare(request: FitSpec, reader: signals.Reader, started: float) -> fitting.Fit:
        plan = fitting.make_plan(request, reader)
        field = _field(plan.field, setting, params)
        rates = replace(plan.rates, muon=setting.muon / OMEGA_HIDDEN, adam=setting.adam)
        batch = min(setting.batch, reader.spec.samples)
        fit = fitting.Fit(
            request, replace(plan, field=field, rates=rates, batch=batch), reader, started=started
        )
        with torch.no_grad():
            for name, tensor in fit.network.tensors.items():
                if name.startswith("layer") and name.endswith(".weight"):
                    tensor.mul_(setting.scale)
        return fit

    return prepare


def _field(base: FieldSpec, setting: Setting, params: int) -> FieldSpec:
    """The widest network of that depth within the budget, with the setting's frequencies."""
    first = min(LARGEST_OMEGA, max(1.0, round(16 * setting.reach * base.activation.omega_first) / 16))
    activation = replace(base.activation, omega_first=first, omega_hidden=OMEGA_HIDDEN)
    return fitting.widest(replace(base, hidden=setting.hidden, width=1, activation=activation), params)
