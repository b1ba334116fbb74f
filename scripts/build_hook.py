"""Compiles inr/kernel when a wheel is built or the checkout is installed with -e; hatchling calls it."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelHook(BuildHookInterface):
    """Puts the library into the wheel; where it cannot be compiled, the wheel is one for any machine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling what the wheel then holds.

        Args:
            version: "standard" for a wheel, "editable" for pip install -e.
            build_data: hatchling's settings for this wheel, to be changed in place.
        """
        root = Path(self.root)
        kernel = _load(root / "inr" / "kernel" / "build.py")
        problem = kernel.build()
        if problem:
            self.app.display_warning(f"inr: {problem}")
        elif version != "editable":
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"].append(kernel.LIBRARY.relative_to(root).as_posix())


def _load(path: Path) -> ModuleType:
    """The module at a path: importing it as part of inr would need what inr needs."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
