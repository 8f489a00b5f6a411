"""The grid sampler: every combination of the values of a search space."""

from itertools import product
from math import prod
from typing import Any

from trainer_bridge.spec_fields import GROUPS

#: More trials than this are a mistake more often than a plan; a person who means it makes two sweeps.
MAX_TRIALS = 500

#: {"args.learning_rate": [1e-4, 3e-4], "params.hidden_size": [48, 64]}
Space = dict[str, list[Any]]


def grid_size(space: Space) -> int:
    """How many trials the grid over ``space`` has."""
    return prod(len(values) for values in space.values())


def space_problems(space: Space) -> dict[str, str]:
    """What keeps ``space`` from being swept: field → sentence; "sweep" is the space as a whole."""
    problems = {
        field: sentence for field, values in space.items() if (sentence := _field_problem(field, values))
    }
    if not space:
        problems["sweep"] = "Nothing is swept. Turn on Sweep at a field and give it two values or more."
    elif not problems and (size := grid_size(space)) > MAX_TRIALS:
        factors = " × ".join(str(len(values)) for values in space.values())
        problems["sweep"] = f"{factors} = {size} trials; the most is {MAX_TRIALS}. Take out some values."
    return problems


def _field_problem(field: str, values: Any) -> str:
    if field.partition(".")[0] not in GROUPS:
        return f"{field} cannot be swept; a swept field is named like args.seed or params.hidden_size."
    if not isinstance(values, list) or not values:
        return "Has no values to try. Give two or more, or turn Sweep off."
    if any(isinstance(value, list | dict) for value in values):
        return "Only single values can be swept, not lists or maps."
    if len(values) > MAX_TRIALS:
        return f"Has {len(values)} values; the most is {MAX_TRIALS}. Take out some values."
    return ""


def grid(space: Space) -> list[dict[str, Any]]:
    """The points of the grid, the last field varying fastest: [{"args.learning_rate": 1e-4, …}, …]."""
    distinct = {field: list(dict.fromkeys(values)) for field, values in space.items()}
    return [dict(zip(distinct, point, strict=True)) for point in product(*distinct.values())]
