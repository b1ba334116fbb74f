"""A disk that is full and memory that runs out: one line, the right code, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import made
from tests.cli.commands import SURROUNDINGS, Result, inr

pytest.importorskip("resource", reason="needs limits of the operating system")


LIMITED = """
import sys, resource
from inr.cli.main import run
limit, size = getattr(resource, sys.argv[1]), int(sys.argv[2])
if sys.argv[1] == "RLIMIT_AS":  # what the libraries have mapped already depends on how they were built
    import torch
    size += int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(limit, (size, size))
sys.exit(run(sys.argv[3:]))
"""


def limited(limit, size, *words):
    """Run a command line with one of the system's limits set; memory is counted beyond the libraries'."""
    line = [sys.executable, "-c", LIMITED, limit, *map(str, (size, *words))]
    ended = subprocess.run(line, capture_output=True, text=True, env=SURROUNDINGS)
    return Result(ended.returncode, ended.stdout, ended.stderr)


MAKE = {
    ".png": lambda p: made.picture(f"{p}.png", 96, 128),
    ".wav": lambda p: made.sound(Path(f"{p}.wav"), 8000),
    ".mp4": lambda p: made.clip(Path(f"{p}.mp4")),
}


@pytest.mark.parametrize(
    ("source", "out"),
    [
        (".png", ".png"),
        (".png", ".tif"),
        (".wav", ".wav"),
        (".wav", ".mp3"),
        (".mp4", ".mkv"),
        (".mp4", ".mp4"),
    ],
)
def test_a_decode_that_the_disk_has_no_room_for_leaves_what_was_there(source, out):
    MAKE[source]("in")
    assert inr("fit", f"in{source}", "--steps", 20, "--quiet").code == 0
    Path(f"out{out}").write_bytes(b"precious")
    got = limited("RLIMIT_FSIZE", 600, "decode", "in.inr", f"out{out}", "--force")
    assert got.code in (2, 3)
    assert got.err.splitlines()[-1].startswith(f"inr: out{out}: cannot be written")
    assert "Traceback" not in got.err
    assert Path(f"out{out}").read_bytes() == b"precious"
    assert sorted(os.listdir()) == sorted({"in.inr", f"in{source}", f"out{out}"})


def test_a_fit_whose_file_finds_no_room_says_so_and_leaves_what_was_there():
    MAKE[".png"]("in")
    Path("in.inr").write_bytes(b"precious")
    words = ["fit", "in.png", "--params", 4000, "--steps", 60, "--quiet", "--force"]
    got = limited("RLIMIT_FSIZE", 600, *words)
    assert got.code in (2, 3)
    *notes, last = got.err.splitlines()
    assert last.startswith("inr: in.inr: cannot be written")
    # The checkpoint found no room either; that alone does not end a fit.
    assert all("checkpoint not written" in note for note in notes)
    assert Path("in.inr").read_bytes() == b"precious"


def test_few_open_files_are_enough():
    MAKE[".png"]("in")
    assert limited("RLIMIT_NOFILE", 24, "fit", "in.png", "--params", 400, "--steps", 5, "--quiet").code == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc/self/statm")
def test_memory_that_runs_out_is_exit_code_5_and_one_line():
    MAKE[".png"]("in")
    assert inr("fit", "in.png", "--steps", 20, "--quiet").code == 0
    got = limited("RLIMIT_AS", 250_000_000, "decode", "in.inr", "out.png", "--scale", 60)
    assert got.code == 5, got.err
    assert "memory" in got.complaint
    assert sorted(os.listdir()) == ["in.inr", "in.png"]
