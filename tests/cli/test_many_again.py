"""The same command again: what is done is left alone, what changed is fitted, nothing of others is lost."""

import json
import os
import shutil
from pathlib import Path

import pytest

from inr.cli.manifest import claimed
from inr.fitting import run
from inr.signals import open_reader
from inr.specs import FitSpec
from tests.cli import made
from tests.cli.commands import inr

MANIFEST = Path("out/manifest.json")
NAMES = ("a.png", "b.png", "c.png")
TILES = ("--profile", "tiles")  # the quickest fit of a few pixels


@pytest.fixture
def once():
    """A folder of three fits that are done; gives what each file is on the disk."""
    for seed, name in enumerate(NAMES):
        made.picture(name, 12, 16, seed=seed)
    assert again().code == 0
    return on_disk()


def again(*words, steps=5):
    return inr("fit", *NAMES, "-o", "out", *TILES, "--steps", steps, "--json", "--quiet", *words)


def on_disk():
    """What changes with every writing, by name."""
    stats = {p.stem: p.stat() for p in sorted(Path("out").glob("*.inr"))}
    return {name: (s.st_ino, s.st_mtime_ns) for name, s in stats.items()}  # an inode is used again


def refitted(before):
    return [name for name, node in on_disk().items() if before.get(name) != node]


def rows_by_input(got):
    return {row["input"]: row for row in got.json["rows"]}


def test_what_is_done_is_not_fitted_again_and_its_rows_come_from_the_manifest(once):
    first = json.loads(MANIFEST.read_text())["files"]
    got = again()
    assert got.code == 0
    assert refitted(once) == []
    for name, row in rows_by_input(got).items():
        assert row.pop("kept") is True
        assert row == first[f"{name[0]}.inr"]["row"]


def test_words_say_that_all_is_done(once):
    got = inr("fit", *NAMES, "-o", "out", *TILES, "--steps", 5)
    assert got.err.splitlines() == ["3 of 3 files are done already"]
    assert got.out.count("kept") == 4  # a line each, and the sum


def test_the_manifest_moves_with_its_folder(once):
    shutil.move("out", "moved")
    got = inr("fit", *NAMES, "-o", "moved", *TILES, "--steps", 5, "--json")
    assert all(row["kept"] for row in got.json["rows"])
    assert [row["file"] for row in got.json["rows"]] == ["moved/a.inr", "moved/b.inr", "moved/c.inr"]


def test_a_new_input_joins_those_that_are_done(once):
    made.picture("d.png", 12, 16, seed=9)
    got = inr("fit", *NAMES, "d.png", "-o", "out", *TILES, "--steps", 5, "--json", "--quiet")
    assert refitted(once) == ["d"]
    assert ["kept" in row for row in got.json["rows"]] == [True, True, True, False]


@pytest.mark.parametrize("other", [made.picture, lambda path, h, w, seed: os.truncate(path, 200)])
def test_another_input_of_the_same_name_is_fitted_again(once, other):
    other("b.png", 12, 16, seed=50)
    got = again()
    readable = got.code == 0
    assert refitted(once) == (["b"] if readable else [])
    assert ["kept" in row for row in got.json["rows"]] == [True, False, True]


def test_a_result_that_is_gone_is_fitted_again(once):
    whole = Path("out/b.inr").read_bytes()
    Path("out/b.inr").unlink()
    assert again().code == 0
    assert refitted(once) == ["b"]
    assert Path("out/b.inr").read_bytes() == whole


def test_a_result_that_somebody_changed_is_kept_without_force(once):
    Path("out/b.inr").write_bytes(b"mine")
    got = again()
    assert got.code == 2
    assert "changed since it was fitted" in rows_by_input(got)["b.png"]["error"]
    assert Path("out/b.inr").read_bytes() == b"mine"
    assert again("--force").code == 0
    assert Path("out/b.inr").read_bytes() != b"mine"


def test_other_options_are_refused_before_anything_starts_and_named(once):
    before = MANIFEST.read_bytes()
    got = again(steps=6)
    assert got.code == 2
    assert "steps was 5" in got.complaint
    assert "--force" in got.complaint
    assert refitted(once) == []
    assert MANIFEST.read_bytes() == before
    assert again("--no-eval").code == 2
    assert again("--force", steps=6).code == 0
    assert refitted(once) == ["a", "b", "c"]


def test_options_that_change_no_result_are_not_asked_about(once):
    assert inr("fit", *NAMES, "-o", "out", *TILES, "--steps", 5, "--keep-run", "--resume").code == 0
    assert refitted(once) == []


