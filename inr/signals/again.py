"""Going on with a sampler where another run left off."""

from collections.abc import Mapping
from typing import Any

from inr.errors import SpecError


def check_same(state: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse a saved state that another sampler made.

    Args:
        state: what `state_dict` gave.
        settings: what the sampler of this run is known by.

    Raises:
        SpecError: the first setting that differs.
    """
    for name, value in settings.items():
        if state.get(name) != value:
            raise SpecError(
                f"sampler: the saved state has {name}={state.get(name)}, this run {value}; "
                "resume with the settings of the first run"
            )
