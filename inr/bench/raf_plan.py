"""How much of the RAF paper's experiments is run, and who takes part.

`full` is the paper's: whole signals, 2000 steps of pictures, 2001 of sound, 100,000 of video.  `quick`
crops and trains for fewer steps, over which the rate falls to 0 as it does in the whole.

Beside RAF stand sine at ω 30 (the paper's opponent), and two that tell what RAF's start is worth: its
sine has amplitude 2, which is a factor of the next layer's weights, so "sine-x2" has all weights but
the output's doubled; "sine-60" has twice the frequency, with SIREN's range of weights for it.  Then RAF
and sine each have the best rate and frequency of a search that is the same for both (raf_search.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from inr.bench.compare_search import Setting
from inr.bench.raf_fit import Contestant
from inr.bench.recipes import DECAY_STEPS, OMEGA, RATE

WIDTHS: dict[str, int] = {"audio": 256, "image": 256, "video": 400}
# The paper's video form is not published; pictures' is the richer one.
FORMS: dict[str, str] = {"audio": "raf-audio", "image": "raf-image", "video": "raf-image"}


@dataclass(frozen=True)
class Plan:
    """Sizes of one mode.

    Attributes:
        steps: of each fit, by experiment.
        search: steps of each fit of the search, by experiment.
        crop: samples along each axis at most; None for all.
        width: H, by experiment.
        needed_crop, needed_steps: of "parameters needed"; needed_widths: networks tried, rising.
        needed_search_width: where their rates are searched.
    """

    steps: Mapping[str, int]
    search: Mapping[str, int]
    crop: Mapping[str, tuple[int, ...] | None]
    width: Mapping[str, int] = field(default_factory=lambda: WIDTHS)
    needed_crop: tuple[int, ...] | None = None
    needed_steps: int = 2000
    needed_widths: tuple[int, ...] = (32, 48, 64, 96, 128, 192, 256)
    needed_search_width: int = 96


FULL = Plan(
    steps=DECAY_STEPS,
    search={"image": 1000, "audio": 1000, "video": 5000},
    crop={"image": None, "audio": None, "video": None},
)
QUICK = Plan(
    steps={"image": 100, "audio": 100, "video": 100},
    search={"image": 50, "audio": 50, "video": 50},
    crop={"image": (48, 48), "audio": (2048,), "video": (16, 34, 40)},
    needed_crop=(96, 96),
    needed_steps=150,
    needed_widths=(32, 64, 128, 256),
    needed_search_width=32,
)


def recipe(experiment: str) -> list[Contestant]:
    """RAF as published, and its opponents trained likewise."""
    form = FORMS[experiment]
    return [
        Contestant(form, form),
        Contestant("sine", "sine"),
        Contestant("sine-x2", "sine", weights=2.0),
        Contestant("sine-60", "sine", omega=60.0),
    ]


def with_setting(contestant: Contestant, setting: Setting) -> Contestant:
    """The contestant at a point of the search: factors on the recipe's rate and frequency."""
    tuned = replace(contestant, name=f"{contestant.activation}-tuned", rate=RATE * setting.rate)
    if contestant.activation == "sine":
        return replace(tuned, omega=OMEGA * setting.frequency)
    return replace(tuned, first=setting.frequency)
