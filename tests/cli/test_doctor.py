import importlib.metadata
import json
import os
import subprocess
import sys

import pytest

from inr import kernel
from inr.cli import doctor as room
from inr.cli.doctor import Finding, broken, collect, doctor


@pytest.fixture(scope="module")
def findings():
    return collect()


def named(findings, name):
    return next(item for item in findings if item.name == name)


def test_it_reports_the_versions_that_are_installed(findings):
    for name, _ in room.PACKAGES:
        item = named(findings, name)
        assert item.ok, item
        assert item.required
        assert item.detail.startswith(importlib.metadata.version(name))


def test_it_names_the_libraries_inside_the_packages(findings):
    assert "libsndfile" in named(findings, "soundfile").detail
    assert "FFmpeg" in named(findings, "av").detail


def test_where_the_package_is_installed_all_that_is_required_works(findings):
    assert broken(findings) == []


def test_every_group_is_looked_at(findings):
    assert {item.group for item in findings} == {"packages", "devices", "sound", "pictures", "video", "tools"}


def test_what_does_not_work_says_what_that_costs(findings):
    assert all(bool(item.cost) != item.ok for item in findings)


def test_a_package_that_is_not_there_is_a_finding_and_not_a_crash(monkeypatch):
    """None in sys.modules makes Python itself refuse the import."""
    monkeypatch.setitem(sys.modules, "av", None)
    findings = collect()
    missing = broken(findings)
    assert {"av", "16-bit colour PNG", "libx264 encoder"} <= {item.name for item in missing}
    assert "pip install av" in named(findings, "av").cost
    assert named(findings, "FLAC").ok


def test_what_is_required_and_missing_ends_with_exit_code_3(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(SystemExit) as caught:
        doctor()
    assert caught.value.code == 3
    out = capsys.readouterr().out
    assert "MISSING packages  soundfile" in out
    assert out.splitlines()[-1].startswith("not working: soundfile")


def test_what_is_optional_and_missing_does_not(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    doctor()
    out = capsys.readouterr().out
    assert 'pip install "inr[plot]"' in out
    assert out.splitlines()[-1] == "all that is required works"


def test_without_a_compiler_it_says_what_was_looked_for(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    item = named(collect(), "C compiler")
    assert not item.ok
    assert item.detail == "none of no-such-compiler on the PATH"
    assert "kernel" in item.cost


def test_it_names_the_kernel_that_fits_use_or_says_why_there_is_none(findings):
    item = named(findings, "compiled kernel")
    found = kernel.load()
    assert item.ok == (found is not None)
    assert item.detail == (found.variant if found else kernel.why_not())


def test_without_the_kernel_it_says_why_and_what_that_costs_and_nothing_is_broken(repository):
    run = subprocess.run(
        [sys.executable, "-m", "inr", "doctor", "--json"],
        env={**os.environ, "INR_KERNEL": "off"},
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    item = named([Finding(**f) for f in json.loads(run.stdout)["findings"]], "compiled kernel")
    assert (item.ok, item.detail) == (False, "switched off by INR_KERNEL=off")
    assert item.cost == "fits take 5 to 10 times as long"


def test_one_line_an_item_however_narrow_the_terminal(capsys, monkeypatch, findings):
    monkeypatch.setenv("COLUMNS", "40")
    doctor()
    assert len(capsys.readouterr().out.splitlines()) == len(findings) + 1


def test_json_is_one_object_with_the_same_findings(capsys, findings):
    doctor(json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert [Finding(**item).name for item in printed["findings"]] == [item.name for item in findings]


def test_importing_the_verb_loads_no_library():
    code = "import inr.cli.doctor, sys; print({'torch', 'av', 'PIL', 'soundfile'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
