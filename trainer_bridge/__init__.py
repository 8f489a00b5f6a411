"""The part of Trainboard that trains: no Django in it, so it installs alone on a training machine.

``import trainer_bridge`` is cheap. It lets a Trainer have ``report_to="trainboard"``, and gives
``TrainboardCallback`` for ``callbacks=[…]`` and ``start_run`` for loops without a Trainer (docs/join.md).
"""

from typing import TYPE_CHECKING, Any

from trainer_bridge.join.hooks import register_report_to

if TYPE_CHECKING:
    from trainer_bridge.join.callback import TrainboardCallback
    from trainer_bridge.join.process import start_run
    from trainer_bridge.join.run import Run

__all__ = ["Run", "TrainboardCallback", "start_run"]

_PLACES = {
    "Run": "trainer_bridge.join.run",
    "TrainboardCallback": "trainer_bridge.join.callback",
    "start_run": "trainer_bridge.join.process",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for only then: the callback needs transformers, the rest nothing heavy."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


register_report_to()
