"""What came out of a sweep so far: each trial's parameters and objective, the best, and how it was found."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import fmean
from typing import Any, NamedTuple

from django.db.models import QuerySet

from runs.models import Run, Series, Sweep
from runs.states import ACTIVE, ENDED, State


@dataclass(frozen=True)
class Trial:
    """One trial: a point, trained once or once for each seed (``runs``; ``run`` is the first of them).

    ``value`` is the best of its objective so far, at ``value_step``; None before the first. Of several seeds it is the
    mean, of those that came to their end where some did not. ``values`` are all objectives: of several each as it was
    last measured, so that they belong together.
    """

    run: Run
    params: dict[str, Any]
    value: float | None
    value_step: int | None
    runs: list[Run]
    values: list[float | None]

    @property
    def number(self) -> int:
        return self.run.trial or 0

    @property
    def is_open(self) -> bool:
        """Whether more may come of it."""
        return any(run.state not in ENDED for run in self.runs)

    @property
    def is_pruned(self) -> bool:
        return any(run.is_pruned for run in self.runs)

    @property
    def state(self) -> str:
        """Of several seeds: that of one that still trains or waits, else finished when one of them is."""
        states = [run.state for run in self.runs]
        still = [state for state in states if state in ACTIVE] or [s for s in states if s not in ENDED]
        if still:
            return still[0]
        return State.FINISHED if State.FINISHED in states else states[0]


@dataclass(frozen=True)
class SweepResults:
    """``trials`` by number; ``params`` the swept names; ``history`` [(trial number, best so far)]."""

    sweep: Sweep
    trials: list[Trial]
    params: list[str]
    counts: dict[str, int]
    history: list[tuple[int, float]]

    @cached_property
    def best(self) -> Trial | None:
        return next(iter(self.top(1)), None)

    @property
    def done(self) -> int:
        return sum(self.counts.get(state, 0) for state in ENDED)

    @property
    def is_over(self) -> bool:
        return self.done == len(self.trials)

    def top(self, count: int) -> list[Trial]:
        """The best ``count`` trials, best first; of equal ones the earlier trial."""
        sign = -1 if self.sweep.greater_is_better else 1
        measured = [trial for trial in self.trials if trial.value is not None]
        return sorted(measured, key=lambda trial: (sign * (trial.value or 0.0), trial.number))[:count]


def results(sweep: Sweep) -> SweepResults:
    """The results of ``sweep`` so far, in two queries."""
    return results_of([sweep])[0]


def results_of(sweeps: list[Sweep]) -> list[SweepResults]:
    """The results of several sweeps, in two queries whatever their number."""
    return _found(sweeps, Run.objects.defer("environment", "traceback"))


def bare_results(sweep: Sweep) -> SweepResults:
    """The same with runs of which only what a sampler needs was read: quicker, for whoever shows nothing of them."""
    return _found(
        [sweep], Run.objects.only("trial", "state", "is_pruned", "trial_params", "trial_attrs", "sweep")
    )[0]


def _found(sweeps: list[Sweep], rows: QuerySet[Run]) -> list[SweepResults]:
    runs: dict[str, list[Run]] = {}
    for run in rows.filter(sweep__in=sweeps).order_by("trial", "created_at", "mark"):
        runs.setdefault(str(run.sweep_id), []).append(run)
    keys = {key for sweep in sweeps for key, _ in objectives_of(sweep)}
    found = Series.objects.filter(run__sweep__in=sweeps, key__in=keys)
    series = {
        (run, key): _Measured(*row)
        for run, key, *row in found.values_list("run_id", "key", *_Measured._fields)
    }
    return [_results(sweep, runs.get(sweep.pk, []), series) for sweep in sweeps]


def objectives_of(sweep: Sweep) -> list[tuple[str, bool]]:
    """[(series key, whether greater is better)], the first one decides where only one can."""
    several = [(one["metric"], one["greater_is_better"]) for one in sweep.objectives]
    return several or [(sweep.objective, sweep.greater_is_better)]


class _Measured(NamedTuple):
    """Of a series what decides. A thousand models would cost the more."""

    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    last: str

    def best(self, greater: bool) -> tuple[float | None, int | None]:
        return (self.max, self.max_step) if greater else (self.min, self.min_step)


_NOTHING = _Measured(None, None, None, None, "")
_Found = dict[tuple[str, str], _Measured]


def _results(sweep: Sweep, runs: list[Run], series: _Found) -> SweepResults:
    objectives = objectives_of(sweep)
    groups = [
        list(group) for _, group in groupby(runs, key=lambda run: (run.trial, run.trial is None and run.pk))
    ]
    trials = [_trial(group, objectives, series) for group in groups]
    return SweepResults(
        sweep=sweep,
        trials=trials,
        params=list(sweep.space),
        counts=dict(Counter(trial.state for trial in trials)),
        history=_history(trials, sweep.greater_is_better),
    )


def _trial(runs: list[Run], objectives: list[tuple[str, bool]], series: _Found) -> Trial:
    told = [run for run in runs if run.state == State.FINISHED] or runs
    key, greater = objectives[0]
    best = [series.get((run.pk, key), _NOTHING).best(greater) for run in told]
    value = _mean([value for value, _ in best])
    values = [value]
    if len(objectives) > 1:
        values = [
            _mean([_last(series.get((run.pk, key), _NOTHING)) for run in told]) for key, _ in objectives
        ]
    return Trial(
        run=runs[0],
        params=runs[0].trial_params,
        value=value,
        value_step=best[0][1],
        runs=runs,
        values=values,
    )


def _last(measured: _Measured) -> float | None:
    value = float(measured.last or "nan")
    return value if math.isfinite(value) else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _history(trials: list[Trial], greater: bool) -> list[tuple[int, float]]:
    """The best value after each measured trial, in the order of the trials' numbers."""
    history: list[tuple[int, float]] = []
    pick = max if greater else min
    for trial in trials:
        if trial.value is not None:
            best = pick(history[-1][1], trial.value) if history else trial.value
            history.append((trial.number, best))
    return history
