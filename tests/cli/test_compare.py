"""`inr compare`: wrong command lines, one JSON object, its table, its files."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import inr

QUICK = ("--steps", 10, "--seeds", 2, "--params", 500)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--activations", "raf,nosuch"], "'nosuch' is not known"),
        (["--activations", "grelu"], "left out on purpose"),
        (["--activations", ","], "none is named"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--steps", "10", "--time", "1"], "exclude each other"),
        (["--params", "5"], "5 parameters are too few"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(sources, words, said):
    got = inr("compare", sources["image"], *words)
    assert got.code == 2
    assert said in got.complaint
    assert list(Path().iterdir()) == []


def test_a_missing_input_is_exit_code_3():
    got = inr("compare", "nowhere.png", *QUICK)
    assert got.code == 3
    assert "nowhere.png" in got.complaint


def test_json_is_one_object_and_words_go_to_stderr(sources):
    got = inr("compare", sources["image"], "--activations", "raf,sine", *QUICK, "--json", "-o", "made")
    assert got.code == 0, got.err
    assert set(got.json) == {"rows", "machine", "seconds"}
    assert [(row["activation"], row["seed"]) for row in got.json["rows"]] == [
        ("raf", 0), ("raf", 1), ("sine", 0), ("sine", 1),
    ]  # fmt: skip
    assert all(row["signal"] == "picture.png" and row["params"] <= 500 for row in got.json["rows"])
    assert got.err.count("raf: search") == got.err.count("sine: search") == 14
    kept = [
        json.loads(line) for line in Path("made/bench-compare-picture-png.jsonl").read_text().splitlines()
    ]
    assert [line["row"] for line in kept[1:] if "psnr_db" in line["row"]] == got.json["rows"]


def test_the_table_has_a_line_an_activation_with_mean_and_spread(sources):
    got = inr("compare", sources["audio"], "--activations", "sine,relu", *QUICK)
    assert got.code == 0, got.err
    for word in ("sine", "relu", "SNR dB", "held-out dB", "spline dB", "+-", "standard deviation"):
        assert word in " ".join(got.out.split()), word
    assert Path("compare-sound-wav.csv").is_file()
    assert Path("compare-sound-wav.json").is_file()


def test_a_run_that_is_finished_can_be_shown_again(sources):
    words = ("compare", sources["image"], "--activations", "sine", *QUICK, "--json")
    first = inr(*words)
    again = inr(*words, "--resume")
    assert again.json["rows"] == first.json["rows"]
    assert "sine: search" not in again.err
    other = inr(*words[:-5], "--params", 400, "--json", "--resume")
    assert other.code == 2
    assert "--resume" in other.complaint
