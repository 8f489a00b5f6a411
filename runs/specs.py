"""Specifications: whether one can run, what it comes to, and what in it was changed. Fields are named
``recipe``, ``params.<name>`` and ``args.<name>``."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge import arguments, recipes
from trainer_bridge.fields import did_you_mean
from trainer_bridge.values import flatten

Spec = dict[str, Any]

_KEYS = {"recipe", "params", "args"}


def check_spec(spec: Any) -> dict[str, str]:
    """What keeps ``spec`` from running, as far as that is known before training: field → sentence."""
    if problems := shape_problems(spec):
        return problems
    recipe = recipes.catalog().get(spec["recipe"])
    if recipe is None:
        hint = did_you_mean(spec["recipe"], recipes.catalog())
        return {"recipe": f"There is no recipe “{spec['recipe']}”.{hint}"}
    problems = _prefixed("params", recipe.problems(spec.get("params", {})))
    return problems | _prefixed("args", arguments.problems(spec.get("args", {}), recipe.arguments))


def effective_config(spec: Spec) -> dict[str, Any]:
    """Everything that decides the run: {"recipe": …, "params.hidden_size": 48, "args.seed": 42, …}.

    A run that was started elsewhere has no recipe, but a configuration of its own ("config.…").
    """
    if "recipe" not in spec:
        return _defaults_elsewhere(spec) | _given(spec)
    defaults = default_config(spec["recipe"])
    return {"recipe": spec["recipe"], **defaults, **_given(spec)}


def changed_config(spec: Spec) -> dict[str, Any]:
    """The fields of ``spec`` that differ from the recipe's defaults, with their values."""
    defaults = default_config(spec["recipe"]) if "recipe" in spec else _defaults_elsewhere(spec)
    return {
        field: value
        for field, value in _given(spec).items()
        if field not in defaults or defaults[field] != value
    }


def _defaults_elsewhere(spec: Spec) -> dict[str, Any]:
    """The Trainer's own defaults, for a run of a Trainer; a loop without one has none."""
    return _prefixed("args", arguments.merge({}, {})) if "args" in spec else {}


def default_config(recipe_name: str) -> dict[str, Any]:
    """What a recipe runs with when nothing is changed; empty for a recipe that is not there any more."""
    recipe = recipes.catalog().get(recipe_name)
    if recipe is None:
        return {}
    return _prefixed("params", recipe.defaults()) | _prefixed("args", arguments.merge({}, recipe.arguments))


def objective_of(spec: Spec) -> tuple[str, bool]:
    """The series key by which checkpoints are judged ("eval/accuracy"), and whether greater is better."""
    recipe = recipes.get(spec["recipe"])
    args = arguments.merge(spec.get("args", {}), recipe.arguments)
    metric = (args["metric_for_best_model"] or "loss").removeprefix("eval_").removeprefix("eval/")
    greater = args["greater_is_better"]
    # The Trainer's own guess when nothing is said; the rules of the arguments refuse a wrong one.
    return f"eval/{metric}", not metric.endswith("loss") if greater is None else greater


def _given(spec: Spec) -> dict[str, Any]:
    own = dict(flatten(spec.get("config", {})))
    return (
        _prefixed("params", spec.get("params", {}))
        | _prefixed("args", spec.get("args", {}))
        | _prefixed("config", own)
    )


def _prefixed(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group}.{name}": value for name, value in values.items()}


def shape_problems(spec: Any) -> dict[str, str]:
    """A specification may come from anywhere: say what is not even of the right kind."""
    if not isinstance(spec, dict):
        return {"recipe": "A specification is a map with the keys recipe, params and args."}
    if not isinstance(spec.get("recipe"), str):
        return {"recipe": f"Choose a recipe: {', '.join(recipes.catalog())}."}
    problems = {str(key): f"“{key}” is not a part of a specification." for key in spec.keys() - _KEYS}
    for group in ("params", "args"):
        if not isinstance(spec.get(group, {}), dict):
            problems[group] = f"“{group}” must be a map from name to value."
    return problems
