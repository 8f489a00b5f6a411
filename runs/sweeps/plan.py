"""How a space is searched: sampler, pruner, budgets and the rest, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from runs.errors import SpecError
from runs.models import Sweep
from runs.specs import objective_of
from trainer_bridge.fields import did_you_mean

#: Columns of a Sweep that are called otherwise than here.
_COLUMNS = {"trials": "trials_wanted"}


@dataclass(frozen=True)
class SweepPlan:
    """``pruner`` is {"kind": "asha", …options}; ``objectives`` [{"metric": "eval/f1", "greater_is_better": true}],
    empty for the specification's own. ``trials`` None tries every point of a grid, once for each of ``seeds``.

    ``parallel`` None: all of a grid at once, else as many as there are device slots. ``budget`` may hold
    "wall_seconds", "device_seconds" and "target" (an objective good enough); ``checkpoint_budget`` "best" (how many
    trials keep everything) and "rest" ("weights" or "none").
    """

    sampler: str = "grid"
    sampler_options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    pruner: dict[str, Any] = field(default_factory=lambda: {"kind": "none"})
    objectives: list[dict[str, Any]] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    trials: int | None = None
    seeds: list[int] = field(default_factory=list)
    parallel: int | None = None
    budget: dict[str, Any] = field(default_factory=dict)
    checkpoint_budget: dict[str, Any] = field(default_factory=dict)

    @property
    def pruner_kind(self) -> str:
        return str(self.pruner.get("kind", "none"))

    @property
    def is_grid(self) -> bool:
        return self.sampler == "grid"

    def columns(self) -> dict[str, Any]:
        """The columns of a Sweep that hold it."""
        return {_COLUMNS.get(name, name): value for name, value in self.to_json(whole=True).items()}

    def to_json(self, *, whole: bool = False) -> dict[str, Any]:
        """What ``plan_of_json`` reads; what is as usual is left out unless ``whole``."""
        usual = SweepPlan()
        pairs = ((row.name, getattr(self, row.name)) for row in fields(self))
        return {name: value for name, value in pairs if whole or value != getattr(usual, name)}


PLAN_KEYS = tuple(row.name for row in fields(SweepPlan))


def plan_of(sweep: Sweep) -> SweepPlan:
    """The plan of a sweep."""
    values = {name: getattr(sweep, _COLUMNS.get(name, name)) for name in PLAN_KEYS}
    return SweepPlan(**values | {"pruner": sweep.pruner or {"kind": "none"}})


def plan_to_repeat(sweep: Sweep) -> SweepPlan:
    """The plan that launches it once more: an objective that is the specification's own goes without saying."""
    plan = plan_of(sweep)
    try:
        metric, greater = objective_of(sweep.spec)
    except KeyError:  # its recipe is not there any more
        return plan
    own = [{"metric": metric, "greater_is_better": greater}]
    return replace(plan, objectives=[]) if plan.objectives == own else plan


def plan_of_json(given: Any) -> SweepPlan:
    """The plan that ``to_json`` gave, or a person wrote. Raises SpecError for what is no part of a plan.

    Whether its values make sense is asked by ``plan_problems``.
    """
    if not isinstance(given, Mapping):
        raise SpecError({"sweep": f"How to search is a map with the keys {', '.join(PLAN_KEYS)}."})
    for key in given:
        if key not in PLAN_KEYS:
            hint = did_you_mean(str(key), PLAN_KEYS)
            raise SpecError({"sweep": f"A sweep has no “{key}”; it has {', '.join(PLAN_KEYS)}.{hint}"})
    values = {key: value for key, value in given.items() if value is not None}
    for key in ("pruner", "sampler"):
        if key in values:
            values |= _method(key, values[key])
    return SweepPlan(**values)


def _method(key: str, value: Any) -> dict[str, Any]:
    """ "asha" says the same as {"kind": "asha"}; {"kind": "tpe", "n_startup_trials": 20} works for samplers too."""
    if isinstance(value, str):
        return {key: value if key == "sampler" else {"kind": value}}
    if not isinstance(value, Mapping) or "kind" not in value:
        raise SpecError({key: f"A {key} is a name, or a map with its name as “kind” and its options."})
    if key == "pruner":
        return {key: dict(value)}
    options = {name: option for name, option in value.items() if name != "kind"}
    return {"sampler": value["kind"], "sampler_options": options}
