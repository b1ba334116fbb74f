"""Types of options that several verbs share."""

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Parameter


def _whole(_: Any, tokens: Sequence[Any]) -> int:
    """Digits only: 1.5 steps are not one step."""
    return int(tokens[0].value)


Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Whole = Annotated[int, Parameter(converter=_whole)]
