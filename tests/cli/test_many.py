"""Several inputs of `inr fit`: failures for themselves, one table, one code; the bytes of fits alone."""

import os
from pathlib import Path

import pytest

from inr import signals
from tests.cli import made
from tests.cli.commands import inr

STEPS = ("--steps", 5)


def pictures(*names, size=(12, 16)):
    for seed, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        made.picture(name, *size, seed=seed)
    return names


def written(folder="out"):
    return sorted(path.name for path in Path(folder).iterdir())


def test_the_folder_of_the_results_is_made():
    assert inr("fit", *pictures("a.png", "b.png"), "-o", "new/out", *STEPS, "--quiet").code == 0
    assert written("new/out") == ["a.inr", "b.inr", "manifest.json"]


def test_without_a_folder_nothing_but_the_results_is_written():
    assert inr("fit", *pictures("a.png", "b.png"), *STEPS, "--quiet").code == 0
    assert written(".") == ["a.inr", "a.png", "b.inr", "b.png"]


@pytest.mark.parametrize("request_", [(), ("--max-size", 300)])
def test_each_file_has_the_bytes_of_a_fit_alone(request_, two_threads):
    names = pictures("a.png", "b.png", "c.png")
    assert inr("fit", *names, "-o", "out", *STEPS, *request_, "--quiet", "--no-eval").code == 0
    for name in names:
        assert inr("fit", name, *STEPS, *request_, "--quiet", "--no-eval").code == 0
        assert Path(f"out/{name[0]}.inr").read_bytes() == Path(f"{name[0]}.inr").read_bytes()


def test_a_signal_too_large_to_share_the_memory_is_fitted_apart(two_threads):
    pictures("a.png", "b.png")
    made.picture("large.png", 700, 700)
    words = (*STEPS, "--params", 200, "--memory", "32MB", "--no-eval", "--quiet")
    assert inr("fit", "large.png", "a.png", "b.png", "-o", "out", *words).code == 0
    assert inr("fit", "large.png", *words).code == 0
    assert Path("out/large.inr").read_bytes() == Path("large.inr").read_bytes()


def test_rows_come_in_the_inputs_order_whatever_ends_first(two_threads):
    pictures("slow.png", size=(60, 80))
    pictures("quick.png", "other.png", size=(4, 4))
    got = inr("fit", "slow.png", "quick.png", "nowhere.png", "other.png", "-o", "out", *STEPS, "--json")
    assert [row["input"] for row in got.json["rows"]] == ["slow.png", "quick.png", "nowhere.png", "other.png"]


def test_one_file_that_cannot_be_read_has_a_row_that_says_why_and_the_others_are_fitted(two_threads):
    pictures("a.png", "c.png")
    Path("b.png").write_bytes(b"not a picture")
    got = inr("fit", "a.png", "b.png", "c.png", "-o", "out", *STEPS, "--json")
    assert got.code == 3
    a, b, c = got.json["rows"]
    assert a["size_bytes"] == os.path.getsize("out/a.inr")
    assert c["size_bytes"] == os.path.getsize("out/c.inr")
    assert set(b) == {"file", "input", "error"}
    assert b["error"].startswith("b.png: ")
    assert f"inr: {b['error']}" in got.err.splitlines()


def test_the_exit_code_is_the_worst_of_all():
    pictures("a.png", "b.png")
    Path("out").mkdir()
    Path("out/a.inr").write_bytes(b"precious")
    words = ("a.png", "nowhere.png", "b.png", "-o", "out", *STEPS, "--quiet", "--json")
    got = inr("fit", *words)
    assert got.code == 3
    assert ["exists already" in row.get("error", "") for row in got.json["rows"]] == [True, False, False]
    assert Path("out/a.inr").read_bytes() == b"precious"
    got = inr("fit", *words, "--target-psnr", 90, "--profile", "tiles", "--force")
    assert got.code == 4
    assert [row.get("reached") for row in got.json["rows"]] == [False, None, False]


def test_a_size_that_one_file_cannot_meet_fails_alone():
    pictures("small.png", size=(3, 3))
    made.sound(Path("long.wav"), frames=4000, channels=8)
    # The header of a sound is two bytes longer.
    got = inr("fit", "long.wav", "small.png", "-o", "out", *STEPS, "--max-size", 40, "--json", "--quiet")
    assert got.code == 4
    assert ["error" in row for row in got.json["rows"]] == [True, False]
    assert written() == ["manifest.json", "small.inr"]


