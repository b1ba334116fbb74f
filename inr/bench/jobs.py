"""What is compared: a signal, a number of parameters, and a quality or a time."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from inr import signals
from inr.errors import SpecError

CAMERA_SIDE = 256


@dataclass(frozen=True)
class Job:
    """One row of `bench speed`.

    Attributes:
        signal: what the row is called.
        path: file below INR_DATA; None for camera, which needs no data.
        params: bound on the trainable numbers of every network in the row.
        target_db: quality to reach: how long does it take?  PSNR, or SNR of sound.
        budget_s: where there is no target: seconds to spend; how far does it get?
        start_s: where the search for the shortest time begins.
        limit_s: the longest time that is tried for the target.
        width: of the recipe's four sine layers; 0 for no recipe.
        tuned: compare with the tuned single MLP.
        held_out: measure also between the samples.
        candidates: how many settings the tuned MLP's search tries.
    """

    signal: str
    path: str | None
    params: int
    target_db: float | None = None
    budget_s: float | None = None
    start_s: float = 5.0
    limit_s: float = 300.0
    width: int = 256
    tuned: bool = True
    held_out: bool = False
    candidates: int = 12

    @property
    def name(self) -> str:
        """The signal as the name of a file: `div2k/04` is `div2k-04`, `gt_bach.wav` is `gt_bach`."""
        return self.signal.replace("/", "-").partition(".")[0]

    @property
    def identity(self) -> list[object]:
        """What tells this row from all others of a run."""
        return [self.signal, self.params, self.target_db, self.budget_s]

    def source(self, data: Path | None) -> Path | np.ndarray | None:
        """What to open; None where the data are absent."""
        if self.path is None:
            return camera()
        file = data / self.path if data is not None else None
        return file if file is not None and file.is_file() else None


@cache
def camera() -> np.ndarray:
    """scikit-image's camera, resized to 256 x 256 with anti-aliasing; uint8 [256, 256]."""
    from skimage.transform import resize

    with signals.open_reader("sample:camera") as reader:
        whole = signals.to_float(reader.read(0, reader.spec.shape[0]))[..., 0]
    small = np.asarray(resize(whole.astype(np.float64), (CAMERA_SIDE, CAMERA_SIDE), anti_aliasing=True))
    return np.rint(255.0 * small).astype(np.uint8)


def data_folder() -> Path | None:
    """The folder of the reference signals, from INR_DATA."""
    named = os.environ.get("INR_DATA")
    return Path(named) if named else None


def speed_jobs(mode: str) -> list[Job]:
    """The rows of `bench speed`: all of them, or camera and one sound where it should be quick."""
    if mode == "quick":
        return [
            Job("camera", None, 199_000, 30.0, start_s=1.5, limit_s=20, held_out=True, candidates=6),
            Job("gt_bach.wav", "audio/gt_bach.wav", 199_000, budget_s=2.0, candidates=6),
        ]
    pictures = [
        Job("camera", None, 199_000, 38.2, start_s=1.0, limit_s=60.0, held_out=True, candidates=6),
        *(
            Job(
                f"div2k/{n}",
                f"div2k/{n}.png",
                199_000,
                35.0,
                start_s=3.0,
                limit_s=120.0,
                held_out=True,
                candidates=6,
            )
            for n in ("04", "08")
        ),
        *(
            Job(f"kodim{n}", f"kodak/kodim{n}.png", 300_000, budget_s=20.0, width=0, tuned=False)
            for n in ("03", "05", "15", "20", "23")
        ),
    ]
    sounds = [
        Job(name, f"audio/{name}", 199_000, budget_s=seconds, tuned=seconds < 10, candidates=4)
        for name in ("gt_bach.wav", "gt_counting.wav")
        for seconds in (2.0, 60.0)
    ]
    clip = Job("bikes.mp4", "video/bikes.mp4", 484_003, budget_s=60.0, width=400, tuned=False)
    return [*pictures, *sounds, clip]


def find_job(name: str) -> Job:
    """The first row of `bench speed` whose signal has that file name, such as `camera` or `div2k-04`.

    Raises:
        SpecError: there is none; the message lists the known ones.
    """
    jobs = {job.name: job for job in reversed(speed_jobs("default"))}
    if name not in jobs:
        raise SpecError(f"bench: no signal {name!r}; known are {', '.join(sorted(jobs))}")
    return jobs[name]


@dataclass(frozen=True)
class RdJob:
    """One signal of `bench rd`.

    Attributes:
        signal: what its rows are called.
        path: file below INR_DATA, or what the person named: a file or "sample:NAME".
        shared: it is one of the reference signals.
        sizes: of our files, in bytes; empty for those that its kind and grid suggest.
    """

    signal: str
    path: str
    shared: bool = True
    sizes: tuple[int, ...] = ()

    def source(self, data: Path | None) -> str | Path | None:
        """What to open; None where the data are absent."""
        if not self.shared:
            return self.path
        file = data / self.path if data is not None else None
        return file if file is not None and file.is_file() else None


def rd_jobs(mode: str, named: tuple[str, ...] = ()) -> list[RdJob]:
    """The signals of `bench rd`: those that were named, else all shared ones, else one picture and one sound.

    Args:
        mode: "default", "quick" or "full".
        named: files or samples; each counts once, and is called by its file's name where no other has it.
    """
    if named:
        paths = list(dict.fromkeys(named))
        short = [Path(path).name for path in paths]
        return [
            RdJob(name if short.count(name) == 1 else path, path, shared=False)
            for path, name in zip(paths, short, strict=True)
        ]
    if mode == "quick":
        return [_rd_shared("kodak/kodim15.png"), _rd_shared("audio/librispeech_3s.wav")]
    pictures = [f"kodak/kodim{n}.png" for n in ("03", "05", "15", "20", "23")]
    sounds = ["audio/librispeech_3s.wav", "audio/gt_bach.wav"]
    clips = ["video/bikes.mp4", "video/bigbuckbunny.mp4"]
    return [_rd_shared(path) for path in (*pictures, *sounds, *clips)]


def _rd_shared(path: str) -> RdJob:
    return RdJob(Path(path).stem, path)
