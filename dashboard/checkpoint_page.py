"""What the checkpoints page shows: the ranking, what each row says of itself, the disk, the chosen checkpoint."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from dashboard import lineage_picture, numbers
from runs.checkpoints import aliases, disk, retention
from runs.checkpoints.lineage import lineage
from runs.checkpoints.listing import Listing, Row, listing
from runs.checkpoints.rank import is_full, is_quality, is_whole, metric_keys, rank, state_of, value_of
from runs.checkpoints.writing import Writing, being_written
from runs.directions import greater_is_better, objectives_of
from runs.models import AliasMove, Checkpoint, Project, Run
from runs.query import QueryError
from runs.states import ACTIVE

#: More rows than this are shown only when asked for.
PAGE = 200
#: Metric columns: the one that ranks and this many others.
OTHERS = 1
#: Runs that train now whose checkpoints appear by themselves.
WATCHED = 50
#: Moves of aliases that the sheet lists.
MOVES = 8
#: What stays in the address when a row or a sheet is opened.
_KEPT = ("rank", "q", "all")


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


def page(project: Project, asked: QueryDict) -> dict[str, Any]:
    """The context of the page; a filter that is not understood shows every row and says what is wrong."""
    asked_rank, q = asked.get("rank", ""), asked.get("q", "").strip()
    metric, greater = asked_rank.removeprefix("-"), asked_rank.startswith("-") if asked_rank else None
    problem: QueryError | None = None
    try:
        found = listing(project, metric, greater, q)
    except QueryError as error:
        problem, found = error, listing(project, metric, greater)
    policy = retention.own_policy(project)
    training = (run.pk for run in project.runs.filter(state__in=ACTIVE).only("pk")[:WATCHED])
    return {
        **_table(found, asked),
        "training": " ".join(training),
        **_disk(found.every),
        "q": q,
        "problem": problem.as_data(q) if problem else None,
        "retention": policy.words if policy else "keep all",
    }


def _table(found: Listing, asked: QueryDict) -> dict[str, Any]:
    ranking = Ranking(found.metric, found.greater)
    keys = metric_keys(found.every)
    columns = [ranking.metric, *[key for key in keys if key != ranking.metric and is_quality(key)][:OTHERS]]
    chosen = next((row for row in found.every if row.pk == asked.get("ckpt")), None)
    shown = _shown(found.rows, chosen, bool(asked.get("all")))
    writing = being_written({row.run_id: row.run for row in found.every}.values(), found.every)
    return {
        "rows": [row_of(row, columns) for row in shown],
        "writing": [_writing(row, columns) for row in writing] if not asked.get("q") else [],
        "ranking": ranking,
        "choices": _choices(found, keys, ranking),
        "columns": columns,
        "total": len(found.every),
        "matching": len(found.rows),
        "hidden": len(found.rows) - len(shown),
        "selected": chosen,
        "address": address(asked),
        "lineage": _lineage(chosen, found, ranking) if chosen else None,
    }


def address(asked: QueryDict) -> str:
    """The query of the page without what is chosen, to put more behind: "rank=-eval%2Ff1&"."""
    kept = {key: asked[key] for key in _KEPT if asked.get(key)}
    return f"{urlencode(kept)}&" if kept else ""


def row_of(row: Row, columns: list[str]) -> dict[str, Any]:
    """One row of a ranking, as the templates show it."""
    checkpoint = row.checkpoint
    return {
        "rank": row.rank,
        "checkpoint": checkpoint,
        "values": [value_of(checkpoint, key) for key in columns],
        "state": state_of(checkpoint),
        "is_checking": checkpoint.check_at is not None and is_whole(checkpoint),
        "is_full": is_full(checkpoint),
        "aliases": row.aliases,
        "kept": "; ".join(row.kept),
        "due": due_words(checkpoint),
    }


def due_words(checkpoint: Checkpoint) -> str:
    """ "will be deleted in 2 h", "" for one that stays."""
    if not checkpoint.due_at or checkpoint.deleted_at:
        return ""
    left = (checkpoint.due_at - timezone.now()).total_seconds()
    what = "will be deleted" if checkpoint.due == Checkpoint.Due.DELETE else "will keep only its weights"
    return f"{what} in {numbers.duration(left)}" if left > 0 else f"{what} now"


def sheet(checkpoint: Checkpoint) -> dict[str, Any]:
    """Beside the table: all that is known of one checkpoint, and what can be done with it."""
    sums = checkpoint.sha256
    return {
        "state": state_of(checkpoint),
        "is_whole": is_whole(checkpoint),
        "is_stored": bool(checkpoint.stored_at),
        "is_full": is_full(checkpoint),
        "is_checking": checkpoint.check_at is not None,
        "due": due_words(checkpoint),
        "metrics": sorted((key, value_of(checkpoint, key)) for key in checkpoint.metrics),
        "files": [
            {"name": name, "size": size, "sha256": sums.get(name, "")} for name, size in checkpoint.files
        ],
        "aliases": [alias.name for alias in checkpoint.aliases.all()],
        "offered": _offered(checkpoint),
        "moves": AliasMove.objects.filter(project=checkpoint.run.project_id)[:MOVES],
    }


def _offered(checkpoint: Checkpoint) -> list[str]:
    used = AliasMove.objects.filter(project=checkpoint.run.project_id).values_list("name", flat=True)
    return sorted({*aliases.SUGGESTED, *used})


def _choices(found: Listing, keys: list[str], ranking: Ranking) -> list[Ranking]:
    """Every metric in its direction, and what the address asks for if that is another one."""
    objectives = objectives_of(row.run for row in found.every)
    choices = [Ranking(key, greater_is_better(key, objectives)) for key in keys]
    return choices if ranking in choices else [ranking, *choices]


def _shown(rows: list[Row], chosen: Checkpoint | None, everything: bool) -> list[Row]:
    """Without deleted ones and at most a page of them, unless all are asked for."""
    if everything:
        return rows
    present = [row for row in rows if not row.checkpoint.deleted_at or row.checkpoint is chosen]
    return present[:PAGE]


def _writing(row: Writing, columns: list[str]) -> dict[str, Any]:
    return {"run": row.run, "step": row.step, "size": row.size, "percent": row.percent, "blanks": columns}


def _disk(every: list[Checkpoint]) -> dict[str, Any]:
    usage = disk.usage_by_run(every)
    free, room = disk.room()
    return {
        "usage": usage[:20],
        "usage_hidden": len(usage) - 20,
        "bytes": sum(row.size for row in usage),
        "disk_free": free,
        "disk_used": room - free,
        "disk_room": room,
    }


def _lineage(chosen: Checkpoint, found: Listing, ranking: Ranking) -> dict[str, Any]:
    own = [row for row in found.every if row.run_id == chosen.run_id]
    ordered = [row.checkpoint for row in rank(own, ranking.metric, ranking.greater)]
    told = lineage(chosen, ordered, ranking.metric, ranking.greater)
    return {"told": told, "picture": lineage_picture.draw(told, ranking.metric)}


def run_rows(run: Run) -> dict[str, Any]:
    """The run page's tab: its checkpoints, the newest first, with the columns of the project's page."""
    found = listing(run, run.objective, run.greater_is_better if run.objective else None)
    keys = metric_keys(found.every)
    columns = [key for key in (found.metric, *keys) if key and (key == found.metric or is_quality(key))]
    columns = list(dict.fromkeys(columns))[: OTHERS + 1]
    newest = sorted(found.rows, key=lambda row: -row.checkpoint.step)
    return {
        "rows": [row_of(row, columns) for row in newest],
        "writing": [_writing(row, columns) for row in being_written([run], found.every)],
        "columns": columns,
        "bytes": sum(row.size for row in found.every if not row.deleted_at and row.is_here),
    }
