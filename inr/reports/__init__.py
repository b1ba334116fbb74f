"""What a finished fit tells the person: how it compares, and a page that shows it."""

from inr.reports.compare import Comparison, Jpeg, Lossless, compare
from inr.reports.curve import Curve
from inr.reports.page import Finished, write
from inr.reports.svg import no_figures

__all__ = ["Comparison", "Curve", "Finished", "Jpeg", "Lossless", "compare", "no_figures", "write"]
