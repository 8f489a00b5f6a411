"""What a recipe is: a function that builds what a Trainer needs, and what people may set about it.

Nothing here imports a training library, so the web process can list recipes and check their parameters.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge.fields import Value, did_you_mean
from trainer_bridge.own.files import OwnFile
from trainer_bridge.recipes.adapt import adapted
from trainer_bridge.recipes.parameters import GIVEN_WHOLE, Help, Parameter, parameters_of
from trainer_bridge.recipes.parts import TrainerParts

__all__ = ["Help", "Parameter", "Recipe", "TrainerParts", "recipe"]


@dataclass(frozen=True, eq=False)
class Recipe:
    """One trainable thing: its words, parameters, own training arguments and the function that builds it.

    Equal only to itself, so that what is made of it can be kept (spec_fields.fields_of).

    ``objective`` is a series key ("eval/accuracy"); ``arguments`` differ from the Trainer's defaults. ``takes`` are
    the groups of the spec that ``build`` is given whole ("model", "data"); ``settings`` its defaults in them and in
    "trainer", by key ("data.source"). ``without`` names groups that it has nothing for: a script makes its Trainer
    itself. ``own`` says which file of a person's own it comes from. ``own_optimizer``: it hands over a finished
    optimizer, so the argument learning_rate has no say.
    """

    name: str
    title: str
    task: str
    description: str
    parameters: tuple[Parameter, ...]
    arguments: Mapping[str, Value]
    objective: str
    greater_is_better: bool
    estimate: str
    build: Callable[..., TrainerParts]
    takes: frozenset[str] = frozenset()
    settings: Mapping[str, Value] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    own: OwnFile | None = None
    own_optimizer: bool = False

    def defaults(self) -> dict[str, Value]:
        """Parameter name → default."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def parameter(self, name: str) -> Parameter:
        """One parameter. Raises KeyError."""
        return {parameter.name: parameter for parameter in self.parameters}[name]

    def problems(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Parameter name → why its value cannot be used, or that it needs one; empty if all can."""
        known = {parameter.name: parameter for parameter in self.parameters}
        found = {}
        for name, value in {**self.defaults(), **params}.items():
            problem = known[name].problem(value) if name in known else self._unknown(name, list(known))
            if problem:
                found[name] = problem
        return found

    def _unknown(self, name: str, known: list[str]) -> str:
        return f"The recipe {self.name} has no parameter {name}.{did_you_mean(name, known)}"


def recipe(
    *,
    name: str = "",
    title: str = "",
    task: str = "own",
    description: str = "",
    objective: str = "",
    greater_is_better: bool = False,
    arguments: Mapping[str, Value] | None = None,
    settings: Mapping[str, Value] | None = None,
    estimate: str = "",
    own_optimizer: bool = False,
) -> Callable[[Callable[..., Any]], Recipe]:
    """Make a Recipe of a function ``build(*, <parameters>, seed: int) -> TrainerParts``.

    A dictionary of the Trainer's arguments may be returned as well, and a class with a method ``build(self, seed)`` may
    stand for the function. Parameters are keyword arguments with a type (int, float, bool, str, dict, list, a Literal
    of texts, or one of them or None) and a default. One named ``model`` or ``data`` makes the recipe take that group of
    the spec: it is given a ModelChoice or a DataChoice. ``name``, ``title`` and ``description`` follow from the
    function's name and docstring where they are not given.

    The best checkpoint is chosen by ``objective`` ("eval/accuracy"), and ``metric_for_best_model`` and
    ``greater_is_better`` follow from it. Without one, runs are judged by "eval/loss", and the best checkpoint is loaded
    at the end only if ``arguments`` say so. ``own_optimizer`` tells that ``optimizers`` are handed over.
    """

    def make(build: Callable[..., Any]) -> Recipe:
        function = adapted(build)
        return Recipe(
            name=name or _words(build).replace(" ", "-"),
            title=title or _words(build).capitalize(),
            task=task,
            description=inspect.cleandoc(description or (build.__doc__ or "").partition("\n\n")[0]),
            parameters=parameters_of(function),
            arguments={**_chosen_by(objective, greater_is_better), **(arguments or {})},
            objective=objective or "eval/loss",
            greater_is_better=greater_is_better,
            estimate=estimate,
            build=function,
            takes=frozenset(inspect.signature(function).parameters.keys() & GIVEN_WHOLE),
            settings=dict(settings or {}),
            own_optimizer=own_optimizer,
        )

    return make


def _chosen_by(objective: str, greater_is_better: bool) -> dict[str, Value]:
    if not objective:
        return {}
    return {
        "load_best_model_at_end": True,
        "metric_for_best_model": objective.removeprefix("eval/"),
        "greater_is_better": greater_is_better,
    }


def _words(build: Any) -> str:
    """ "train_small_model" and "TrainSmallModel" → "train small model"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", build.__name__)
    return apart.replace("_", " ").strip().lower()
