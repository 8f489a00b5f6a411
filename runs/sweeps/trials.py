"""Trials: the runs of a sweep, made from points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from runs.launch import take_marks
from runs.models import Run, Sweep
from runs.specs import spec_with
from runs.sweeps.space import Point


@dataclass(frozen=True)
class Suggestion:
    """A point to try, and what the sampler keeps with it."""

    point: Point
    attrs: dict[str, Any] = field(default_factory=dict)


def make_trials(sweep: Sweep, suggestions: Sequence[Suggestion]) -> list[Run]:
    """Queue the suggestions, one run for each seed, inside the caller's transaction.

    Empty when another process has made the trial of this number meanwhile, or a person paused the sweep: then nothing
    is queued.
    """
    first, count = sweep.next_trial, len(suggestions)
    rows = Sweep.objects.filter(pk=sweep.pk, next_trial=first, state=Sweep.State.RUNNING)
    if not count or not rows.update(next_trial=F("next_trial") + count):
        return []
    sweep.next_trial += count
    seeds: list[int | None] = list(sweep.seeds) or [None]
    mark = take_marks(sweep.project, count * len(seeds))
    pairs = [(n, one, seed) for n, one in enumerate(suggestions, first) for seed in seeds]
    return Run.objects.bulk_create(
        _trial(sweep, number, one, seed, mark + at) for at, (number, one, seed) in enumerate(pairs)
    )


def _trial(sweep: Sweep, number: int, suggestion: Suggestion, seed: int | None, mark: int) -> Run:
    values = suggestion.point | ({} if seed is None else {"args.seed": seed})
    return Run(
        project=sweep.project,
        sweep=sweep,
        trial=number,
        trial_params=suggestion.point,
        trial_attrs={"system": suggestion.attrs} if suggestion.attrs else {},
        name=f"{sweep.name}-t{number:03}" + ("" if seed is None else f"-s{seed}"),
        tags=sweep.tags,
        spec=spec_with(sweep.spec, values),
        mark=mark,
        objective=sweep.objective,
        greater_is_better=sweep.greater_is_better,
        created_by=sweep.created_by,
    )
