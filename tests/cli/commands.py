"""Command lines as tests run them: here in this process, or in one of their own."""

import contextlib
import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from inr.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
# Torch on one thread: small fits gain nothing from more, and lose much beside another busy program.
SURROUNDINGS = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _no_number(text):
    raise AssertionError(f"{text} is not JSON")


@dataclass(frozen=True)
class Result:
    """What a command line ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one JSON object on stdout."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        return json.loads(lines[0], parse_constant=_no_number)

    @property
    def complaint(self):
        """The one line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def inr(*arguments):
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Result(code, out.getvalue(), err.getvalue())


def command(*arguments):
    """The words that run a command line in a process of its own."""
    return [sys.executable, "-m", "inr", *map(str, arguments)]


def inr_process(*arguments, cwd=None, timeout=120):
    """Run a command line in a process of its own, to its end."""
    ended = subprocess.run(
        command(*arguments), capture_output=True, cwd=cwd, env=SURROUNDINGS, timeout=timeout
    )
    return Result(ended.returncode, *(os.fsdecode(text) for text in (ended.stdout, ended.stderr)))


def on_a_terminal(words, environment, cwd=None):
    """Run a command whose stderr is a terminal; its exit code and what the terminal was sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, cwd=cwd, env=environment, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not part:
                break
            said += part
    os.close(ours)
    return process.returncode, said
