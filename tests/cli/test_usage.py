"""Wrong command lines: one line on stderr, exit code 2, nothing touched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inr import __version__
from inr.cli.sizes import parse_size
from inr.errors import SpecError
from tests.cli.commands import SURROUNDINGS, command, inr, inr_process, on_a_terminal

WRONG = {
    "an unknown command": ["fitt", "a.png"],
    "an unknown option": ["fit", "IMAGE", "--stepz", "5"],
    "no input": ["fit"],
    "one argument too many": ["info", "FILE", "b.inr"],
    "one argument too few": ["decode", "FILE"],
    "a word for a number": ["fit", "IMAGE", "--steps", "many"],
    "a fraction for a whole number": ["fit", "IMAGE", "--steps", "1.5"],
    "no steps": ["fit", "IMAGE", "--steps", "0"],
    "negative steps": ["fit", "IMAGE", "--steps", "-3"],
    "no parameters": ["fit", "IMAGE", "--params", "0"],
    "too few parameters": ["fit", "IMAGE", "--params", "3"],
    "no time": ["fit", "IMAGE", "--time", "0"],
    "endless time": ["fit", "IMAGE", "--time", "inf"],
    "time that is no number": ["fit", "IMAGE", "--time", "nan"],
    "time and steps": ["fit", "IMAGE", "--time", "1", "--steps", "1"],
    "a target that is no number": ["fit", "IMAGE", "--target-psnr", "nan"],
    "a target out of reach of any format": ["fit", "IMAGE", "--target-psnr", "999"],
    "a size in stones": ["fit", "IMAGE", "--max-size", "3stones"],
    "a size of nothing": ["fit", "IMAGE", "--max-size", "0"],
    "a size beyond all numbers": ["fit", "IMAGE", "--max-size", "9" * 400],
    "too little memory": ["fit", "IMAGE", "--memory", "1MB"],
    "an unknown preset": ["fit", "IMAGE", "--preset", "turbo"],
    "an unknown profile": ["fit", "IMAGE", "--profile", "cubes"],
    "an unknown activation": ["fit", "IMAGE", "--activation", "swoosh"],
    "an unknown device": ["fit", "IMAGE", "--device", "tpu"],
    "a seed that is too large": ["fit", "IMAGE", "--seed", str(2**32)],
    "a negative seed": ["fit", "IMAGE", "--seed", "-1"],
    "an unknown sample": ["fit", "sample:nobody"],
    "an output that is no .inr": ["fit", "IMAGE", "-o", "out.png"],
    "an output folder that does not exist": ["fit", "IMAGE", "-o", "nowhere/out.inr"],
    "one file for two inputs": ["fit", "IMAGE", "AUDIO", "-o", "out.inr"],
    "an output without -o": ["fit", "IMAGE", "out.inr"],
    "two inputs for one file": ["fit", "IMAGE", "IMAGE"],
    "an export to nothing known": ["export", "FILE", "out.zip"],
    "an export that would change nothing": ["export", "FILE", "out.inr"],
    "a target without a reference": ["export", "FILE", "out.inr", "--target-psnr", "20"],
    "an export to a folder that does not exist": ["export", "FILE", "nowhere/out.safetensors"],
    "an export of an .inr to a folder that does not exist": [
        "export", "FILE", "nowhere/out.inr", "--max-size", "2kB",
    ],
    "a decode to nothing known": ["decode", "FILE", "out.txt"],
    "a decode to a folder that does not exist": ["decode", "FILE", "nowhere/out.png"],
}  # fmt: skip


def filled(words, sources, fitted):
    """Placeholders replaced by files."""
    places = {"IMAGE": sources["image"], "AUDIO": sources["audio"], "FILE": fitted["image"]}
    return [places.get(word, word) for word in words]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(name, sources, fitted):
    got = inr(*filled(WRONG[name], sources, fitted))
    assert got.code == 2, got
    assert got.complaint.startswith("inr: ")
    assert len(got.complaint) < 700
    assert got.out == ""
    assert os.listdir() == []


@pytest.mark.parametrize(
    "words",
    [
        ["fit", "IMAGE", "-o", "there.inr", "--profile", "tiles", "--steps", "1"],
        ["decode", "FILE", "there.png"],
        ["export", "FILE", "there.inr", "--max-size", "2kB"],
        ["export", "FILE", "there.safetensors"],
    ],
)
def test_an_existing_output_is_kept_and_replaced_with_force(words, sources, fitted):
    words = filled(words, sources, fitted)
    there = Path(next(word for word in words if str(word).startswith("there")))
    there.write_bytes(b"precious")
    got = inr(*words)
    assert got.code == 2
    assert "--force" in got.complaint
    assert there.read_bytes() == b"precious"
    assert inr(*words, "--force").code == 0
    assert there.read_bytes() != b"precious"


def test_an_existing_output_of_the_default_name_is_kept(sources):
    Path("picture.inr").write_bytes(b"precious")
    assert inr("fit", sources["image"], "--steps", 1).code == 2
    assert Path("picture.inr").read_bytes() == b"precious"


def test_an_output_that_is_a_folder_is_refused(sources, fitted):
    os.mkdir("picture.inr")
    assert "folder" in inr("fit", sources["image"], "--steps", 1).complaint
    os.mkdir("out.png")
    assert "folder" in inr("decode", fitted["image"], "out.png", "--force").complaint


def test_a_place_that_cannot_be_written_is_found_out_before_the_fit(sources):
    """A folder of the kernel's, where not even root can make a file."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a /proc")
    got = inr("fit", sources["image"], "-o", "/proc/self/fd/out.inr", "--preset", "best")
    assert got.code == 2
    assert "cannot be written" in got.complaint


