"""Rows are on the disk when they are finished, and a later run takes them up."""

import json

import pytest

from inr.bench.journal import Journal
from inr.errors import SpecError


def test_rows_are_found_again_after_a_resume(tmp_path):
    first = Journal(tmp_path, "speed", "quick", resume=True)
    first.add(["a", None, 2.0], {"x": 1})
    assert json.loads(first.path.read_text().splitlines()[1]) == {
        "identity": ["a", None, 2.0],
        "row": {"x": 1},
    }
    first.add(["b"], {"x": 2})
    second = Journal(tmp_path, "speed", "quick", resume=True)
    assert second.find(["a", None, 2.0]) == {"x": 1}
    assert second.find(["b"]) == {"x": 2}
    assert second.find(["c"]) is None


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_line_cut_short_is_dropped_and_written_again(tmp_path, cut):
    first = Journal(tmp_path, "speed", "quick", resume=False)
    first.add(["a"], {"x": 1})
    first.add(["b"], {"x": 2})
    first.path.write_bytes(first.path.read_bytes()[:-cut])
    second = Journal(tmp_path, "speed", "quick", resume=True)
    assert second.find(["a"]) == {"x": 1}
    assert second.find(["b"]) is None
    second.add(["b"], {"x": 3})
    assert Journal(tmp_path, "speed", "quick", resume=True).find(["b"]) == {"x": 3}


def test_without_resume_the_old_rows_are_put_aside(tmp_path):
    Journal(tmp_path, "speed", "quick", resume=False).add(["a"], {"x": 1})
    second = Journal(tmp_path, "speed", "quick", resume=False)
    assert second.find(["a"]) is None
    assert '"x": 1' in (tmp_path / "bench-speed.jsonl.old").read_text()


def test_rows_of_another_mode_and_files_that_are_no_journal_are_refused(tmp_path):
    journal = Journal(tmp_path, "speed", "quick", resume=False)
    with pytest.raises(SpecError, match="holds .*quick.*full"):
        Journal(tmp_path, "speed", "full", resume=True)
    for text in ("[]\n3\n", "hello\n", "{}\n{}\n"):
        journal.path.write_text(text)
        with pytest.raises(SpecError, match="leave --resume out"):
            Journal(tmp_path, "speed", "quick", resume=True)
    with pytest.raises(SpecError, match="no folder"):
        Journal(tmp_path / "none", "speed", "quick", resume=False)
