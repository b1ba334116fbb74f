"""`inr bench rd` as a command: own signals, steps, table, figure, JSON, and what it refuses."""

import pytest

from tests.cli import made
from tests.cli.commands import inr


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_two_signals_of_one_s_own_end_in_a_table_and_two_figures(tmp_path):
    pytest.importorskip("matplotlib")
    made.picture("a.png", 64, 80)
    made.sound("b.wav", 4000)
    (tmp_path / "out").mkdir()
    got = inr("bench", "rd", "a.png", "b.wav", "--steps", 20, "-o", "out")
    assert got.code == 0
    for word in ("a.png", "b.wav", "jpeg", "opus", "kbit/s", "bpp", "easier, by about 2.2 dB"):
        assert word in got.out, word
    for word in ("x264", "x265"):  # columns that no row has something in
        assert word not in got.out.split("PSNR over")[0], word
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "bench-rd.jsonl",
        "rd-a-png.png",
        "rd-b-wav.png",
    ]
    again = inr("bench", "rd", "a.png", "b.wav", "--steps", 20, "-o", "out", "--resume", "--json")
    assert {row["signal"] for row in again.json["rows"]} == {"a.png", "b.wav"}
    assert again.json["machine"]["matmul_gflops"] > 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["speed", "a.png"], 2, "takes no signals"),
        (["speed", "--steps", "3"], 2, "takes no signals"),
        (["rd", "gone.png"], 3, "gone.png"),
        (["rd", "sample:nothing"], 2, "no such sample"),
        (["rd", "--steps", "2", "--time", "3"], 2, "exclude each other"),
        (["rd", "--time", "-3"], 2, "--time"),
        (["rd", "sample:astronaut", "-o", "nowhere"], 2, "no folder that exists"),
    ],
)
def test_a_wrong_command_line_is_one_line_with_its_exit_code(tmp_path, words, code, said):
    got = inr("bench", *words)
    assert got.code == code
    assert said in got.complaint
    assert list(tmp_path.iterdir()) == []
