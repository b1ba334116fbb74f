"""The page of a comparison or benchmark: what is on it, and what happens where something is missing."""

import base64
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inr import bench, reports
from inr.bench.jobs import speed_jobs
from tests.cli import made
from tests.cli.commands import inr

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
ALONE = {"meta", "img"}
QUICK = ("--activations", "sine,relu", "--steps", 8, "--seeds", 2, "--params", 400)

ROW = {
    "signal": "camera", "params": 1000, "params_per_value": 0.5, "target": 30.0, "unit": "dB PSNR",
    "ours_s": 2.0, "psnr_db": 30.1, "dct_db": None, "recipe": "fork", "recipe_s": 1200.0,
    "projected": True, "ratio": 600.0,
}  # fmt: skip


class Page(HTMLParser):
    """Checks that tags are balanced, and collects texts by tag, and pictures."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.pictures = [], {}, []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open += [] if tag in ALONE else [tag]
        if tag == "img":
            self.pictures.append(dict(attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.setdefault(self.open[-1] if self.open else "", []).append(data)

    @property
    def text(self):
        return " ".join(word for words in self.words.values() for word in words)


def read(path):
    text = Path(path).read_text(encoding="utf-8")
    assert re.findall(r"https?:|src='(?!data:)|<script|<link", text) == []  # it fetches nothing
    return Page(text)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch, one_thread):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INR_DATA", raising=False)


def results(**changed):
    said = {
        "title": "a <b> & c",
        "lead": "lead",
        "command": "inr bench x --report 'my page'",
        "columns": ("name", "value", "never"),
        "lines": [("one", "1\n2", ""), ("two", "<3>", "")],
        "notes": ("note",),
        "rows": [
            {"name": "one", "psnr_db": None, "exact": True},
            {"name": "two", "mse": 1e-9, "held_db": None},
        ],
        "machine": {"cpu": "some"},
        "seconds": 7300.0,
    }
    return reports.Results(**(said | changed))


def test_what_a_person_has_named_is_text_and_no_html():
    page = read(reports.write_results(Path("deep/er"), results()))
    assert page.words["h1"] == ["a <b> & c"]
    assert "<3>" in page.words["td"]
    assert "1\n2" in page.words["td"]
    assert page.words["code"] == ["inr bench x --report 'my page'"]


def test_a_column_that_is_empty_everywhere_is_left_out_and_every_key_of_a_row_is_shown():
    page = read(reports.write_results(Path(), results()))
    heads = page.words["th"]
    assert "never" not in heads
    assert [head for head in heads if head in ("psnr_db", "exact", "mse", "held_db")] == [
        "psnr_db", "exact", "mse", "held_db",
    ]  # fmt: skip
    assert {"exact", "none", "1e-09"} <= set(page.words["td"])
    assert "2 h 2 min" in page.words["b"]


def test_a_run_without_rows_has_a_page_that_says_so():
    page = read(reports.write_results(Path(), results(rows=[], lines=[], said=("signal: skipped: no data",))))
    assert "No row was finished" in page.text
    assert "signal: skipped: no data" in page.words["li"]
    assert "Results" not in page.words["h2"]


def test_figures_are_embedded_byte_by_byte_with_words_for_those_who_do_not_see_them():
    Path("one.png").write_bytes(PNG)
    figure = reports.Picture(Path("one.png"), 'quality\'s "curve"')
    page = read(reports.write_results(Path(), results(figures=[figure], missing="no matplotlib")))
    (picture,) = page.pictures
    assert base64.b64decode(picture["src"].partition(",")[2]) == PNG
    assert picture["alt"] == 'quality\'s "curve"'
    assert "no matplotlib" not in page.text
    assert "no matplotlib" in read(reports.write_results(Path(), results(missing="no matplotlib"))).text


@pytest.mark.slow
def test_compare_writes_its_table_its_verdict_its_figures_and_its_command():
    pytest.importorskip("matplotlib", reason="needs matplotlib (the plot extra)")
    source = made.picture(Path("my picture.png"))
    got = inr("compare", source, *QUICK, "-o", "out", "--report", "page", "--json")
    assert got.code == 0, got.err
    assert got.err.splitlines()[-1] == f"the report is {Path('page/index.html')}"
    page = read("page/index.html")
    figures = [Path(f"out/compare-my-picture-png-{what}.png") for what in ("curves", "signals", "shapes")]
    assert [base64.b64decode(p["src"].partition(",")[2]) for p in page.pictures] == [
        path.read_bytes() for path in figures
    ]
    for line in bench.verdict(got.json["rows"]):
        assert line in page.words["li"]
    for row in got.json["rows"]:
        assert f"{row['psnr_db']:.6g}" in page.words["td"]
    (line,) = page.words["code"]
    words = shlex.split(line)
    assert words[:3] == ["inr", "compare", str(source)]
    again = inr(*words[1:], "--resume", "--json")
    assert again.json["rows"] == got.json["rows"]
    assert read("page/index.html").words["h1"] == page.words["h1"]


def test_a_page_that_is_there_is_not_replaced_by_another_run_and_nothing_is_computed(tmp_path):
    Path("page").mkdir()
    Path("page/index.html").write_text("mine")
    source = made.picture(tmp_path / "p.png")
    for words in (("compare", source, *QUICK), ("bench", "speed", "--quick")):
        got = inr(*words, "--report", "page")
        assert got.code == 2
        assert "exists already; add --resume" in got.complaint
        got = inr(*words, "--report", "page/index.html/x")
        assert got.code == 2
        assert "a file has this name" in got.complaint
    assert Path("page/index.html").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.png", "page"]


def finished_journal():
    """A quick `bench speed` whose only row that needs no data is there."""
    journal = bench.Journal(Path(), "speed", "quick", resume=False)
    journal.add(speed_jobs("quick")[0].identity, ROW)


def test_bench_writes_what_its_table_says_and_the_rows_with_all_their_keys():
    finished_journal()
    got = inr("bench", "speed", "--quick", "--resume", "--report", "page")
    assert got.code == 0, got.err
    page = read("page/index.html")
    assert "fork, projected\n1,200.0 s\n600x" in page.words["td"]
    assert set(ROW) <= set(page.words["th"])
    assert any(line.startswith("gt_bach.wav: skipped") for line in page.words["li"])
    assert page.words["code"] == ["inr bench speed --quick --out . --report page"]


def test_bench_rd_shows_the_curve_that_it_has_drawn():
    pytest.importorskip("matplotlib", reason="needs matplotlib (the plot extra)")
    source = made.picture(Path("p.png"))
    got = inr("bench", "rd", source, "--steps", 5, "--report", "page", "--json")
    assert got.code == 0, got.err
    page = read("page/index.html")
    (picture,) = page.pictures
    assert base64.b64decode(picture["src"].partition(",")[2]) == Path("rd-p-png.png").read_bytes()
    codecs = {row["codec"] for row in got.json["rows"]}
    assert len(codecs) > 2
    assert codecs <= set(page.words["td"])
    assert got.json["machine"]["cpu"] in page.words["td"]


def test_a_page_that_cannot_be_written_does_not_take_the_table_with_it():
    finished_journal()
    Path("page/index.html").mkdir(parents=True)
    got = inr("bench", "speed", "--quick", "--resume", "--report", "page")
    assert got.code == 3
    assert "inr: --report:" in got.err.splitlines()[-1]
    assert "600x" in got.out