def test_decode_to_a_place_that_cannot_be_written_is_one_line(fitted):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a /proc")
    got = inr("decode", fitted["image"], "/proc/self/fd/out.png")
    assert got.code in (2, 3)
    assert "/proc/self/fd/out.png" in got.complaint


@pytest.mark.parametrize(
    "words", [["eval", "FILE", "x.png"], ["info", "x.inr"], ["decode", "x.inr", "o.png"]]
)
def test_a_missing_file_is_exit_code_3_and_named(words, sources, fitted):
    got = inr(*filled(words, sources, fitted))
    assert got.code == 3
    assert "x." in got.complaint


def test_help_and_version_are_on_stdout():
    assert inr("--version").out.strip() == __version__
    helped = inr("fit", "--help")
    assert helped.code == 0
    for word in ("--max-size", "--target-psnr", "--resume", "--json", "raf", "balanced"):
        assert word in helped.out


def test_help_loads_no_torch():
    code = (
        "import sys; from inr.cli.main import run; run(['fit', '--help']); "
        "sys.exit('torch' in sys.modules or 'av' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=SURROUNDINGS, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20kB", 20_000), ("20KB", 20_000), ("4KiB", 4096), ("1.5MB", 1_500_000), ("2 GiB", 2 << 30),
        ("123", 123), (".5kB", 500), ("7b", 7), (77, 77),
    ],
)  # fmt: skip
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text, "--max-size") == size


@pytest.mark.parametrize("text", ["", "kB", "-3", "1e3", "3 stones", "1.2.3", "0x10", "nan", "20 k B"])
def test_what_is_no_size_is_refused_with_its_option(text):
    with pytest.raises(SpecError, match="--memory"):
        parse_size(text, "--memory")


def config(text):
    Path("run.toml").write_text(text, encoding="utf-8")
    return "run.toml"


def test_a_config_gives_options_and_the_command_line_wins(sources):
    config("steps = 7\nseed = 5\nactivation = 'sine'\nmax-size = '600B'\nmemory = '1GB'\n")
    row = inr("fit", sources["image"], "--config", "run.toml", "--json").json
    assert (row["steps"], row["seed"], row["activation"]) == (7, 5, "sine")
    assert row["size_bytes"] <= 600
    row = inr("fit", sources["image"], "--config", "run.toml", "--seed", 6, "--json", "--force").json
    assert (row["steps"], row["seed"]) == (7, 6)


