"""The runs of a comparison that an address names: by id, by a filter, by their sweep."""

from collections.abc import Sequence

from runs.compare import best_of
from runs.listing import listing
from runs.models import Project, Run, Series

#: Runs that one comparison reads.
MOST = 200


def ids_matching(project: Project, q: str) -> list[str]:
    """The runs that a filter lets through, the best of their objective first, 200 at most. Raises QueryError."""
    trainings = project.runs.filter(kind=Run.Kind.TRAINING)
    run = trainings.exclude(objective="").only("objective", "greater_is_better").first()
    sort = f"{'-' if run.greater_is_better else ''}{run.objective}" if run else ""
    known = sort and Series.objects.filter(run__project=project, key=run.objective if run else "").exists()
    return [row["id"] for row in listing(project, q=q, sort=sort if known else "", limit=MOST).rows]


def ids_of_sweeps(project: Project, sweeps: Sequence[str]) -> list[str]:
    """The trials of these sweeps of the project, the best of each first."""
    runs = list(
        Run.objects.filter(project=project, sweep__in=sweeps).only(
            "id", "objective", "greater_is_better", "sweep_id"
        )
    )
    found = {
        (one.run_id, one.key): one
        for one in Series.objects.filter(run__in=runs, key__in={run.objective for run in runs})
    }
    ordered = sorted(
        runs,
        key=lambda run: (sweeps.index(str(run.sweep_id)), _rank(run, found.get((run.pk, run.objective)))),
    )
    return [run.pk for run in ordered][:MOST]


def _rank(run: Run, series: Series | None) -> tuple[bool, float]:
    """Best first, runs without a value last."""
    value = best_of(series, run.greater_is_better)[0]
    return value is None, 0.0 if value is None else -value if run.greater_is_better else value
