"""A search as it was asked for, read once: distributions, constraints, the values around them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from runs import catalog
from runs.models import Sweep
from runs.specs import Spec, effective_config
from runs.sweeps.constraints import Constraint, parse_constraint
from runs.sweeps.draw import Drawer
from runs.sweeps.plan import SweepPlan, plan_of
from runs.sweeps.space import Choices, Distribution, Point, Space, read_space
from trainer_bridge import spec_fields


@dataclass(frozen=True)
class Search:
    """``spec`` swept over ``space`` as ``plan`` says. Raises SpaceError and ConstraintError where it is read."""

    spec: Spec
    space: Space
    plan: SweepPlan

    @classmethod
    def of(cls, sweep: Sweep) -> "Search":
        return cls(sweep.spec, sweep.space, plan_of(sweep))

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """By field; a range over a field of whole numbers is one of whole numbers."""
        kinds = field_kinds(self.spec)
        return {field: _fitted(found, kinds.get(field)) for field, found in read_space(self.space).items()}

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """The values of the fields that are not searched."""
        return {key: value for key, value in effective_config(self.spec).items() if key not in self.space}

    @cached_property
    def constraints(self) -> list[Constraint]:
        known = {*self.fixed, *self.space}
        return [parse_constraint(text, known) for text in self.plan.constraints]

    @cached_property
    def drawer(self) -> Drawer:
        return Drawer(self.distributions, self.constraints, self.fixed)

    def samples(self, count: int) -> list[Point]:
        """Up to ``count`` different points that satisfy the constraints, the extremes first; always the same ones."""
        found: list[Point] = []
        for point in self.drawer.satisfying(random.Random(self.plan.seed)):  # noqa: S311
            if point not in found:
                found.append(point)
            if len(found) == count:
                break
        return found


def field_kinds(spec: Spec) -> dict[str, str]:
    """Field → its kind ("int", "float", "choice", …); empty for a recipe that is not there."""
    recipe = catalog.find(spec.get("recipe", ""))
    return {key: row.field.kind for key, row in spec_fields.fields_of(recipe).items()} if recipe else {}


def _fitted(found: Distribution, kind: str | None) -> Distribution:
    if isinstance(found, Choices) or kind != "int" or found.is_int:
        return found
    whole = all(float(part).is_integer() for part in (found.low, found.high, found.step or 1))
    return replace(found, is_int=True) if whole else found
