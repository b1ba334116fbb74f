"""Checkpoints: a round trip without loss, damage that is noticed, and a kill that does no harm."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import inr
from inr import fitting
from inr.errors import FormatError, SpecError
from inr.fitting.checkpoint import STATE, State, load_state, save_state


def some_state(step=40):
    rng = np.random.default_rng(step)
    return State(
        {
            "now.layer0.weight": rng.normal(0, 1, (2, 3, 4)).astype(np.float32),
            "best.layer0.weight": rng.normal(0, 1, (2, 3, 4)).astype(np.float32)[:, ::-1],
            "first.gain": np.array([[np.inf, -0.0, 1e-40]], np.float32),
        },
        {"step": step, "factor": 0.5, "request": {"seed": 1, "time_s": None}, "mse": 0.1},
    )


def test_a_state_comes_back_bit_for_bit(tmp_path):
    want = some_state()
    save_state(tmp_path / "deep" / "a.run", want)
    got = load_state(tmp_path / "deep" / "a.run")
    assert {n: (t.dtype, t.shape, t.tobytes()) for n, t in got.tensors.items()} == {
        n: (t.dtype, t.shape, np.ascontiguousarray(t).tobytes()) for n, t in want.tensors.items()
    }
    assert {k: got.numbers[k] for k in want.numbers} == want.numbers


def test_a_part_is_the_tensors_of_one_prefix():
    assert list(some_state().part("now")) == ["layer0.weight"]
    assert list(some_state().part("no")) == []


def test_saving_again_replaces_the_state_and_leaves_nothing_else(tmp_path):
    save_state(tmp_path, some_state(1))
    save_state(tmp_path, some_state(2))
    assert load_state(tmp_path).numbers["step"] == 2
    assert [p.name for p in tmp_path.iterdir()] == [STATE]


def test_every_flipped_byte_is_noticed(tmp_path):
    save_state(tmp_path, some_state())
    path = tmp_path / STATE
    good = path.read_bytes()
    for place in range(0, len(good), 3):
        bad = bytearray(good)
        bad[place] ^= 1
        path.write_bytes(bad)
        with pytest.raises(FormatError, match=STATE):
            load_state(tmp_path)


def test_every_cut_is_noticed(tmp_path):
    save_state(tmp_path, some_state())
    path = tmp_path / STATE
    good = path.read_bytes()
    for length in range(0, len(good), 11):
        path.write_bytes(good[:length])
        with pytest.raises(FormatError, match=STATE):
            load_state(tmp_path)


def test_a_checkpoint_of_another_version_is_refused(tmp_path):
    state = some_state()
    state.numbers["version"] = 99
    save_state(tmp_path, state)
    with pytest.raises(FormatError, match="not a checkpoint of this version"):
        load_state(tmp_path)


def test_a_safetensors_file_of_someone_else_is_refused(tmp_path):
    from safetensors.numpy import save_file

    for metadata in (None, {"run": json.dumps([1])}, {"run": "{"}):
        save_file({"a": np.zeros(3, np.float32)}, tmp_path / STATE, metadata=metadata)
        with pytest.raises(FormatError):
            load_state(tmp_path)


def test_a_folder_without_a_state_says_what_is_needed(tmp_path):
    with pytest.raises(SpecError, match=r"no state\.safetensors in it; only a run folder"):
        load_state(tmp_path)


KILLED = """
import os, sys
from pathlib import Path
from inr import files
target = Path(sys.argv[1])
with files.atomic_path(target) as temporary:
    temporary.write_bytes(target.read_bytes()[:100])
    os._exit(9)  # as a kill does: nothing is cleaned up
"""


def test_a_kill_between_writing_and_renaming_leaves_the_old_state(tmp_path):
    save_state(tmp_path, some_state(1))
    root = Path(inr.__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / STATE)], cwd=root, check=False)
    assert done.returncode == 9
    assert len(list(tmp_path.iterdir())) == 2
    assert load_state(tmp_path).numbers["step"] == 1
    save_state(tmp_path, some_state(2))
    assert load_state(tmp_path).numbers["step"] == 2
    fitting.remove_run(tmp_path)
    assert not tmp_path.exists()


def test_removing_a_run_keeps_files_of_others(tmp_path):
    save_state(tmp_path, some_state())
    (tmp_path / "notes.txt").write_text("mine")
    fitting.remove_run(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
