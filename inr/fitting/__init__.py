"""Samples to a fitted field, and the field to a file's bytes."""

from inr.fitting.checkpoint import has_state
from inr.fitting.finish import Coded, threads_for
from inr.fitting.fit import Fit
from inr.fitting.grid_plans import clip_seconds
from inr.fitting.layout import widest
from inr.fitting.network import TrainingNetwork
from inr.fitting.presets import Plan, make_plan
from inr.fitting.progress import Progress, drive
from inr.fitting.report import report
from inr.fitting.run import Outcome, export, kept_run, remove_run, run
from inr.fitting.schedules import cosine
from inr.fitting.together import may_join, threads, together

__all__ = [
    "Coded",
    "Fit",
    "Outcome",
    "Plan",
    "Progress",
    "TrainingNetwork",
    "clip_seconds",
    "cosine",
    "drive",
    "export",
    "has_state",
    "kept_run",
    "make_plan",
    "may_join",
    "remove_run",
    "report",
    "run",
    "threads",
    "threads_for",
    "together",
    "widest",
]
