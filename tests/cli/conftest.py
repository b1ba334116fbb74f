"""What the tests of the command line share."""

import pytest
import torch

from tests.cli import made
from tests.cli.commands import inr


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    """Fits of the command line's tests are too small for more threads."""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test works in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """One small signal of each kind."""
    folder = tmp_path_factory.mktemp("sources")
    return {
        "image": made.picture(folder / "picture.png"),
        "audio": made.sound(folder / "sound.wav"),
        "video": made.clip(folder / "clip.mp4"),
    }


@pytest.fixture(scope="session")
def fitted(sources, tmp_path_factory):
    """The .inr file of each of them, after 30 steps."""
    folder = tmp_path_factory.mktemp("fitted")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for kind, source in sources.items():
        got = inr("fit", source, "-o", folder / f"{kind}.inr", "--steps", 30, "--no-eval", "--quiet")
        assert got.code == 0, got.err
    torch.set_num_threads(threads)
    return {kind: folder / f"{kind}.inr" for kind in sources}
