"""Which checkpoints are to be kept: rules apart for full ones (a training can go on from them) and for weights."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from runs.errors import RunError

#: Seconds between the moment a policy wants a checkpoint gone and the deletion; a person can keep it meanwhile.
GRACE = 2 * 60 * 60
_MOST = 10**9


class PolicyError(RunError):
    """A policy that cannot be. ``problems`` maps each field at fault ("full.best") to a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Rule:
    """What is kept of one kind: the ``best`` k, the ``last`` n, one at ``every`` m steps; or ``all``.

    Under a sweep's policy also every one of the best so many ``trials``.
    """

    all: bool = False
    best: int = 0
    last: int = 0
    every: int = 0
    trials: int = 0

    @property
    def words(self) -> str:
        """ "best 3 + last", "all", "none"."""
        if self.all:
            return "all"
        parts = [f"best {self.best}"] if self.best else []
        parts += [f"last {self.last}" if self.last > 1 else "last"] if self.last else []
        parts += [f"every {self.every} steps"] if self.every else []
        parts += [f"all of the best {self.trials} trials"] if self.trials else []
        return " + ".join(parts) or "none"


KEEP_ALL = Rule(all=True)


@dataclass(frozen=True)
class Policy:
    """``full``: these stay as they are. ``weights``: of these the weights stay. All others are deleted.

    ``metric`` ranks; "" is each run's objective. ``grace`` in seconds.
    """

    full: Rule = KEEP_ALL
    weights: Rule = Rule()
    metric: str = ""
    grace: int = GRACE

    @property
    def deletes(self) -> bool:
        """Whether it ever takes anything away."""
        return not self.full.all

    @property
    def words(self) -> str:
        if not self.deletes:
            return "keep all"
        return f"{self.full.words} full" + (
            "" if self.weights == Rule() else f", {self.weights.words} weights"
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_policy(value: Any) -> Policy:
    """A policy from JSON. Raises PolicyError, naming every field that cannot be."""
    if not isinstance(value, dict):
        raise PolicyError({"policy": "A policy is an object with “full” and “weights”."})
    problems = {name: f"There is no “{name}” in a policy." for name in value.keys() - _names(Policy)}
    full = _rule("full", value.get("full", {"all": True}), problems)
    weights = _rule("weights", value.get("weights", {}), problems)
    grace = _whole("grace", value.get("grace", GRACE), problems)
    metric = value.get("metric") or ""
    if not isinstance(metric, str) or len(metric) > 250:
        problems["metric"] = "The metric is a key such as eval/loss."
    elif full == Rule() and weights == Rule() and not problems:
        problems["full"] = (
            "This would keep nothing at all. Keep at least the last one, of its weights at least."
        )
    if problems:
        raise PolicyError(problems)
    return Policy(full, weights, metric, grace)


def policy_of_budget(budget: dict[str, Any]) -> Policy:
    """A sweep's checkpoint budget {"best": k, "rest": "weights"|"none"} as a policy: the best k trials keep everything,
    the others their weights, or nothing.
    """
    rest = Rule() if budget.get("rest") == "none" else Rule(all=True)
    return Policy(Rule(trials=budget.get("best", 0)), rest)


def _rule(kind: str, value: Any, problems: dict[str, str]) -> Rule:
    if not isinstance(value, dict) or value.keys() - _names(Rule):
        problems[kind] = f"“{kind}” takes best, last, every (whole numbers) or all (true)."
        return Rule()
    best, last, every, trials = (
        _whole(f"{kind}.{name}", value.get(name) or 0, problems)
        for name in ("best", "last", "every", "trials")
    )
    return KEEP_ALL if value.get("all") else Rule(best=best, last=last, every=every, trials=trials)


def _whole(field: str, value: Any, problems: dict[str, str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
        return value
    problems[field] = f"“{value}” is no whole number from 0 to {_MOST:,}."
    return 0


def _names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}
