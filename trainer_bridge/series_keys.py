"""How the Trainer's log keys are called as series, and how its values become floats."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.values import as_float, flatten

#: In every log, but not measurements.
NOT_SERIES = frozenset({"epoch", "step", "num_input_tokens_seen"})
#: How the Trainer's measures of its own speed end; they stand apart from what the model is good for.
_SPEED = ("runtime", "_per_second")


def series_key(name: str, *, final: bool) -> str:
    """ "eval_accuracy" → "eval/accuracy", "loss" → "train/loss", "eval_runtime" → "speed/eval_runtime";
    ``final``: the summary at the end of a training.
    """
    if final:
        return f"final/{name}"
    if name.endswith(_SPEED):
        return f"speed/{name}"
    head, underscore, rest = name.partition("_")
    return f"{head}/{rest}" if underscore and rest and head in ("eval", "test") else f"train/{name}"


def is_final(logs: Mapping[str, Any]) -> bool:
    """Whether a log is the summary of a whole training."""
    return "train_loss" in logs


def measured_at(log_history: list[dict[str, Any]], step: int) -> dict[str, float]:
    """The series values in the Trainer's log history that were measured at ``step``."""
    values: dict[str, float] = {}
    for logs in reversed(log_history):
        if logs.get("step", step) < step:
            break
        if logs.get("step") == step and not is_final(logs):
            values |= {key: value for key, value in _floats(logs) if key not in values}
    return values


def _floats(logs: Mapping[str, Any]) -> list[tuple[str, float]]:
    found = []
    for name, value in flatten(logs):
        if name not in NOT_SERIES:
            try:
                found.append((series_key(name, final=False), as_float(value)))
            except Exception:  # noqa: S112 (told when it was logged)
                continue
    return found
