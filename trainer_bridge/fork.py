"""The first attempt of a fork: optimizer and schedule are those of the checkpoint, their settings those of the run.

Loading a checkpoint brings back what the optimizer was made with, so that a new learning rate or weight decay in the
arguments would be ignored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: What belongs to the parameters or follows from the schedule.
_NOT_SETTINGS = frozenset({"params", "param_names", "lr", "initial_lr"})


@contextmanager
def own_settings(optimizer: Any, scheduler: Any) -> Iterator[None]:
    """What is loaded within leaves the settings that the optimizer and the scheduler were made with."""
    groups = [{k: v for k, v in group.items() if k not in _NOT_SETTINGS} for group in optimizer.param_groups]
    bases = list(getattr(scheduler, "base_lrs", ()))
    yield
    for group, own in zip(optimizer.param_groups, groups, strict=True):
        group.update(own)
    if bases:
        _use_learning_rates(optimizer, scheduler, bases)


def _use_learning_rates(optimizer: Any, scheduler: Any, bases: list[float]) -> None:
    """The schedule goes on at its step, from other base rates."""
    for group, base, loaded in zip(optimizer.param_groups, bases, scheduler.base_lrs, strict=True):
        if loaded:
            group["lr"] *= base / loaded
        group["initial_lr"] = base
    scheduler.base_lrs = bases
    scheduler._last_lr = [float(group["lr"]) for group in optimizer.param_groups]
