"""Building, finding and refusing the library."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from inr.kernel.build import LIBRARY, build, sources_hash
from inr.kernel.library import open_library
from tests.kernel.test_step import check

COMPILER = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def quick_compiler(tmp_path, monkeypatch):
    """CC is a compiler that takes its time for nothing: the last -O is the one that counts."""
    monkeypatch.setenv("CC", script(tmp_path / "quick", f'exec {COMPILER} "$@" -O0'))


def in_a_process_of_its_own(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True
    )


# Loading


def test_the_library_that_was_built_is_used(runnable):
    found, why = open_library(LIBRARY)
    assert why == ""
    assert found.variant == list(runnable)[-1]


def test_where_there_is_none_it_says_how_to_get_one(tmp_path):
    found, why = open_library(tmp_path / "none.so")
    assert found is None
    assert "without a C compiler" in why
    assert "build.py" in why


@pytest.mark.usefixtures("runnable")
def test_a_library_made_from_other_sources_is_refused_and_says_what_to_do(tmp_path):
    other = tmp_path / LIBRARY.name
    data = LIBRARY.read_bytes()
    assert data.count(sources_hash().encode()) == 1
    other.write_bytes(data.replace(sources_hash().encode(), b"0123456789abcdef"))
    found, why = open_library(other)
    assert found is None
    assert why.startswith("made from other sources; run: python ")
    assert why.endswith("build.py")


def test_a_file_that_is_no_library_is_refused_and_says_what_to_do(tmp_path):
    for data in (b"", b"no library at all", b"\x7fELF" + bytes(200)):
        path = tmp_path / f"{len(data)}.so"
        path.write_bytes(data)
        found, why = open_library(path)
        assert found is None
        assert why.startswith("cannot be loaded: ")
        assert "run: python" in why
        assert "\n" not in why


@pytest.mark.usefixtures("runnable")
@pytest.mark.parametrize("kept", [0.003, 0.5, 0.99])
def test_a_library_that_is_cut_short_is_refused_and_kills_nothing(tmp_path, kept):
    """In a process of its own: loading one ends with a bus error."""
    data = LIBRARY.read_bytes()
    path = tmp_path / LIBRARY.name
    path.write_bytes(data[: int(kept * len(data))])
    code = (
        f"import inr.kernel.library as room, pathlib; print(room.open_library(pathlib.Path({str(path)!r})))"
    )
    run = in_a_process_of_its_own(code)
    assert run.returncode == 0, run.stderr
    assert "(None, 'cannot be loaded: " in run.stdout
    assert "build.py" in run.stdout


def test_the_kernel_can_be_switched_off():
    code = "from inr import kernel; print(kernel.load(), kernel.why_not())"
    run = in_a_process_of_its_own(code, INR_KERNEL="off")
    assert run.stdout.strip() == "None switched off by INR_KERNEL=off", run.stderr


# Building


@needs_compiler
@pytest.mark.usefixtures("quick_compiler")
def test_a_library_can_be_built_elsewhere_and_computes_the_same(tmp_path):
    target = tmp_path / "elsewhere" / "some.so"
    target.parent.mkdir()
    assert build(target) is None
    assert os.listdir(target.parent) == ["some.so"]
    found, why = open_library(target)
    assert why == ""
    check(found, kind="raf, own", gain=True, width=19, rows=65)


@needs_compiler
@pytest.mark.slow
@pytest.mark.usefixtures("quick_compiler")
def test_two_builds_at_once_do_not_meet(tmp_path):
    target = tmp_path / "both" / "some.so"
    target.parent.mkdir()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(build, [target] * 2)) == [None, None]
    assert os.listdir(target.parent) == ["some.so"]
    assert open_library(target)[1] == ""


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [
        ("/nonexistent", "/nonexistent: "),
        ("/nonexistent -m64", "/nonexistent: "),
        ('"half a quotation', '"half a quotation: '),
        ("BROKEN", "step.c:3:1: error: no such thing"),
        ("SILENT", "non-zero exit status 1"),
    ],
)
def test_a_build_that_fails_says_why_in_one_line_and_leaves_the_old_library(
    tmp_path, monkeypatch, compiler, reason
):
    said = "echo 'step.c: In function f:' >&2; echo 'step.c:3:1: error: no such thing' >&2; exit 1"
    scripts = {"BROKEN": said, "SILENT": "exit 1"}
    if compiler in scripts:
        compiler = script(tmp_path / "compiler", scripts[compiler])
    monkeypatch.setenv("CC", compiler)
    target = tmp_path / "old" / "some.so"
    target.parent.mkdir()
    target.write_bytes(b"the old one")
    problem = build(target)
    assert problem is not None
    assert reason in problem
    assert problem.endswith("inr will train through torch, more slowly")
    assert "\n" not in problem
    assert os.listdir(target.parent) == ["some.so"]
    assert target.read_bytes() == b"the old one"


def test_without_a_compiler_it_says_which_would_do(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = build(tmp_path / "some.so")
    assert problem == "no C compiler found (gcc or clang); inr will train through torch, more slowly"
    assert not (tmp_path / "some.so").exists()


@needs_compiler
@pytest.mark.usefixtures("quick_compiler")
def test_a_folder_that_is_not_there_is_a_line_and_not_a_crash(tmp_path):
    problem = build(tmp_path / "nowhere" / "some.so")
    assert problem is not None
    assert "nowhere" in problem
