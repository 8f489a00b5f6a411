"""What the pages say of a winner among many, and the button that launches more seeds of the leaders only."""

from typing import Any

from dashboard import numbers
from dashboard.seed_verdict import More
from runs import series
from runs.confirm import confirmable, confirmed
from runs.group_compare import GroupComparison
from runs.leaders import Leaders, leaders, leaders_of_sweep, seeds_for
from runs.models import Sweep

#: Fewer columns that somebody put side by side are not many, trials of a sweep are.
MANY = 5


def of_comparison(comparison: GroupComparison) -> dict[str, Any] | None:
    """About the best column. Of a trial of a sweep, all its trials are those that it was chosen from."""
    found = leaders(comparison)
    if found is None:
        return None
    sweep = found.winner.first.sweep
    whole = leaders_of_sweep(sweep, comparison.level) if sweep is not None else None
    if sweep is None or whole is None or whole.count < found.count or whole.key != found.key:
        return _told(found, found, f"the best of these {found.count}") if found.count >= MANY else None
    return _told(found, whole, _place(found, whole, sweep))


def of_sweep(sweep: Sweep) -> dict[str, Any] | None:
    """About the best trial of a sweep, for templates/compare/_many.html; None where nothing can be said."""
    found = leaders_of_sweep(sweep)
    if found is None:
        return None
    # Of several objectives it is the best by the first alone.
    by = f" on {found.key}" if len(sweep.objectives) > 1 else ""
    return _told(found, found, f"the best of {found.count} configurations{by}")


def _place(found: Leaders, whole: Leaders, sweep: Sweep) -> str:
    is_winner = found.winner.first in whole.winner.members
    return f"{'the best' if is_winner else 'chosen'} of {whole.count} configurations of {sweep.name}"


def _told(found: Leaders, whole: Leaders, place: str) -> dict[str, Any]:
    seeds = seeds_for(found.groups)
    more = [More(group, seeds[group.first.pk]) for group in found.groups if group.first.pk in seeds]
    return {
        "head": f"{found.winner.name} is {place}.",
        "rest": _luck(whole),
        "more": more,
        "runs": ",".join(run.pk for group in found.groups for run in group.members),
        "label": _label(more),
        **_confirmation(found),
    }


def _confirmation(found: Leaders) -> dict[str, Any]:
    """What the test split says of the leaders, and the checkpoints that were not measured on it yet."""
    checkpoints = confirmable(found.groups)
    runs = confirmed(checkpoints) if checkpoints else {}
    values = series.summaries([run.pk for run in runs.values()]) if runs else {}
    told = []
    for checkpoint in checkpoints:
        run = runs.get(checkpoint.pk)
        if run is not None:
            one = values[run.pk].get(run.objective)
            value = numbers.number(one.best(run.greater_is_better)) if one else run.state
            told.append({"run": run, "text": f"{checkpoint.run.name}: {run.objective} {value}"})
    return {"told": told, "open": [checkpoint.pk for checkpoint in checkpoints if checkpoint.pk not in runs]}


def _luck(found: Leaders) -> str:
    """The expected optimism, and what it is known from."""
    luck = found.optimism
    value, noise = numbers.rough(luck.value), numbers.rough(luck.noise)
    largest = f"the largest of {luck.trials} noisy values"
    if luck.source == "replicates":
        return (
            f"About {value} of its lead on {found.key} is expected to be luck: {largest}, noise {noise}, "
            f"estimated from seeds with {luck.freedom} degrees of freedom."
        )
    return (
        f"No configuration ran with a second seed, so how much of its {found.key} is luck is not known: up to about "
        f"{value}, {largest}, if all their spread ({noise}, by the quartiles) is noise."
    )


def _label(more: list[More]) -> str:
    if not more:
        return ""
    counts = sorted({len(each.seeds) for each in more})
    count = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    seeds = "1 more seed" if count == "1" else f"{count} more seeds"
    return (
        f"Queue {seeds} of the leader" if len(more) == 1 else f"Queue {seeds} of the {len(more)} leaders only"
    )
