"""The grid sampler: every combination of the values of a search space."""

import random
from collections.abc import Mapping
from itertools import islice
from math import prod
from typing import Any

from runs.sweeps.draw import Drawer
from runs.sweeps.space import Choices, Distribution, Point, Space, SpaceError, grid_points, read_space
from trainer_bridge.spec_fields import GROUPS

#: More trials at once than this are a mistake more often than a plan; a person who means it says how many in parallel.
MAX_TRIALS = 500
#: Points of a grid whose trials are made little by little.
MOST_POINTS = 2_000

CONTINUOUS = (
    "A grid needs a number of points for this range. Give it a count or a step, "
    "or choose another sampler (random, qmc, tpe)."
)


def grid_size(space: Space) -> int:
    """How many trials the grid over ``space`` has, before constraints; 0 for a space that is none."""
    try:
        return _size(read_space(space))
    except SpaceError:
        return 0


def _size(found: Mapping[str, Distribution]) -> int:
    if all(distribution.when is None for distribution in found.values()):
        return prod(len(distribution.points()) for distribution in found.values())
    return sum(1 for _ in islice(grid_points(found), MOST_POINTS + 1))


def space_problems(space: Space, most: int = MAX_TRIALS) -> dict[str, str]:
    """What keeps the grid over ``space`` from being tried: field → sentence; "sweep" is the space as a whole."""
    return field_problems(space) or grid_problems(read_space(space), most)


def grid_problems(found: Mapping[str, Distribution], most: int = MAX_TRIALS) -> dict[str, str]:
    """The same of a space that was read."""
    problems = {field: sentence for field, d in found.items() if (sentence := _grid_problem(d, most))}
    if not problems and (size := _size(found)) > most:
        factors = " × ".join(str(len(distribution.points())) for distribution in found.values())
        problems["sweep"] = f"{factors} = {size} trials; the most is {most}. Take out some values."
    return problems


def field_problems(space: Space) -> dict[str, str]:
    """What is wrong with the fields of a space, whatever the sampler: field → sentence."""
    if not space:
        return {"sweep": "Nothing is swept. Turn on Sweep at a field and give it two values or more."}
    problems = {
        field: f"{field} cannot be swept; a swept field is named like args.seed or params.hidden_size."
        for field in space
        if field.partition(".")[0] not in GROUPS
    }
    try:
        read_space(space)
    except SpaceError as error:
        problems = error.problems | problems
    return problems


def _grid_problem(distribution: Distribution, most: int) -> str:
    count = len(distribution.points())
    if not count:
        return CONTINUOUS
    # A list is counted as typed, a value given twice too.
    count = max(count, len(distribution.values)) if isinstance(distribution, Choices) else count
    return f"Has {count} values; the most is {most}. Take out some values." if count > most else ""


def grid(space: Space) -> list[Point]:
    """The points of the grid, the last field varying fastest: [{"args.learning_rate": 1e-4, …}, …]."""
    return list(grid_points(read_space(space)))


def first_point(space: Space, fixed: Mapping[str, Any] | None = None) -> Point:
    """The point that stands for the space where one is shown: the first value or the low end of each field."""
    ends = {f: Choices((_first(d),), d.when) for f, d in read_space(space).items()}
    return next(grid_points(ends, fixed))


def _first(distribution: Distribution) -> Any:
    return distribution.values[0] if isinstance(distribution, Choices) else distribution.at(0)


def planned_points(drawer: Drawer, trials: int | None, seed: int) -> list[Point]:
    """The points of the grid that satisfy the constraints; of more than ``trials`` of them, so many at random."""
    points = [
        point
        for point in islice(grid_points(drawer.space, drawer.fixed), MOST_POINTS * 10)
        if drawer.holds(point)
    ]
    if trials is None or trials >= len(points):
        return points
    # Repeatable, and no secret.
    chosen = random.Random(seed).sample(range(len(points)), trials)  # noqa: S311
    return [points[at] for at in sorted(chosen)]
