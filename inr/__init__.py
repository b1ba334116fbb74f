"""Signals as small neural networks: fit, save, load.

The names of `inr.api` are found when they are asked for, so that `import inr` is quick.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inr.api import Fitted, fit, from_module, import_siren, load, save

__version__ = "0.1.0"
__all__ = ["Fitted", "__version__", "fit", "from_module", "import_siren", "load", "save"]


def __getattr__(name: str) -> object:
    """Resolve the public names of `inr.api`."""
    if name in __all__:
        from inr import api

        return getattr(api, name)
    raise AttributeError(f"module 'inr' has no attribute {name!r}")
