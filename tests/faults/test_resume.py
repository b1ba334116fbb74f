"""What `--resume` takes up, what it refuses, and what a leftover run folder means."""

from pathlib import Path

import pytest
import torch

from inr.fitting import Outcome, run
from inr.signals import open_reader
from inr.specs import FitSpec
from tests.cli import made
from tests.cli.commands import inr

STEPS = 200
FIT = ("fit", "picture.png", "--profile", "tiles")  # grids: tests/fitting/test_grids_kept.py


pytestmark = pytest.mark.usefixtures("one_thread")


def interrupted(steps=STEPS, name="picture.png", **options):
    """A run folder as a run leaves it that was stopped after 120 steps, and no .inr file."""
    made.picture(name, 40, 50)
    done = iter(range(10**9))
    with open_reader(name) as reader:
        going = run(
            FitSpec(steps=steps, profile="tiles", **options), reader, started=0.0,
            folder=Path("picture.inr.run"), stop=lambda: next(done) >= 120, measure=False,
        )  # fmt: skip
        while True:
            try:
                next(going)
            except StopIteration as end:
                outcome: Outcome = end.value
                assert outcome.stopped
                assert outcome.steps == 120
                return


def test_a_leftover_run_folder_is_refused_and_says_how_to_go_on():
    interrupted()
    got = inr(*FIT, "--steps", STEPS)
    assert got.code == 2
    assert "--resume" in got.complaint
    assert "--force" in got.complaint
    assert Path("picture.inr.run").is_dir()


def test_resume_goes_on_and_counts_the_steps_of_both_lives():
    interrupted()
    row = inr(*FIT, "--steps", STEPS, "--resume", "--json").json
    assert row["steps"] == STEPS
    assert not Path("picture.inr.run").exists()
    resumed = Path("picture.inr").read_bytes()
    assert inr(*FIT, "--steps", STEPS, "--force").code == 0
    assert Path("picture.inr").read_bytes() == resumed


def test_force_starts_again():
    interrupted(seed=5)
    assert inr(*FIT, "--steps", STEPS, "--force").code == 0
    again = Path("picture.inr").read_bytes()
    assert not Path("picture.inr.run").exists()
    assert inr(*FIT, "--steps", STEPS, "--force").code == 0
    assert Path("picture.inr").read_bytes() == again


@pytest.mark.parametrize(
    "options",
    [
        ["--seed", 1], ["--params", 500], ["--activation", "sine"], ["--memory", "500MB"],
        ["--max-size", 900], ["--profile", "single"], ["--preset", "best"],
    ],
)  # fmt: skip
def test_resume_with_other_options_is_refused_and_names_them(options):
    interrupted()
    got = inr(*FIT, "--steps", STEPS, "--resume", *options)
    assert got.code == 2
    assert options[0].removeprefix("--").replace("-", "_") in got.complaint
    assert not Path("picture.inr").exists()
    assert Path("picture.inr.run/state.safetensors").exists()


def test_resume_with_other_steps_is_refused():
    interrupted()
    got = inr(*FIT, "--steps", STEPS + 1, "--resume")
    assert got.code == 2
    assert "steps was 200" in got.complaint


def test_resume_with_another_input_is_refused():
    interrupted()
    made.picture("picture.png", 40, 50, seed=9)
    got = inr(*FIT, "--steps", STEPS, "--resume")
    assert got.code == 2
    assert "not the input of the run to resume" in got.complaint
    assert Path("picture.inr.run/state.safetensors").exists()


def test_resume_with_another_number_of_threads_is_refused_since_bits_would_change():
    interrupted()
    torch.set_num_threads(2)
    got = inr(*FIT, "--steps", STEPS, "--resume")
    assert got.code == 2
    assert "OMP_NUM_THREADS=1" in got.complaint


def test_resume_without_a_run_starts_one():
    made.picture("picture.png")
    assert inr(*FIT, "--steps", 5, "--resume").code == 0


def test_resume_does_not_replace_a_file_that_is_not_its_own():
    made.picture("picture.png")
    Path("picture.inr").write_bytes(b"precious")
    assert inr(*FIT, "--steps", 5, "--resume").code == 2
    assert Path("picture.inr").read_bytes() == b"precious"


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[-50] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage", [cut, flip, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"x" * 999)]
)
def test_a_damaged_checkpoint_is_exit_code_3_and_says_what_to_do(damage):
    interrupted()
    damage(Path("picture.inr.run/state.safetensors"))
    got = inr(*FIT, "--steps", STEPS, "--resume")
    assert got.code == 3
    assert "start the run again" in got.complaint
    assert not Path("picture.inr").exists()
    got = inr("export", "picture.inr.run", "out.inr")
    assert got.code == 3
    assert not Path("out.inr").exists()


def test_an_interrupted_run_can_be_exported():
    interrupted()
    assert inr("export", "picture.inr.run", "out.inr").code == 0
    assert inr("decode", "out.inr", "out.png").code == 0


def test_a_folder_that_is_no_run_cannot_be_exported():
    Path("empty").mkdir()
    got = inr("export", "empty", "out.inr")
    assert got.code == 2
    assert "only a run folder" in got.complaint


def test_files_of_the_person_in_the_run_folder_are_kept():
    interrupted()
    Path("picture.inr.run/notes.txt").write_text("mine")
    assert inr(*FIT, "--steps", STEPS, "--resume").code == 0
    assert Path("picture.inr.run/notes.txt").read_text() == "mine"
    assert sorted(path.name for path in Path("picture.inr.run").iterdir()) == ["notes.txt"]
