"""All that makes torch batches, for the door, which imports none of it before it is asked for."""

from inr.signals.batch import Batch, Whole
from inr.signals.point_sampler import PointSampler
from inr.signals.resident import Resident
from inr.signals.sampler import Sampler
from inr.signals.windows import WindowSampler

AnySampler = Sampler | WindowSampler | PointSampler

__all__ = ["AnySampler", "Batch", "PointSampler", "Resident", "Sampler", "Whole", "WindowSampler"]
