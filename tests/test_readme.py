"""The README is true: its commands and its Python run, its map is the tree, its numbers were measured."""

import json
import re
import shlex

import numpy as np
import pytest
from PIL import Image

from inr.cli.main import make_app
from inr.cli.main import run as command_line

README_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def readme(repository):
    return (repository / "README.md").read_text()


def blocks(text, language):
    return [body for name, body in README_BLOCK.findall(text) if name == language]


def inr_commands(text):
    """Lines of shell blocks that start with inr, without their comments; fits shortened to a few steps."""
    lines = [line for body in blocks(text, "sh") for line in body.splitlines() if line.startswith("inr ")]
    return [re.sub(r"--time \d+", "--steps 10", line) for line in lines]


def test_its_commands_run_in_the_order_in_which_they_stand(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = inr_commands(readme)
    assert len(commands) >= 5
    for line in commands:
        assert command_line(shlex.split(line, comments=True)[1:]) == 0, line
    with Image.open("twice.png") as twice:
        assert twice.size == (1024, 1024)


def test_its_python_runs(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows, columns = np.mgrid[0:24, 0:32]
    Image.fromarray((rows * 8 + columns).astype(np.uint8)).save("photo.png")
    (body,) = blocks(readme, "python")
    names = {}
    exec(re.sub(r"time=\d+", "steps=10", body), names)
    assert names["bigger"].shape == (48, 64, 1)


def test_its_map_names_every_room_and_no_other(readme, repository):
    (tree,) = blocks(readme, "text")
    _, inside = tree.split("inr/\n", 1)
    named = {
        word.rstrip("/")
        for line in inside.splitlines()
        for word in re.split(r"\s{2,}", line.strip())[0].split()
    }
    rooms = {
        p.stem for p in (repository / "inr").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert named == rooms - {"__init__", "__main__"}
    for name in ("data", "scripts", "tests"):
        assert f"{name}/" in tree
        assert (repository / name).is_dir()


def test_its_numbers_are_those_that_were_measured(readme, repository):
    rows = json.loads((repository / "data" / "baselines" / "spine.json").read_text())["rows"]
    for row in rows:
        name = row["signal"].rsplit(".", 1)[0]
        assert f"| {name} | {row['options'] or 'none'} | {row['size_bytes']:,} |" in readme


def test_its_pictures_under_a_size_are_those_that_were_measured(readme, repository):
    rows = json.loads((repository / "data" / "baselines" / "rates.json").read_text())["pictures"]
    for rate in (0.15, 0.3, 0.6):
        here = [row for row in rows if row["rate"] == rate]
        assert len(here) == 5
        cells = []
        for name in ("inr", "jpeg", "jpeg2000", "avif"):
            values = [row[name] for row in here]
            cells.append("-" if None in values else f"{np.mean(values):.2f}")
        assert f"| {rate:.2f} | {' | '.join(cells)} |" in readme


def test_its_sounds_under_a_size_are_those_that_were_measured(readme, repository):
    rows = json.loads((repository / "data" / "baselines" / "rates.json").read_text())["sounds"]
    assert len(rows) == 9
    for row in rows:
        cells = ["-" if row[name] is None else f"{row[name]:.1f}" for name in ("inr", "mp3", "opus")]
        name = row["signal"].removesuffix(".wav")
        assert f"| {name} | {row['rate']:.0f} | {row['size_bytes']:,} | {' | '.join(cells)} |" in readme


def test_every_script_that_it_names_is_there(readme, repository):
    named = set(re.findall(r"(?:scripts|tests|data|inr)/[\w/.]+\.(?:py|sh|jsonl?|md)\b", readme))
    assert named
    assert [name for name in sorted(named) if not (repository / name).is_file()] == []


def test_its_picture_is_small_and_says_what_was_measured(readme, repository):
    folder = repository / "data" / "figures"
    numbers = json.loads((folder / "cat.json").read_text())
    assert "(data/figures/cat.png)" in readme
    for words in (f"{numbers['size_bytes']:,} bytes", f"{numbers['psnr_db']:.1f} dB", numbers["command"]):
        assert words in readme
    assert (folder / "cat.png").stat().st_size < 200_000
    with Image.open(folder / "cat.png") as picture:
        assert picture.width > 3 * picture.height


def test_every_file_that_it_links_to_is_there(readme, repository):
    linked = [target for target in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in target]
    assert len(linked) >= 3
    assert [target for target in linked if not (repository / target).is_file()] == []


def test_every_command_in_its_text_has_options_that_exist(readme):
    spans = [" ".join(span.split()) for span in re.findall(r"`(?:\w+=\S+ )?(inr [^`]+)`", readme)]
    assert len(spans) > 10
    for span in spans:
        words = [word for word in shlex.split(span)[1:] if word != "--help"]
        required = {"fit": ["photo.png"]}.get(words[0], []) if len(words) < 2 else []
        make_app().parse_args([*words, *required], exit_on_error=False, print_error=False)
