"""The data that a person chose for a task recipe, loaded when the recipe asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DataChoice:
    """``values``: the group "data" of a spec, defaults filled in (see data_fields.py)."""

    values: Mapping[str, Any]
