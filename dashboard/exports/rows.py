"""What an export holds: its columns, and the runs block by block, so that memory stays small."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runs.models import Project, Run
from runs.series import Summary, summaries
from runs.specs import effective_config
from runs.table.choose import choose
from runs.table.order import ordered, sort_keys
from runs.table.shown import measured_keys
from runs.table.store import columns_of

BLOCK = 200
FIXED = (
    *("id", "name", "state", "reason", "tags", "sweep", "trial", "created", "started", "ended", "step"),
    *("max_steps", "epoch", "worker", "objective", "archived"),
)


@dataclass(frozen=True)
class Export:
    """``ids`` in their order; ``settings`` and ``metrics`` are the keys that one of the runs has, ``greater`` the
    direction of each metric.
    """

    ids: list[str]
    settings: list[str]
    metrics: list[str]
    greater: dict[str, bool]


@dataclass(frozen=True)
class Record:
    """One run: FIXED fields by name, its settings, its metrics."""

    fixed: dict[str, Any]
    config: dict[str, Any]
    metrics: dict[str, Summary]


def plan(project: Project, q: str = "", sort: str = "", ids: list[str] | None = None) -> Export:
    """The runs that ``q`` lets through, or those of ``ids``. Raises QueryError."""
    with columns_of(project.pk) as columns:
        choice = choose(columns, "" if ids is not None else q)
        places = ordered(columns, choice.places, sort_keys(columns, sort))
        if ids is not None:
            index, wanted = columns.index, set(ids)
            kept = [pk for pk in ids if pk in index.places and pk in wanted]
            places = [index.places[pk] for pk in dict.fromkeys(kept)]  # type: ignore[assignment]
        keys = [key for key in measured_keys(columns, places) if not key.startswith("system/")]
        return Export(
            ids=[columns.index.ids[place] for place in places],
            settings=[
                key for key in ("recipe", *columns.setting_keys) if columns.column(key).present[places].any()
            ],
            metrics=keys,
            greater={key: columns.greater(key) for key in keys},
        )


def records(export: Export) -> Iterator[Record]:
    """The runs in order; one that was deleted meanwhile is left out."""
    for at in range(0, len(export.ids), BLOCK):
        ids = export.ids[at : at + BLOCK]
        runs = Run.objects.select_related("sweep").defer("environment", "traceback").in_bulk(ids)
        found = summaries(ids, export.metrics)
        for pk in ids:
            if run := runs.get(pk):
                yield Record(_fixed(run), effective_config(run.spec), found[pk])


def _fixed(run: Run) -> dict[str, Any]:
    same = {name: getattr(run, name) for name in FIXED if hasattr(run, name)}
    times = {"created": run.created_at, "started": run.started_at, "ended": run.ended_at}
    return {
        **same,
        **{name: moment.isoformat() if moment else None for name, moment in times.items()},
        "tags": ", ".join(run.tags),
        "sweep": run.sweep.name if run.sweep else None,
        "archived": run.archived_at is not None,
    }
