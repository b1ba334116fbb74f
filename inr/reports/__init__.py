"""What fits and comparisons tell the person: how they compare, and pages that show them."""

from inr.reports.compare import Comparison, Jpeg, Lossless, compare
from inr.reports.curve import Curve
from inr.reports.document import PAGE
from inr.reports.page import Finished, write
from inr.reports.results import Picture, Results, write_results
from inr.reports.svg import no_figures

__all__ = [
    "Comparison",
    "Curve",
    "Finished",
    "Jpeg",
    "Lossless",
    "PAGE",
    "Picture",
    "Results",
    "compare",
    "no_figures",
    "write",
    "write_results",
]
