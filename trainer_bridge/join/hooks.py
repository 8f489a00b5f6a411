"""What is done to transformers once it is imported: ``report_to="trainboard"``, and a callback for every Trainer.

Nothing is imported here before a script does so itself, so ``import trainer_bridge`` stays cheap.
"""

import functools
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Action = Callable[[ModuleType], None]

NAME = "trainboard"


def register_report_to() -> None:
    """Let TrainingArguments take ``report_to="trainboard"``."""
    when_imported("transformers.integrations.integration_utils", _add_integration)


def add_to_every_trainer() -> None:
    """Every Trainer gets the callback, unless it has one."""
    when_imported("transformers.trainer_callback", _add_to_handlers)


def when_imported(name: str, action: Action) -> None:
    """Call ``action`` with the module, now or right after it was imported."""
    module = sys.modules.get(name)
    if module is not None:
        action(module)
    else:
        sys.meta_path.insert(0, _Finder(name, action))


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the others find one module, and adds an action to its loading."""

    def __init__(self, name: str, action: Action) -> None:
        self._name, self._action = name, action

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._action)
        return spec


class _Loader(importlib.abc.Loader):
    """Loads as the module's own loader does, which it then gives its place back, and acts."""

    def __init__(self, own: Any, action: Action) -> None:
        self._own, self._action = own, action

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._own.exec_module(module)
        self._action(module)


class _Integration:
    """Stands in transformers' table of integrations; called, it is the callback itself."""

    def __new__(cls) -> Any:
        from trainer_bridge.join.callback import TrainboardCallback

        return TrainboardCallback()


def _add_integration(module: ModuleType) -> None:
    module.INTEGRATION_TO_CALLBACK[NAME] = _Integration
    available = module.get_available_reporting_integrations

    @functools.wraps(available)
    def with_ours() -> list[str]:
        # report_to="all" means this too where somebody has said which server.
        return [*available(), *([NAME] if os.environ.get("TRAINBOARD_SERVER") else [])]

    module.get_available_reporting_integrations = with_ours  # type: ignore[attr-defined]


def _add_to_handlers(module: ModuleType) -> None:
    handler: Any = module.CallbackHandler
    make = handler.__init__

    @functools.wraps(make)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        from trainer_bridge.join.callback import TrainboardCallback

        make(self, *args, **kwargs)
        if not any(isinstance(callback, TrainboardCallback) for callback in self.callbacks):
            self.add_callback(TrainboardCallback())

    handler.__init__ = init
