"""The checkpoints of a project, ranked by one metric."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.views.access import project_or_404
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.rank import (
    Ranked,
    checkpoints_of,
    default_metric,
    is_quality,
    kept_because,
    metric_keys,
    rank,
    state_of,
    value_of,
)
from runs.directions import greater_is_better, objectives_of
from runs.exports.options import Options
from runs.exports.plan import Plan, plan_export
from runs.models import Checkpoint, Project

#: More rows than this are shown only when asked for.
PAGE = 200
#: Metric columns: the one that ranks and this many others.
OTHERS = 2


@dataclass(frozen=True)
class Ranking:
    """How the page ranks: ``rank`` as it stands in the address, "-" in front for highest first."""

    metric: str
    greater: bool

    @property
    def rank(self) -> str:
        return f"-{self.metric}" if self.greater else self.metric

    @property
    def words(self) -> str:
        return f"{self.metric}, {'highest' if self.greater else 'lowest'} first"


@require_safe
def project_checkpoints(request: HttpRequest, project: str) -> HttpResponse:
    """The ranking, and beside it the export sheet of the checkpoint named by ``ckpt``."""
    owner = project_or_404(project)
    checkpoints = list(checkpoints_of(owner).defer("run__environment", "run__traceback"))
    context = _table(request, owner, checkpoints) if checkpoints else {}
    return render(request, "checkpoints/list.html", {"project": owner, **context})


def _table(request: HttpRequest, project: Project, checkpoints: list[Checkpoint]) -> dict[str, Any]:
    ranking = _ranking(request, checkpoints)
    keys = metric_keys(checkpoints)
    columns = [ranking.metric, *_other_columns(keys, ranking.metric)]
    selected = next((row for row in checkpoints if row.pk == request.GET.get("ckpt")), None)
    rows = rank(checkpoints, ranking.metric, ranking.greater)
    shown = _shown(request, rows, selected)
    kept = kept_because(checkpoints)
    return {
        "rows": [_row(row, columns, kept) for row in shown],
        "ranking": ranking,
        "choices": _choices(checkpoints, ranking),
        "columns": columns,
        "total": len(rows),
        "usable": sum(row.rank is not None for row in rows),
        "hidden": len(rows) - len(shown),
        "bytes": sum(row.size for row in checkpoints if not row.deleted_at),
        "selected": selected,
        **(_sheet(selected) if selected else {}),
    }


def _ranking(request: HttpRequest, checkpoints: list[Checkpoint]) -> Ranking:
    """By the address; else by the objective that most of the runs have."""
    asked = request.GET.get("rank", "")
    if metric := asked.removeprefix("-"):
        return Ranking(metric, asked.startswith("-"))
    objectives = objectives_of(row.run for row in checkpoints)
    metric = default_metric(checkpoints)
    return Ranking(metric, greater_is_better(metric, objectives))


def _choices(checkpoints: list[Checkpoint], ranking: Ranking) -> list[Ranking]:
    """Every metric in its direction, and what the address asks for if that is another one."""
    objectives = objectives_of(row.run for row in checkpoints)
    choices = [Ranking(key, greater_is_better(key, objectives)) for key in metric_keys(checkpoints)]
    return choices if ranking in choices else [ranking, *choices]


def _other_columns(keys: list[str], metric: str) -> list[str]:
    return [key for key in keys if key != metric and is_quality(key)][:OTHERS]


def _shown(request: HttpRequest, rows: list[Ranked], selected: Checkpoint | None) -> list[Ranked]:
    """Without deleted ones and at most a page of them, unless all are asked for."""
    if request.GET.get("all"):
        return rows
    present = [row for row in rows if not row.checkpoint.deleted_at or row.checkpoint is selected]
    return present[:PAGE]


def _row(row: Ranked, columns: list[str], kept: dict[str, str]) -> dict[str, Any]:
    checkpoint = row.checkpoint
    return {
        "rank": row.rank,
        "checkpoint": checkpoint,
        "values": [value_of(checkpoint, key) for key in columns],
        "state": state_of(checkpoint),
        "kept": kept.get(checkpoint.pk, ""),
    }


def _sheet(checkpoint: Checkpoint) -> dict[str, Any]:
    """Both contents with their exact files, or why there are none."""
    whole = Checkpoint.objects.select_related("run__project", "run__sweep").get(pk=checkpoint.pk)
    try:
        exports = {
            "inference": plan_export(whole, Options()),
            "full": plan_export(whole, Options(contents="full")),
        }
    except CheckpointRefused as refused:
        return {"refused": str(refused)}
    return {"exports": exports, "files": _files(exports)}


def _files(exports: dict[str, Plan]) -> list[dict[str, Any]]:
    """Every file of the full zip, marked whether the smaller one has it too."""
    small = {file.name for file in exports["inference"].files}
    return [
        {"name": file.name, "size": file.size, "only_full": file.name not in small}
        for file in exports["full"].files
    ]
