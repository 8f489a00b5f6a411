"""A Trainer from outside: the one out of whose ``train`` a callback is being called, and what it makes of samples."""

import sys
from typing import Any


def running_trainer() -> Any:
    """The Trainer gives its callbacks everything but itself; it is the ``self`` of a function that called them."""
    from transformers import Trainer

    frame = sys._getframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, Trainer):
            return owner
        frame = frame.f_back  # type: ignore[assignment]
    return None


def columns_used(trainer: Any, samples: list[Any]) -> list[Any]:
    """The samples without the columns that the Trainer would drop."""
    if not trainer.args.remove_unused_columns or not isinstance(samples[0], dict):
        return samples
    trainer._set_signature_columns_if_needed()
    known = set(trainer._signature_columns)
    return [{name: value for name, value in sample.items() if name in known} for sample in samples]
