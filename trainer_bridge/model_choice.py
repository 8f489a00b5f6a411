"""The model that a person chose for a task recipe, made when the recipe asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelChoice:
    """``values``: the group "model" of a spec, defaults filled in (see model_fields.py)."""

    values: Mapping[str, Any]
