"""The map of the package, enforced: who may import whom, and what may not appear anywhere.

Rooms are the files and folders right under inr/.  Imports point only down the rows and
pass only through a room's door (its __init__.py); each room has its own outside packages.
"""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "inr"
FILES = sorted(ROOT.rglob("*.py"))

BASE = {"errors", "domain", "specs", "coords", "partition", "files"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "domain": {"errors"},
    "specs": {"errors", "domain"},
    "coords": {"errors", "specs"},
    "partition": {"errors", "specs", "coords"},
    "files": {"errors"},
    "kernel": {"errors", "specs"},
    "signals": BASE | {"kernel"},
    "fields": BASE,
    "metrics": BASE,
    "codec": BASE | {"fields"},
    "reconstruct": BASE | {"fields"},
    "views": BASE | {"fields", "reconstruct"},
    "evaluate": BASE | {"signals", "fields", "metrics", "reconstruct"},
    "fitting": BASE | {"kernel", "signals", "fields", "metrics", "codec", "reconstruct", "evaluate"},
}
BELOW = set(MAY_IMPORT)
MAY_IMPORT["science"] = BASE | {"fields", "fitting"}
MAY_IMPORT["bench"] = set(BELOW)
MAY_IMPORT["viewer"] = {"errors"}
MAY_IMPORT["reports"] = BASE | {
    "signals", "fields", "metrics", "codec", "reconstruct", "evaluate", "fitting",
}  # fmt: skip
MAY_IMPORT["api"] = set(MAY_IMPORT)
MAY_IMPORT["cli"] = set(MAY_IMPORT)
MAY_IMPORT["__init__"] = {"api"}
MAY_IMPORT["__main__"] = {"cli"}

MAY_USE: dict[str, set[str]] = {
    "errors": set(),
    "domain": set(),
    "specs": set(),
    "coords": {"numpy"},
    "partition": {"numpy"},
    "files": set(),
    "kernel": {"numpy"},
    "signals": {"numpy", "torch", "av", "soundfile", "imageio", "PIL", "tifffile", "skimage"},
    "fields": {"numpy", "scipy", "torch"},
    "metrics": {"numpy", "skimage"},
    "codec": {"numpy", "constriction", "safetensors"},
    "reconstruct": {"numpy", "torch"},
    "views": {"numpy"},
    "evaluate": {"numpy", "torch"},
    "fitting": {"numpy", "torch", "safetensors"},
    "science": {"numpy", "torch"},
    "bench": {"numpy", "torch", "scipy", "skimage", "sklearn", "av", "PIL", "soundfile", "matplotlib"},
    "viewer": set(),
    "reports": {"numpy", "matplotlib", "PIL"},
    "api": {"numpy", "torch"},
    "cli": {"numpy", "cyclopts", "rich"},
    "__init__": set(),
    "__main__": set(),
}
# Modules that run what a file says.  Nothing of ours is ever pickled, so nothing is unpickled.
FORBIDDEN_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml"}
FORBIDDEN_CALLS = {"eval", "exec", "torch.load", "torch.save", "numpy.load", "np.load"}
MAX_LINES = 400


def room_of(path, root=ROOT):
    """The room that a file belongs to; the front door is "__init__"."""
    return path.relative_to(root).parts[0].removesuffix(".py")


