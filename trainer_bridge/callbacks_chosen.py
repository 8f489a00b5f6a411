"""Callbacks of transformers that a person switched on."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.problem import SpecProblem


def chosen_callbacks(values: Mapping[str, Any]) -> list[Any]:
    """Early stopping first, then the others in the order they are named. Raises SpecProblem for wrong options."""
    from transformers import EarlyStoppingCallback

    found: list[Any] = []
    if values["early_stopping"]:
        patience, threshold = values["early_stopping_patience"], values["early_stopping_threshold"]
        found.append(EarlyStoppingCallback(patience, threshold))
    return found + [_made(name, options) for name, options in (values["callbacks"] or {}).items()]


def _made(name: str, options: Mapping[str, Any]) -> Any:
    from transformers import integrations, trainer_callback

    kind = getattr(trainer_callback, name, None) or getattr(integrations, name)
    try:
        return kind(**options)
    except Exception as error:  # a package that is missing or cannot log in says so in its own way
        raise SpecProblem({"trainer.callbacks": f"{name}: {error}"}) from error
