"""Killed at any instant: the destination is one whole file, and a run goes on to the same bits."""

import random
import signal
import subprocess
import sys
import time

import pytest

from inr import codec
from tests.cli import made
from tests.cli.commands import SURROUNDINGS, command, inr_process

KILLS = pytest.mark.parametrize("kills", [pytest.param(20, marks=pytest.mark.slow)])
PATIENCE_S = 60


def start(words, folder):
    return subprocess.Popen(
        words, cwd=folder, env=SURROUNDINGS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def kill(process):
    process.kill()
    process.communicate()


def wait_for(condition, process):
    """Until the condition holds or the process has ended; whether it held."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        if process.poll() is not None:
            return False
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.005)
    return True


def changed(path):
    """A condition: the file is another one than now."""

    def identity():
        return path.stat().st_ino if path.exists() else None

    before = identity()
    return lambda: identity() not in (None, before)


@KILLS
def test_killed_while_fitting_the_destination_is_the_old_file_or_the_new_one(kills, tmp_path):
    dice = random.Random(kills)
    made.picture(tmp_path / "picture.png")
    words = [
        "fit",
        "picture.png",
        "-o",
        "out.inr",
        "--profile",
        "tiles",
        "--steps",
        300,
        "--force",
        "--quiet",
    ]
    began = time.monotonic()
    assert inr_process(*words, cwd=tmp_path).code == 0
    lasts = time.monotonic() - began
    out = tmp_path / "out.inr"
    new = out.read_bytes()
    old = b"the old file"
    for _ in range(kills):
        out.write_bytes(old)
        process = start(command(*words), tmp_path)
        time.sleep(dice.uniform(0.3, 1.1) * lasts)
        kill(process)
        assert out.read_bytes() in (old, new)
    assert inr_process(*words, cwd=tmp_path).code == 0
    assert out.read_bytes() == new
    codec.decode(new)


WRITING = """
import os, sys
from inr import codec
from inr.cli.main import run
data = [open(f"{n}.inr", "rb").read() for n in "ab"]
while True:
    for name, content in zip("ab", data):
        assert run(["decode", f"{name}.inr", "out.png", "--force"]) == 0
        codec.save("out.inr", content, overwrite=True)
        print(name, flush=True)
"""


@KILLS
def test_killed_while_writing_the_destination_is_one_whole_file_or_the_other(kills, tmp_path):
    dice = random.Random(kills)
    made.picture(tmp_path / "picture.png", 100, 120)
    pictures, files = [], []
    for seed, name in enumerate("ab"):
        words = ["fit", "picture.png", "-o", f"{name}.inr", "--steps", 30, "--seed", seed, "--no-eval"]
        assert inr_process(*words, cwd=tmp_path).code == 0
        assert inr_process("decode", f"{name}.inr", f"{name}.png", cwd=tmp_path).code == 0
        pictures.append((tmp_path / f"{name}.png").read_bytes())
        files.append((tmp_path / f"{name}.inr").read_bytes())
    assert files[0] != files[1]
    for _ in range(kills):
        process = start([sys.executable, "-c", WRITING], tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == b"a\n"
        time.sleep(dice.uniform(0, 0.2))
        kill(process)
        assert (tmp_path / "out.png").read_bytes() in pictures
        assert (tmp_path / "out.inr").read_bytes() in files


LONG = {
    "image": (lambda p: made.picture(p, 96, 128), "x.png", ["--params", 4000, "--steps", 700]),
    "grids": (lambda p: made.picture(p, 96, 128), "x.png", ["--max-size", 6000, "--steps", 1500]),
    "audio": (lambda p: made.sound(p, 8000), "x.wav", ["--params", 3000, "--steps", 700]),
    "video": (lambda p: made.clip(p, 8, 48, 64), "x.mp4", ["--params", 3000, "--steps", 700]),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run of each kind writes when nothing happens to it; made when first asked for."""
    folder = tmp_path_factory.mktemp("whole")
    made_already = {}

    def bytes_of(kind):
        if kind not in made_already:
            make, name, options = LONG[kind]
            make(folder / name)
            words = ["fit", name, *options, "--quiet", "--no-eval", "-o", f"{kind}.inr"]
            assert inr_process(*words, cwd=folder).code == 0
            made_already[kind] = (folder / f"{kind}.inr").read_bytes()
        return made_already[kind]

    return bytes_of


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        pytest.param("image", 7, marks=pytest.mark.slow),
        pytest.param("grids", 4, marks=pytest.mark.slow),
        pytest.param("audio", 7, marks=pytest.mark.slow),
        pytest.param("video", 6, marks=pytest.mark.slow),
    ],
)
def test_a_run_that_was_killed_and_resumed_ends_in_the_same_bytes(kind, kills, tmp_path, whole):
    dice = random.Random(kills)
    make, name, options = LONG[kind]
    make(tmp_path / name)
    words = ["fit", name, *options, "--quiet", "--no-eval", "-o", "out.inr", "--resume"]
    state = tmp_path / "out.inr.run" / "state.safetensors"
    done = 0
    for _ in range(kills):
        process = start(command(*words), tmp_path)
        if wait_for(changed(state), process):
            time.sleep(dice.uniform(0, 0.15))
        ended = process.poll() is not None
        kill(process)
        if ended:
            break
        done += 1
    assert done >= min(kills, 4)
    if not (tmp_path / "out.inr").exists():
        assert inr_process(*words, cwd=tmp_path).code == 0
    assert (tmp_path / "out.inr").read_bytes() == whole(kind)
    assert not state.exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_a_signal_saves_the_best_so_far_and_resume_goes_on_to_the_same_bytes(number, code, tmp_path, whole):
    make, name, options = LONG["image"]
    make(tmp_path / name)
    words = ["fit", name, *options, "--quiet", "-o", "out.inr"]
    state = tmp_path / "out.inr.run" / "state.safetensors"
    process = subprocess.Popen(
        command(*words, "--json"),
        cwd=tmp_path,
        env=SURROUNDINGS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert wait_for(state.exists, process)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert time.monotonic() - began < 3
    assert process.returncode == code
    assert b"the best so far is in out.inr" in err
    assert len(err.splitlines()) == 1
    assert b'"size_bytes"' in out
    assert inr_process("decode", "out.inr", "early.png", cwd=tmp_path).code == 0
    early = (tmp_path / "out.inr").read_bytes()
    assert early != whole("image")
    assert state.exists()
    assert inr_process(*words, "--resume", cwd=tmp_path).code == 0
    assert (tmp_path / "out.inr").read_bytes() == whole("image")
    assert not state.parent.exists()


def test_a_second_signal_ends_at_once(tmp_path):
    made.picture(tmp_path / "x.png", 600, 800)
    process = start(command("fit", "x.png", "--params", 4000, "--steps", 100_000, "--quiet"), tmp_path)
    assert wait_for((tmp_path / "x.inr.run" / "state.safetensors").exists, process)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 143
    assert time.monotonic() - began < 2


def test_a_signal_among_several_inputs_ends_with_what_is_done(tmp_path):
    for name in "abc":
        made.picture(tmp_path / f"{name}.png", 96, 128)
    words = command("fit", "a.png", "b.png", "c.png", "--params", 4000, "--steps", 1000, "--json", "--quiet")
    process = start(words, tmp_path)
    assert wait_for((tmp_path / "b.inr.run" / "state.safetensors").exists, process)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert out.count(b'"size_bytes"') == 2
    assert (tmp_path / "a.inr").exists()
    assert (tmp_path / "b.inr").exists()
    assert not (tmp_path / "c.inr").exists()
    assert not (tmp_path / "a.inr.run").exists()
