"""Who takes part in `bench rd`: ours, and the codecs that Pillow and FFmpeg bring along."""

from inr.bench.codecs.contender import OURS, Contender, Point, measure
from inr.bench.codecs.find import opponents
from inr.bench.codecs.ours import ours
from inr.bench.codecs.video import source_codec

__all__ = ["OURS", "Contender", "Point", "measure", "opponents", "ours", "source_codec"]
