"""Comparisons with other ways to do the same: opponents, closed forms, and the tables they end in."""

from inr.bench.bd_rate import BdRate, bd_rate, quality_at
from inr.bench.compare import CompareRequest, compare
from inr.bench.compare_card import COMPARE, COMPARE_NOTES, compare_summary
from inr.bench.compare_verdict import verdict
from inr.bench.curves import baselines_folder, curve_path, read_curve, record_curve
from inr.bench.drawn import Drawn
from inr.bench.engine import float_db
from inr.bench.jobs import data_folder, find_job
from inr.bench.journal import Journal
from inr.bench.kernels_figure import draw_kernels
from inr.bench.machine import machine
from inr.bench.names import Bench, find_bench
from inr.bench.recipes import RECIPES, Recipe, cached_rows
from inr.bench.request import BenchRequest
from inr.bench.table import cells

__all__ = [
    "BdRate",
    "Bench",
    "BenchRequest",
    "COMPARE",
    "COMPARE_NOTES",
    "CompareRequest",
    "Drawn",
    "Journal",
    "RECIPES",
    "Recipe",
    "baselines_folder",
    "bd_rate",
    "cached_rows",
    "cells",
    "compare",
    "compare_summary",
    "curve_path",
    "data_folder",
    "draw_kernels",
    "find_bench",
    "find_job",
    "float_db",
    "machine",
    "quality_at",
    "read_curve",
    "record_curve",
    "verdict",
]
