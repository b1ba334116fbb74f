"""Our side: the defaults that ship, with a number of parameters and a time."""

from inr import fitting, signals
from inr.bench.engine import Run, Source, run_fit
from inr.specs import FitSpec


def fit_ours(
    source: Source,
    params: int,
    seconds: float,
    *,
    activation: str = "raf",
    between: bool = False,
    seed: int = 0,
) -> Run:
    """Fit for so many seconds with the defaults of `inr fit --preset fast --params P --time S`.

    Args:
        source: the signal.
        params: bound on the trainable numbers.
        seconds: of the fit.
        activation: as on the command line.
        between: hold the field between the samples too, as every preset but `fast` does.
        seed: of the start and of the order of samples.
    """
    request = FitSpec(
        preset="balanced" if between else "fast",
        params=params,
        time_s=seconds,
        seed=seed,
        activation=activation,
    )
    return run_fit(source, request, prepare)


def prepare(request: FitSpec, reader: signals.Reader, started: float) -> fitting.Fit:
    """A fit as `inr fit` starts it."""
    return fitting.Fit(request, fitting.make_plan(request, reader), reader, started=started)
