"""What came out of a sweep so far: each trial's parameters and objective, the best, and how it was found."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runs.compare import best_of
from runs.models import Run, Series, Sweep
from runs.states import ENDED


@dataclass(frozen=True)
class Trial:
    """One trial. ``value`` is the best of its objective so far, at ``value_step``; None before the first."""

    run: Run
    params: dict[str, Any]
    value: float | None
    value_step: int | None

    @property
    def number(self) -> int:
        return self.run.trial or 0


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
    runs: dict[str, list[Run]] = {}
    rows = Run.objects.filter(sweep__in=sweeps).defer("environment", "traceback")
    for run in rows.order_by("trial", "created_at"):
        runs.setdefault(str(run.sweep_id), []).append(run)
    keys = {sweep.objective for sweep in sweeps}
    found = Series.objects.filter(run__sweep__in=sweeps, key__in=keys)
    series = {(one.run_id, one.key): one for one in found}
    return [_results(sweep, runs.get(sweep.pk, []), series) for sweep in sweeps]


def _results(sweep: Sweep, runs: list[Run], series: dict[tuple[str, str], Series]) -> SweepResults:
    trials = [_trial(run, series.get((run.pk, sweep.objective)), sweep.greater_is_better) for run in runs]
    return SweepResults(
        sweep=sweep,
        trials=trials,
        params=list(sweep.space),
        counts=dict(Counter(run.state for run in runs)),
        history=_history(trials, sweep.greater_is_better),
    )


def _trial(run: Run, series: Series | None, greater: bool) -> Trial:
    value, step = best_of(series, greater)
    return Trial(run, run.trial_params, value, step)


def _history(trials: list[Trial], greater: bool) -> list[tuple[int, float]]:
    """The best value after each measured trial, in the order of the trials' numbers."""
    history: list[tuple[int, float]] = []
    pick = max if greater else min
    for trial in trials:
        if trial.value is not None:
            best = pick(history[-1][1], trial.value) if history else trial.value
            history.append((trial.number, best))
    return history
