"""Checkpoints as a page and REST list them: chosen by a filter, ranked by a metric, each with why it is kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runs.checkpoints import aliases, retention
from runs.checkpoints.columns import CheckpointColumns
from runs.checkpoints.rank import checkpoints_of, default_metric, kept_because, rank
from runs.directions import greater_is_better, objectives_of
from runs.models import Checkpoint, Project, Run, Sweep
from runs.query import parse
from runs.query.evaluate import evaluate
from runs.table.store import columns_of

Owner = Run | Sweep | Project


@dataclass(frozen=True)
class Row:
    """``rank`` is None for one that cannot be used, or was not measured. ``kept``: why it is still there."""

    rank: int | None
    checkpoint: Checkpoint
    value: float | None
    kept: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """``rows`` are those that the filter lets through, best first; ``every`` are all of the owner."""

    rows: list[Row]
    every: list[Checkpoint]
    metric: str
    greater: bool


@dataclass(frozen=True)
class Known:
    """What is known beside the rows themselves."""

    rows: list[Checkpoint]
    aliases: dict[str, list[str]]
    kept: dict[str, tuple[str, ...]]


def listing(owner: Owner, metric: str = "", greater: bool | None = None, q: str = "") -> Listing:
    """The checkpoints of ``owner`` that ``q`` lets through, ranked by ``metric`` (else the objective of most).

    Raises QueryError. A fixed number of queries.
    """
    known = known_of(owner)
    chosen = known.rows
    if tree := parse(q):
        with columns(owner, known) as table:
            mask = evaluate(tree, table)
        chosen = [row for row, fits in zip(known.rows, mask.tolist(), strict=True) if fits]
    metric = metric or default_metric(chosen) or default_metric(known.rows)
    if greater is None:
        greater = greater_is_better(metric, objectives_of(row.run for row in known.rows))
    rows = [
        Row(
            found.rank,
            found.checkpoint,
            found.value,
            known.kept.get(found.checkpoint.pk, ()),
            tuple(known.aliases.get(found.checkpoint.pk, ())),
        )
        for found in rank(chosen, metric, greater)
    ]
    return Listing(rows, known.rows, metric, greater)


def known_of(owner: Owner) -> Known:
    """Every checkpoint of ``owner``, its aliases and why it is kept: five queries."""
    rows = list(
        checkpoints_of(owner)
        .select_related("run__sweep")
        .defer("run__environment", "run__traceback", "run__sweep__spec")
    )
    project = owner if isinstance(owner, Project) else owner.project
    return Known(rows, aliases.names_of(project), _kept(project, rows))


@contextmanager
def columns(owner: Owner, known: Known) -> Iterator[CheckpointColumns]:
    """The checkpoints as the filter language sees them."""
    project = owner.pk if isinstance(owner, Project) else owner.project_id
    with columns_of(project) as runs:
        yield CheckpointColumns(known.rows, runs, known.aliases, known.kept, time.time())


def _kept(project: Project, rows: list[Checkpoint]) -> dict[str, tuple[str, ...]]:
    """By the policy; where that names neither, what each is in its run: the best, the last."""
    found = {verdict.checkpoint.pk: verdict.kept for verdict in retention.verdicts_on(project, rows)}
    for pk, words in kept_because(rows).items():
        kept = found.get(pk, ())
        if words and not any(reason.startswith(("best", "last")) for reason in kept):
            found[pk] = (words, *kept)
    return found