def test_a_config_may_have_a_fit_table(sources):
    config("[fit]\nsteps = 3\ntarget_psnr = 2\n")
    row = inr("fit", sources["image"], "--config", "run.toml", "--json").json
    assert row["steps"] == 3


def test_steps_on_the_command_line_win_over_time_in_the_config(sources):
    config("time = 100\n")
    assert inr("fit", sources["image"], "--config", "run.toml", "--steps", 3, "--json").json["steps"] == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stepz = 3", "unknown options stepz"),
        ("steps = 'many'", "a int is needed"),
        ("steps = true", "a int is needed"),
        ("seed = 1.5", "a int is needed"),
        ("steps = 0", "at least 1"),
        ("max-size = 'big'", "not a size"),
        ("steps = ", "not TOML"),
        ("steps = 3\n[fit]\nseed = 1", "not in both"),
        ("fit = 3", "[fit]"),
        ("force = true", "unknown options force"),
    ],
)
def test_a_wrong_config_is_exit_code_2_and_says_what_is_wrong(text, words, sources):
    config(text)
    got = inr("fit", sources["image"], "--config", "run.toml", "--steps", "2", "--no-eval")
    got = got if got.code else inr("fit", sources["image"], "--config", "run.toml", "--force")
    assert got.code == 2
    assert words in got.complaint


def test_a_config_that_is_missing_or_no_text_is_refused(sources):
    assert inr("fit", sources["image"], "--config", "none.toml").code == 3
    Path("run.toml").write_bytes(b"\xff\xfe\x00")
    assert inr("fit", sources["image"], "--config", "run.toml").code == 2


def test_quiet_is_silent(sources):
    got = inr("fit", sources["image"], "--steps", 3, "--quiet")
    assert (got.code, got.out, got.err) == (0, "", "")


def test_nothing_is_drawn_when_stderr_is_no_terminal(sources, tmp_path):
    got = inr_process("fit", sources["image"], "--steps", 60, cwd=tmp_path)
    assert got.code == 0
    assert "\x1b" not in got.err
    assert "\r" not in got.err
    assert "step 1" not in got.err


def test_progress_is_drawn_on_a_terminal_and_quiet_draws_nothing(sources, tmp_path):
    for quiet, drawn in (([], True), (["--quiet"], False)):
        words = command("fit", sources["image"], "--profile", "tiles", "--steps", 400, "--force", *quiet)
        code, said = on_a_terminal(words, SURROUNDINGS, tmp_path)
        assert code == 0
        assert (b"step " in said and b"PSNR" in said) == drawn
        assert bool(said) == drawn


def test_a_reader_that_leaves_is_no_error(fitted, tmp_path):
    for verb in (["info", fitted["image"]], ["info", fitted["image"], "--json"]):
        ours, theirs = os.pipe()
        os.close(ours)
        process = subprocess.run(command(*verb), stdout=theirs, stderr=subprocess.PIPE, env=SURROUNDINGS)
        os.close(theirs)
        assert process.returncode == 0
        assert process.stderr == b""


def test_closed_streams_do_not_cost_the_fit(sources, tmp_path):
    words = " ".join(
        f"'{word}'" for word in command("fit", sources["image"], "--profile", "tiles", "--steps", 3)
    )
    for closing in ("2>&-", "<&- >&- 2>&-"):
        ended = subprocess.run(["sh", "-c", f"{words} --force {closing}"], cwd=tmp_path, env=SURROUNDINGS)
        assert ended.returncode == 0, closing
        assert (tmp_path / "picture.inr").exists()
        (tmp_path / "picture.inr").unlink()


def test_names_that_are_no_text_are_handled(sources, fitted, tmp_path):
    """A byte that is not UTF-8 in a file name; every verb that says the name."""
    name = os.fsdecode(b"caf\xe9.inr")
    try:
        Path(name).write_bytes(fitted["image"].read_bytes())
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    for words in (["info", name], ["info", name, "--json"], ["decode", name, "o.png"]):
        got = inr_process(*words, cwd=tmp_path)
        assert got.code == 0, got.err
        assert "Traceback" not in got.err