def test_a_table_ends_a_fit_of_several_inputs():
    pictures("[a].png")
    made.sound(Path("s.wav"), frames=400)
    got = inr("fit", "[a].png", "s.wav", "gone.png", "-o", "out", *STEPS)
    table = got.out
    assert table.index("[a].inr") < table.index("s.inr") < table.index("gone.inr")
    assert "gone.png: " in table
    assert f"{os.path.getsize('out/[a].inr'):,}" in table
    assert "PSNR dB" in table
    assert "SNR dB" in table
    assert "files 3, fitted 2, failed 1" in table.splitlines()[-1]


def test_quiet_says_nothing_but_what_failed():
    pictures("a.png")
    got = inr("fit", "a.png", "gone.png", "-o", "out", *STEPS, "--quiet")
    assert got.out == ""
    assert "gone.png" in got.complaint


@pytest.mark.parametrize(
    ("inputs", "both"),
    [
        (("a/x.png", "b/x.png"), ("a/x.png", "b/x.png")),
        (("a/x.png", "y.png", "x.wav"), ("a/x.png", "x.wav")),
        (("y.png", "y.png"), ("y.png",)),
        (("a", "a/x.png"), ("a/x.png",)),
    ],
)
def test_two_inputs_for_one_name_are_refused_before_anything_starts(inputs, both):
    pictures("a/x.png", "b/x.png", "y.png")
    made.sound(Path("x.wav"), frames=400)
    got = inr("fit", *inputs, "-o", "out", *STEPS)
    assert got.code == 2
    assert all(name in got.complaint for name in both)
    assert not Path("out").exists()


def test_a_folder_stands_for_the_signals_in_it():
    pictures("in/b.png", "in/a.JPG", "in/.hidden.png", "in/deeper/c.png")
    made.sound(Path("in/s.wav"), frames=400)
    Path("in/notes.txt").write_text("no signal")
    got = inr("fit", "in", "-o", "out", *STEPS, "--json", "--quiet")
    assert got.code == 0
    assert [row["input"] for row in got.json["rows"]] == ["in/a.JPG", "in/b.png", "in/s.wav"]


def test_a_folder_with_one_signal_has_rows_too():
    pictures("in/a.png")
    got = inr("fit", "in", "-o", "out", *STEPS, "--json", "--quiet")
    assert [row["file"] for row in got.json["rows"]] == ["out/a.inr"]


def test_a_folder_without_a_signal_is_exit_code_3():
    Path("in").mkdir()
    got = inr("fit", "in", "-o", "out", *STEPS)
    assert got.code == 3
    assert "without a picture, sound or video" in got.complaint


def test_whatever_is_written_is_also_found_in_a_folder():
    Path("in").mkdir()
    names = [f"f{suffix}" for kind in signals.SUFFIXES.values() for suffix in kind]
    for name in names:
        Path("in", name).touch()
    from inr.cli.inputs import expand

    assert expand(["in"]) == sorted(f"in/{name}" for name in names)


def test_a_pattern_stands_for_what_it_matches_and_a_file_of_that_name_for_itself():
    pictures("p/a1.png", "p/a2.png", "p/q/a3.png", "[a]1.png", "a1.png")
    from inr.cli.inputs import expand

    assert expand(["p/a?.png"]) == ["p/a1.png", "p/a2.png"]
    assert expand(["p/**/a?.png"]) == ["p/a1.png", "p/a2.png", "p/q/a3.png"]
    assert expand(["[a]1.png"]) == ["[a]1.png"]
    assert expand(["p/b*.png", "sample:c*"]) == ["p/b*.png", "sample:c*"]


def test_a_pattern_that_matches_nothing_is_a_file_that_is_missing():
    got = inr("fit", "*.png", *STEPS)
    assert got.code == 3
    assert "*.png" in got.complaint


def test_a_file_named_as_the_folder_of_several_results_is_refused():
    pictures("a.png", "b.png")
    Path("taken").write_bytes(b"precious")
    for out in ("taken", "new.inr"):
        got = inr("fit", "a.png", "b.png", "-o", out, *STEPS)
        assert got.code == 2
        assert "folder" in got.complaint


def test_options_may_stand_before_and_between_the_files():
    a, b = pictures("a.png", "b.png")
    assert inr("fit", *STEPS, a, "-o", "out", b, "--quiet").code == 0
    assert written() == ["a.inr", "b.inr", "manifest.json"]
    got = inr("bench", "rd", *STEPS, a, "-o", ".", "nowhere.png")
    assert (got.code, "nowhere.png" in got.err) == (3, True)  # both were taken for signals