def imports(tree):
    """Dotted names of what a module imports, wherever the statement stands; "." for a relative import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "."
            elif node.module == "inr":
                yield from (f"inr.{a.name}" for a in node.names if not a.name.startswith("__"))
            else:
                yield node.module or ""


def import_faults(path, root=ROOT):
    """What is wrong with the imports of one file, as sentences."""
    room = room_of(path, root)
    for name in imports(ast.parse(path.read_text())):
        top, _, rest = name.partition(".")
        other, _, inner = rest.partition(".")
        if not top:
            yield "relative import: write inr.ROOM"
        elif top != "inr":
            if top not in sys.stdlib_module_names and top not in MAY_USE.get(room, set()):
                yield f"{room} may not use {top}"
        elif other != room:
            if other not in MAY_IMPORT.get(room, set()):
                yield f"{room} may not import {other or 'inr itself'}"
            elif inner:
                yield f"{room} reaches past the door of {other}: import from inr.{other}, not {name}"


def code_faults(path, root=ROOT):
    """What no file may do, and what only the command line may do, as sentences."""
    tree = ast.parse(path.read_text())
    for name in imports(tree):
        if name.partition(".")[0] in FORBIDDEN_MODULES:
            yield f"imports {name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in FORBIDDEN_CALLS:
            yield f"line {node.lineno}: calls {called}"
        if called == "print" and room_of(path, root) not in {"cli", "__main__"}:
            yield f"line {node.lineno}: prints; only cli/ does"


def door_faults(path):
    """A door holds its docstring, imports, private tables, and at most a lazy __getattr__ and __dir__."""
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name.startswith("_"):
                    continue
            case ast.FunctionDef(name="__getattr__" | "__dir__"):
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                continue
        yield f"line {node.lineno}: a door holds only imports, __all__ and a lazy __getattr__"


def each(files):
    return pytest.mark.parametrize("path", [pytest.param(p, id=str(p.relative_to(ROOT))) for p in files])


@each(FILES)
def test_imports_point_down_and_use_the_door(path):
    assert list(import_faults(path)) == []


@each(FILES)
def test_nothing_is_unpickled_or_evaluated_and_only_the_command_line_prints(path):
    assert list(code_faults(path)) == []


@each([path for path in FILES if path.name == "__init__.py" and len(path.relative_to(ROOT).parts) <= 2])
def test_doors_hold_only_imports(path):
    assert list(door_faults(path)) == []


@each(FILES)
def test_no_file_is_too_long_to_read(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_every_room_is_on_the_map():
    assert {room_of(path) for path in FILES} <= set(MAY_IMPORT)
    assert set(MAY_IMPORT) == set(MAY_USE)


def test_the_table_itself_has_no_cycle():
    graphlib.TopologicalSorter(MAY_IMPORT).prepare()


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        ("fields/mlp.py", "from inr.fitting import fit", "fields may not import fitting"),
        ("codec/api.py", "from inr import signals", "codec may not import signals"),
        ("fields/mlp.py", "from inr import kernel", "fields may not import kernel"),
        ("kernel/library.py", "import torch", "kernel may not use torch"),
        ("codec/api.py", "def f():\n    import inr.signals", "codec may not import signals"),
        ("fitting/fit.py", "from inr.codec.entropy import encode", "reaches past the door of codec"),
        ("fields/mlp.py", "from . import build", "relative import"),
        ("signals/audio.py", "import cyclopts.core", "signals may not use cyclopts"),
        ("fitting/fit.py", "from inr import fit", "fitting may not import fit"),
        ("fitting/fit.py", "import inr", "fitting may not import inr itself"),
        ("utils.py", "from inr import errors", "utils may not import errors"),
        ("fitting/fit.py", "print('step')", "prints"),
        ("codec/api.py", "import pickle", "imports pickle"),
        ("codec/api.py", "import torch\ntorch.load('x')", "calls torch.load"),
        ("codec/api.py", "eval('1')", "calls eval"),
    ],
)
def test_the_rules_catch_what_they_forbid(tmp_path, file, line, fault):
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(line)
    faults = [*import_faults(path, tmp_path), *code_faults(path, tmp_path)]
    assert any(fault in found for found in faults), faults


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("cli/fit.py", "from inr import codec, fitting\nprint(1)"),
        ("codec/api.py", "from inr.fields import Field\nfrom inr.codec.models import table\nimport math"),
        ("fields/build.py", "module.eval()"),
        ("api.py", "from inr.fitting import fit\nimport numpy as np"),
    ],
)
def test_the_rules_let_pass_what_they_allow(tmp_path, file, line):
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(line)
    assert [*import_faults(path, tmp_path), *code_faults(path, tmp_path)] == []


@pytest.mark.parametrize("line", ["TABLE = {}", "def build(): ...", "if True:\n    import os", "work()"])
def test_a_door_with_code_in_it_is_caught(tmp_path, line):
    path = tmp_path / "__init__.py"
    path.write_text(line)
    assert list(door_faults(path))


@pytest.mark.parametrize(
    ("needs", "argument", "unwanted"),
    [
        (["__main__.py"], ["-m", "inr", "--help"], {"torch", "av", "soundfile", "skimage"}),
        (["codec/__init__.py", "reconstruct.py"], ["-c", "import inr.codec, inr.reconstruct"], {"torch"}),
        (
            ["signals/__init__.py", "metrics/__init__.py"],
            ["-c", "import inr.signals, inr.metrics"],
            {"torch"},
        ),
        (
            ["fields/__init__.py", "fitting/__init__.py"],
            ["-c", "import inr.fields, inr.fitting"],
            {"av", "soundfile", "cyclopts", "constriction"},
        ),
    ],
    ids=["inr --help", "codec and reconstruct", "signals and metrics", "fields and fitting"],
)
def test_starting_loads_no_package_before_it_is_needed(needs, argument, unwanted):
    missing = [name for name in needs if not (ROOT / name).exists()]
    if missing:
        pytest.skip(f"not written yet: {', '.join(missing)}")
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *argument], cwd=ROOT.parent, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
    # A line of -X importtime: "import time: self | cumulative | name".
    rows = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    loaded = {row.rpartition("|")[2].strip().partition(".")[0] for row in rows}
    assert "inr" in loaded
    assert loaded & unwanted == set()
