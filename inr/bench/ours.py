"""Our side: the defaults that ship, with a number of parameters and a time."""

from inr import fitting, signals
from inr.bench.engine import Run, Source, run_fit
from inr.specs import FitSpec


def fit_ours(source: Source, params: int, seconds: float, seed: int = 0) -> Run:
    """Fit for so many seconds with the defaults of `inr fit --params P --time S`."""
    return run_fit(source, FitSpec(params=params, time_s=seconds, seed=seed), prepare)


def prepare(request: FitSpec, reader: signals.Reader, started: float) -> fitting.Fit:
    """A fit as `inr fit` starts it."""
    return fitting.Fit(request, fitting.make_plan(request, reader), reader, started=started)
