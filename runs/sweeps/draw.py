"""Points of a space drawn at random, under its constraints. Plain Python: the suggesting process reads it too."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runs.sweeps.constraints import Constraint
from runs.sweeps.space import Choices, Distribution, Point, Range, grid_points, is_active

#: Draws after which a constraint counts as one that nothing satisfies.
MOST_DRAWS = 5_000


class Drawer:
    """Draws from ``space``. ``fixed`` holds the values of the fields that are not searched, by whole name."""

    def __init__(
        self,
        space: Mapping[str, Distribution],
        constraints: Sequence[Constraint] = (),
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.space, self.constraints = space, constraints
        # A condition and a constraint see the searched value, or none, never the fixed one below it.
        self.fixed = {field: value for field, value in (fixed or {}).items() if field not in space}

    def draw(self, rng: random.Random) -> Point:
        """One point, whether it satisfies the constraints or not."""
        point: Point = {}
        known: dict[str, Any] = dict(self.fixed)
        for field, distribution in self.space.items():
            known[field] = None
            if is_active(distribution, known):
                known[field] = point[field] = draw_value(distribution, rng)
        return point

    def holds(self, point: Point) -> bool:
        """Whether every constraint holds there. Raises ConstraintError."""
        known = self.fixed | point
        return all(constraint.holds(known) for constraint in self.constraints)

    def satisfying(self, rng: random.Random, draws: int = MOST_DRAWS) -> Iterator[Point]:
        """Those of ``draws`` points that satisfy the constraints; the extremes of each field are among them."""
        ends = itertools.islice(self._extremes(), draws // 2)
        for point in itertools.chain(ends, (self.draw(rng) for _ in range(draws))):
            if self.holds(point):
                yield point

    @property
    def is_finite(self) -> bool:
        """Whether the points of the space can be listed."""
        return all(isinstance(d, Choices) or d.is_finite for d in self.space.values())

    def listed(self) -> Iterator[Point]:
        """Every point of a finite space, whether it satisfies the constraints or not."""
        every = {
            field: Range(d.low, d.high, step=d.step, is_int=d.is_int, when=d.when)
            if isinstance(d, Range)
            else d
            for field, d in self.space.items()
        }  # without the counts: a grid may take fewer
        return grid_points(every, self.fixed)

    def _extremes(self) -> Iterator[Point]:
        ends: dict[str, Distribution] = {}
        for field, distribution in self.space.items():
            points = distribution.values if isinstance(distribution, Choices) else _ends(distribution)
            ends[field] = Choices((points[0], points[-1]), distribution.when)
        return grid_points(ends, self.fixed)


def draw_value(distribution: Distribution, rng: random.Random) -> Any:
    """One value: of a range by its scale, of whole numbers and steps each alike."""
    if isinstance(distribution, Choices):
        return rng.choice(distribution.values)
    if distribution.is_finite and not distribution.is_log:
        return distribution.of_step(rng.randint(0, distribution.steps))
    return distribution.at(rng.random())


def _ends(distribution: Range) -> tuple[Any, Any]:
    return distribution.at(0), distribution.at(1)
