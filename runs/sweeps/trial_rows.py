"""The trials of a sweep as pages show them, thousands of them in two queries.

A trial is a point of the search space. Where the sweep has seeds several runs train it: they are one row, whose value
is the mean over them. As runs/sweeps/results.py, but without the specifications, which are most of a run.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from runs.models import Run, Series, Sweep
from runs.states import ACTIVE, ENDED, State
from runs.sweeps.results import objectives_of

_FIELDS = ["pk", "trial", "trial_params", "name", "state", "is_pruned", "step", "started_at", "ended_at"]
#: The state of a trial is the first of these that one of its runs has.
_ORDER = [*(state for state in State if state in ACTIVE), State.PAUSED, State.QUEUED]
_ORDER += [State.FINISHED, State.FAILED, State.CRASHED, State.STOPPED]
#: Series key → (run → what its series says of its values).
_Values = dict[str, dict[str, "_Summary"]]


@dataclass(frozen=True, slots=True)
class Objective:
    """A measured key, and which way is better."""

    key: str
    greater: bool

    def best(self, values: Iterable[float]) -> float:
        return max(values) if self.greater else min(values)


class _Summary(NamedTuple):
    low: float | None
    high: float | None
    last: float


@dataclass(frozen=True, slots=True)
class TrialRow:
    """``values``: the best of the objective so far, of several objectives the last of each, so that they belong
    together; None before the first. Over seeds it is the mean of ``measured`` runs.

    ``seed_values`` are the runs' own of the first objective. ``run`` is the run of the row's links: the best of its
    ``members``. Times are seconds since the epoch.
    """

    number: int
    run: str
    name: str
    state: str
    is_pruned: bool
    step: int
    started: float | None
    ended: float | None
    params: dict[str, Any]
    values: tuple[float | None, ...]
    members: tuple[str, ...]
    seed_values: tuple[float, ...]

    @property
    def measured(self) -> int:
        return len(self.seed_values)

    @property
    def value(self) -> float | None:
        """Of the first objective."""
        return self.values[0]

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class SweepRows:
    """``rows`` by number, with ``objectives`` as the sweep has them."""

    sweep: Sweep
    objectives: list[Objective]
    rows: list[TrialRow] = field(default_factory=list)

    @property
    def objective(self) -> Objective:
        return self.objectives[0]

    @property
    def measured(self) -> list[TrialRow]:
        """Those with a value of the first objective, by number."""
        return [row for row in self.rows if row.value is not None]

    def best_first(self) -> list[TrialRow]:
        """The measured ones, best first; of equal ones the earlier trial."""
        sign = -1 if self.objective.greater else 1
        return sorted(self.measured, key=lambda row: (sign * (row.value or 0.0), row.number))

    @property
    def best(self) -> TrialRow | None:
        return next(iter(self.best_first()), None)


def sweep_rows(sweep: Sweep) -> SweepRows:
    """The trials of ``sweep``."""
    return rows_of([sweep])[0]


def rows_of(sweeps: Sequence[Sweep]) -> list[SweepRows]:
    """The trials of several sweeps, in two queries whatever their number."""
    runs: dict[str, dict[int, list[dict[str, Any]]]] = {}
    found = Run.objects.filter(sweep__in=sweeps).order_by("trial", "created_at", "pk")
    for run in found.values("sweep_id", *_FIELDS):
        runs.setdefault(run["sweep_id"], {}).setdefault(run["trial"] or 0, []).append(run)
    values = _values(sweeps)
    return [_rows(sweep, runs.get(sweep.pk, {}), values) for sweep in sweeps]


def _values(sweeps: Sequence[Sweep]) -> _Values:
    keys = {key for sweep in sweeps for key, _ in objectives_of(sweep)}
    rows = Series.objects.filter(run__sweep__in=sweeps, key__in=keys).values_list(
        "key", "run_id", "min", "max", "last"
    )
    found: _Values = {key: {} for key in keys}
    for key, run, low, high, last in rows:
        found[key][run] = _Summary(low, high, float(last) if last else math.nan)
    return found


def _rows(sweep: Sweep, trials: dict[int, list[dict[str, Any]]], values: _Values) -> SweepRows:
    objectives = [Objective(*one) for one in objectives_of(sweep)]
    return SweepRows(
        sweep, objectives, [_row(number, runs, objectives, values) for number, runs in trials.items()]
    )


def _row(number: int, runs: list[dict[str, Any]], objectives: list[Objective], values: _Values) -> TrialRow:
    counted = [run for run in runs if run["state"] == State.FINISHED] or runs
    read = _last if len(objectives) > 1 else _best
    each = [[found for run in counted if (found := read(one, run, values)) is not None] for one in objectives]
    shown = _shown(counted, objectives[0], values)
    return TrialRow(
        number=number,
        run=shown["pk"],
        name=shown["name"],
        state=min((run["state"] for run in runs), key=_ORDER.index),
        is_pruned=any(run["is_pruned"] for run in runs),
        step=max(run["step"] for run in runs),
        started=_earliest(run["started_at"] for run in runs),
        ended=_latest(run["ended_at"] for run in runs),
        params=runs[0]["trial_params"],
        values=tuple(sum(found) / len(found) if found else None for found in each),
        members=tuple(run["pk"] for run in runs),
        seed_values=tuple(each[0]),
    )


def _best(objective: Objective, run: dict[str, Any], values: _Values) -> float | None:
    found = values[objective.key].get(run["pk"])
    if found is None:
        return None
    return found.high if objective.greater else found.low


def _last(objective: Objective, run: dict[str, Any], values: _Values) -> float | None:
    found = values[objective.key].get(run["pk"])
    return found.last if found is not None and math.isfinite(found.last) else None


def _shown(runs: list[dict[str, Any]], objective: Objective, values: _Values) -> dict[str, Any]:
    measured = [(found, run) for run in runs if (found := _best(objective, run, values)) is not None]
    best = objective.best(found for found, _ in measured) if measured else None
    return next((run for found, run in measured if found == best), runs[0])


def _earliest(moments: Iterable[datetime | None]) -> float | None:
    return min((moment.timestamp() for moment in moments if moment is not None), default=None)


def _latest(moments: Iterable[datetime | None]) -> float | None:
    """None while one has not ended."""
    all_moments = list(moments)
    if any(moment is None for moment in all_moments):
        return None
    return max(moment.timestamp() for moment in all_moments if moment is not None)