def test_a_missed_target_is_done_and_keeps_its_exit_code():
    made.picture("a.png", 12, 16)
    made.picture("b.png", 12, 16)
    words = (
        "fit",
        "a.png",
        "b.png",
        "-o",
        "out",
        *TILES,
        "--steps",
        5,
        "--target-psnr",
        90,
        "--json",
        "--quiet",
    )
    assert inr(*words).code == 4
    before = on_disk()
    got = inr(*words)
    assert got.code == 4
    assert refitted(before) == []
    assert [row["reached"] for row in got.json["rows"]] == [False, False]


def test_what_failed_is_tried_again(once):
    Path("b.png").write_bytes(b"broken")
    assert again().code == 3
    made.picture("b.png", 12, 16, seed=1)
    assert again().code == 0


def interrupt(name, steps, at):
    """Leave a run folder as a run leaves it that was stopped, and a manifest that says it has begun."""
    asked = iter(range(10**9))
    with open_reader(name) as reader:
        going = run(
            FitSpec(steps=steps, profile="tiles"), reader, started=0.0, folder=Path(f"out/{name[0]}.inr.run"),
            stop=lambda: next(asked) >= at, measure=False,
        )  # fmt: skip
        for _ in going:
            pass
    content = json.loads(MANIFEST.read_text())
    entry = content["files"][f"{name[0]}.inr"]
    for key in ("sha256", "code", "row"):
        del entry[key]
    MANIFEST.write_text(json.dumps(content))


def test_a_fit_that_had_begun_goes_on_from_its_run_folder_to_the_same_bytes():
    for seed, name in enumerate(NAMES):
        made.picture(name, 12, 16, seed=seed)
    assert again(steps=80).code == 0
    once, whole = on_disk(), Path("out/b.inr").read_bytes()
    interrupt("b.png", 80, 60)
    Path("out/b.inr").write_bytes(b"the best so far")
    got = again(steps=80)
    assert got.code == 0
    assert refitted(once) == ["b"]
    assert Path("out/b.inr").read_bytes() == whole
    assert rows_by_input(got)["b.png"]["steps"] == 80
    assert not Path("out/b.inr.run").exists()


@pytest.mark.parametrize("harm", ["another input", "a damaged checkpoint", "no checkpoint"])
def test_a_fit_that_cannot_go_on_starts_anew(once, harm):
    interrupt("b.png", 5, 3)
    state = Path("out/b.inr.run/state.safetensors")
    if harm == "another input":
        made.picture("b.png", 12, 16, seed=60)
    elif harm == "a damaged checkpoint":
        state.write_bytes(state.read_bytes()[:-40])
    else:
        shutil.rmtree("out/b.inr.run")
    assert again().code == 0
    assert refitted(once) == ["b"]
    assert inr("fit", "b.png", *TILES, "--steps", 5, "--quiet").code == 0
    assert Path("out/b.inr").read_bytes() == Path("b.inr").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'{"name": "my app"}', b'{"inr_manifest": 2, "files": {}}',
        b'{"inr_manifest": 1}', b'{"inr_manifest": 1, "files": {"a.inr": 5}}',
        b'{"inr_manifest": 1, "files": {"a.inr": {"input": "a.png"}}}', b"\xff\xfe", b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_kept_and_ends_the_command(content):
    made.picture("a.png", 12, 16)
    made.picture("b.png", 12, 16)
    Path("out").mkdir()
    MANIFEST.write_bytes(content)
    got = inr("fit", "a.png", "b.png", "-o", "out", *TILES, "--steps", 5, "--force")
    assert got.code == 3
    assert "manifest.json" in got.complaint
    assert MANIFEST.read_bytes() == content
    assert os.listdir("out") == ["manifest.json"]


def test_a_second_command_on_the_same_folder_is_refused(once):
    pytest.importorskip("fcntl", reason="needs the locks of a POSIX system")
    with claimed(Path("out")):
        got = again()
    assert got.code == 2
    assert "another inr fit" in got.complaint
    assert again().code == 0


def test_pages_of_fits_that_are_done_do_not_stand_in_the_way(once):
    assert again("--force", "--report", "all").code == 0
    Path("out/b.inr").unlink()
    assert again("--report", "all").code == 0
    made.picture("d.png", 12, 16)
    Path("all/d").mkdir()
    Path("all/d/index.html").write_text("precious")
    got = inr("fit", *NAMES, "d.png", "-o", "out", *TILES, "--steps", 5, "--report", "all")
    assert got.code == 2
    assert "all/d/index.html" in got.complaint
    assert Path("all/d/index.html").read_text() == "precious"
