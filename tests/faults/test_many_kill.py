"""A fit of several inputs that is killed or stopped: the same command goes on to the same bytes."""

import json
import random
import signal
import subprocess
import time

import pytest

from tests.cli import made
from tests.cli.commands import SURROUNDINGS, command, inr_process

NAMES = ["a.png", "b.png", "c.png", "d.png", "e.png"]
PATIENCE_S = 600


def words(count, steps=250):
    return ["fit", *NAMES[:count], "-o", "out", "--steps", steps, "--quiet", "--no-eval", "--json"]


def pictures(folder, count):
    for seed, name in enumerate(NAMES[:count]):
        made.picture(folder / name, 32, 32, seed=seed)


def start(folder, count, threads=1):
    return subprocess.Popen(
        command(*words(count)),
        cwd=folder,
        env=SURROUNDINGS | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(condition, process):
    """Until the condition holds or the process has ended."""
    until = time.monotonic() + PATIENCE_S
    while not condition() and process.poll() is None:
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.005)


def done(folder):
    """The results that the manifest calls done, with what changes when they are written again."""
    path = folder / "out" / "manifest.json"
    entries = json.loads(path.read_text())["files"] if path.exists() else {}
    return {n: (folder / "out" / n).stat().st_ino for n, entry in entries.items() if "row" in entry}


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "out").glob("*.inr")}


def whole(folder, count, threads=1):
    """What the command writes when nothing happens to it."""
    folder.mkdir()
    pictures(folder, count)
    process = start(folder, count, threads)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    return files(folder)


@pytest.mark.slow
def test_after_a_kill_the_same_command_fits_only_what_is_not_done(tmp_path):
    want = whole(tmp_path / "whole", 3)
    pictures(tmp_path, 3)
    process = start(tmp_path, 3)
    wait_for((tmp_path / "out/b.inr.run/state.safetensors").exists, process)
    process.kill()
    process.communicate()
    before = done(tmp_path)
    assert list(before) == ["a.inr"]
    got = inr_process(*words(3), cwd=tmp_path, timeout=PATIENCE_S)
    assert got.code == 0
    assert ["kept" in row for row in got.json["rows"]] == [True, False, False]
    assert done(tmp_path).items() >= before.items()
    assert files(tmp_path) == want
    assert not list((tmp_path / "out").glob("*.run"))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("threads", [1, 2])
def test_after_a_signal_the_best_so_far_is_there_and_the_same_command_goes_on(
    threads, number, code, tmp_path
):
    want = whole(tmp_path / "whole", 5, threads)
    pictures(tmp_path, 5)
    process = start(tmp_path, 5, threads)
    wait_for(lambda: len(done(tmp_path)) >= 1 and list((tmp_path / "out").glob("*.run/state*")), process)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert b"the best so far is in out/" in err
    rows = json.loads(out)["rows"]
    assert all((tmp_path / row["file"]).stat().st_size == row["size_bytes"] for row in rows)
    before = done(tmp_path)
    assert len(before) < 5
    again = start(tmp_path, 5, threads)
    again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0
    assert done(tmp_path).items() >= before.items()
    assert files(tmp_path) == want


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_killed_again_and_again_it_ends_in_the_same_bytes_and_fits_nothing_twice(threads, tmp_path):
    dice = random.Random(threads)
    began = time.monotonic()
    want = whole(tmp_path / "whole", 5, threads)
    lasts = time.monotonic() - began
    pictures(tmp_path, 5)
    before: dict[str, int] = {}
    for _ in range(12):
        process = start(tmp_path, 5, threads)
        wait_for(lambda known=before: len(done(tmp_path)) > len(known), process)
        time.sleep(dice.uniform(0, 0.1) * lasts)
        process.kill()
        process.communicate()
        after = done(tmp_path)
        assert after.items() >= before.items()
        before = after
        assert all(files(tmp_path)[name] == want[name] for name in after)
    ended = start(tmp_path, 5, threads)
    ended.communicate(timeout=PATIENCE_S)
    assert ended.returncode == 0
    assert files(tmp_path) == want
