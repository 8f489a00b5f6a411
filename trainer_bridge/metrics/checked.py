"""What a ``compute_metrics`` returns is looked at: the Trainer would go on with nothing, or fail far from here."""

import functools
from collections.abc import Callable, Mapping
from typing import Any


def checked(compute: Callable[..., Any], owner: str) -> Callable[..., dict[str, float]]:
    """``compute``, which raises TypeError at the first evaluation unless it returns a dictionary of numbers.

    ``owner`` says whose function it is ("the recipe digits-vit").
    """

    @functools.wraps(compute)
    def measured(prediction: Any, **kwargs: Any) -> dict[str, float]:
        found = compute(prediction, **kwargs)
        if kwargs.get("compute_result") is False:
            return found  # a batch of batch_eval_metrics: only the last one gives numbers
        return _numbers(found, owner)

    return measured


def _numbers(found: Any, owner: str) -> dict[str, float]:
    if not isinstance(found, Mapping):
        raise TypeError(
            f"compute_metrics of {owner} must return a dictionary of numbers, such as {{'accuracy': 0.9}}; "
            f"it returned {_described(found)}."
        )
    return {_name(name, owner): _number(name, value, owner) for name, value in found.items()}


def _name(name: Any, owner: str) -> str:
    if not isinstance(name, str):
        raise TypeError(
            f"compute_metrics of {owner} must name its numbers by text; it has {_described(name)}."
        )
    return name


def _number(name: str, value: Any, owner: str) -> float:
    # Arrays and tensors of one element count as numbers, as they do for the Trainer.
    plain = value.item() if getattr(value, "size", None) == 1 or _is_single_tensor(value) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError(
            f"compute_metrics of {owner} must return numbers only; “{name}” is {_described(value)}."
        )
    return plain


def _is_single_tensor(value: Any) -> bool:
    return callable(getattr(value, "numel", None)) and value.numel() == 1


def _described(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '…'}"
