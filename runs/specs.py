"""Specifications: whether one can run, what it comes to, and what in it was changed. Fields are named
``recipe`` and ``<group>.<name>``: "params.hidden_size", "args.seed" (see trainer_bridge/spec_fields.py)."""

import functools
from collections.abc import Mapping
from typing import Any

from runs import catalog
from runs.workers import machines
from trainer_bridge import arguments, spec_fields
from trainer_bridge.arguments import Machines
from trainer_bridge.fields import did_you_mean
from trainer_bridge.values import flatten

Spec = dict[str, Any]

_KEYS = {"recipe", *spec_fields.GROUPS}


def check_spec(spec: Any, workers: Machines = machines) -> dict[str, str]:
    """What keeps ``spec`` from running, as far as that is known before training: field → sentence.

    ``workers`` gives those that are connected; it is asked only where the specification needs something of them.
    """
    if problems := shape_problems(spec):
        return problems
    recipe = catalog.find(spec["recipe"])
    if recipe is None:
        hint = did_you_mean(spec["recipe"], catalog.catalog())
        return {"recipe": f"There is no recipe “{spec['recipe']}”.{hint}"}
    return spec_fields.problems(recipe, spec, workers)


def check_points(spec: Spec, points: list[dict[str, Any]]) -> dict[str, str]:
    """What keeps ``spec`` from running at one of the ``points`` of a sweep, the first sentence for each field."""
    recipe = catalog.find(spec.get("recipe"))
    if recipe is not None and all(key in spec_fields.fields_of(recipe) for key in points[0]):
        return spec_fields.problems_of_points(recipe, spec, points, functools.cache(machines))
    return check_spec(spec_with(spec, points[0]))  # which says what is no recipe or no field


def spec_cautions(spec: Spec) -> dict[str, str]:
    """What may not be meant in ``spec``, or not be known of: field → sentence. It runs all the same."""
    recipe = catalog.find(spec.get("recipe", "")) if not shape_problems(spec) else None
    return spec_fields.cautions(recipe, spec, machines) if recipe else {}


def effective_config(spec: Spec) -> dict[str, Any]:
    """Everything that decides the run: {"recipe": …, "params.hidden_size": 48, "args.seed": 42, …}.

    A run that was started elsewhere has no recipe, but a configuration of its own ("config.…").
    """
    if "recipe" not in spec:
        return _defaults_elsewhere(spec) | given_config(spec)
    defaults = default_config(spec["recipe"])
    return {"recipe": spec["recipe"], **defaults, **given_config(spec)}


def changed_config(spec: Spec) -> dict[str, Any]:
    """The fields of ``spec`` that differ from the recipe's defaults, with their values."""
    defaults = default_config(spec["recipe"]) if "recipe" in spec else _defaults_elsewhere(spec)
    return {
        field: value
        for field, value in given_config(spec).items()
        if field not in defaults or defaults[field] != value
    }


def _defaults_elsewhere(spec: Spec) -> dict[str, Any]:
    """The Trainer's own defaults, for a run of a Trainer; a loop without one has none."""
    return _prefixed("args", arguments.merge({}, {})) if "args" in spec else {}


def default_config(recipe_name: str) -> dict[str, Any]:
    """What a recipe runs with when nothing is changed; empty for a recipe that is not there any more."""
    recipe = catalog.find(recipe_name)
    if recipe is None:
        return {}
    return dict(spec_fields.defaults_of(recipe))


def objective_of(spec: Spec) -> tuple[str, bool]:
    """The series key by which checkpoints are judged ("eval/accuracy"), and whether greater is better.

    Raises KeyError when there is no such recipe.
    """
    recipe = catalog.find(spec["recipe"])
    if recipe is None:
        raise KeyError(f"There is no recipe {spec['recipe']!r}.")
    args = arguments.merge(spec.get("args", {}), recipe.arguments)
    metric = (args["metric_for_best_model"] or "loss").removeprefix("eval_").removeprefix("eval/")
    greater = args["greater_is_better"]
    # The Trainer's own guess when nothing is said; the rules of the arguments refuse a wrong one.
    return f"eval/{metric}", not metric.endswith("loss") if greater is None else greater


def given_config(spec: Spec) -> dict[str, Any]:
    """What stands in ``spec`` itself, by key: {"args.learning_rate": 0.002}."""
    given: dict[str, Any] = {}
    for group in spec_fields.GROUPS:
        given |= _prefixed(group, spec.get(group, {}))
    return given | _prefixed("config", dict(flatten(spec.get("config", {}))))


def spec_with(spec: Spec, values: Mapping[str, Any]) -> Spec:
    """``spec`` with other values at some keys ("args.seed"); ``spec`` itself stays as it is."""
    changed = {group: dict(given) if isinstance(given, Mapping) else given for group, given in spec.items()}
    for key, value in values.items():
        group, _, name = key.partition(".")
        changed.setdefault(group, {})[name] = value
    return changed


def _prefixed(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group}.{name}": value for name, value in values.items()}


def shape_problems(spec: Any) -> dict[str, str]:
    """A specification may come from anywhere: say what is not even of the right kind."""
    if not isinstance(spec, dict):
        return {"recipe": f"A specification is a map with the keys recipe, {', '.join(spec_fields.GROUPS)}."}
    if not isinstance(spec.get("recipe"), str):
        return {"recipe": f"Choose a recipe: {', '.join(catalog.catalog())}."}
    problems = {str(key): f"“{key}” is not a part of a specification." for key in spec.keys() - _KEYS}
    for group in spec_fields.GROUPS:
        if not isinstance(spec.get(group, {}), dict):
            problems[group] = f"“{group}” must be a map from name to value."
    return problems
