"""What a fit reports: the keys of the command line's `fit --json`, in one place."""

from typing import Any

from inr import metrics
from inr.fitting.run import Outcome
from inr.specs import FitSpec


def report(outcome: Outcome, request: FitSpec, size_bytes: int, total_seconds: float) -> dict[str, Any]:
    """The measured facts of a finished fit, JSON values.

    Args:
        outcome: the run's.
        request: what was asked.
        size_bytes: of the file, as the disk says; 0 where there is none.
        total_seconds: from start to the finished file, its evaluation included.
    """
    signal, field = outcome.coded.signal, outcome.coded.field
    out: dict[str, Any] = {
        "size_bytes": size_bytes,
        "samples": signal.samples,
        "channels": signal.channels,
        "bits_per_sample": metrics.bits_per_sample(size_bytes, signal.samples),
    }
    if not size_bytes:
        out = {key: out[key] for key in ("samples", "channels")}
    elif signal.seconds:
        out["bitrate_kbps"] = metrics.bitrate_kbps(size_bytes, signal.seconds)
    if outcome.evaluation is not None:
        out |= outcome.evaluation.to_json()
    if outcome.float_evaluation is not None:
        out |= outcome.float_evaluation.float_json()
    return out | {
        "params": field.params,
        "steps": outcome.steps,
        "fit_seconds": round(outcome.fit_seconds, 3),
        "total_seconds": round(total_seconds, 3),
        "reached": outcome.coded.reached and outcome.failure is None,
        "device": outcome.device,
        "threads": outcome.threads,
        "seed": request.seed,
        "profile": field.spec.layout,
        "activation": field.spec.activation.name,
        "spec": field.spec.to_json(),
        "reasons": list(outcome.plan.reasons),
    }
