"""Which runs a project's charts draw as one line, their mean: those of a group of the table, else replicates."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.numbers import setting_name
from dashboard.run_table import value_text
from dashboard.seed_groups import counts, has_mean
from runs.models import Project, Run
from runs.replicates import Group, group_replicates
from runs.stats import LEVEL
from runs.table.columns import RunColumns
from runs.table.groups import Lines
from runs.table.store import columns_of

_LIGHT = ("id", "project", "name", "mark", "state")
#: What replicates are told by. Of what a run told, which may be much, no more than they need is read.
_TOLD = ("spec", "environment", "origin", "parent", "forked_step")


def means(project: Project, ids: Sequence[str], by: str) -> dict[str, Any]:
    """The lines of these runs: {"by": the fields in words, "" for replicates, "lines": […]}.

    ``by``: what the table is grouped by, as the address has it.
    """
    keys, groups = _by_fields(project, ids, by)
    if not keys:
        groups = group_replicates(_runs(project, ids, _LIGHT + _TOLD))
    words = "run" if keys else "seed"
    return {"by": ", ".join(map(setting_name, keys)), "lines": [_line(group, words) for group in groups]}


def _line(group: Group, word: str) -> dict[str, Any]:
    """A line of its own for a mean; of a group that has none yet, or of one run, the runs stand for themselves."""
    runs = [run.pk for run in group.counted]
    return {
        # Another one for other runs: what was fetched of a line stays true.
        "id": f"mean-{zlib.crc32(','.join(runs).encode()):08x}" if has_mean(group) else "",
        "name": group.name,
        "mark": group.first.mark,
        "members": [run.pk for run in group.members],
        "runs": runs,
        "ci": round(LEVEL * 100),
        "n": counts(group, word),
    }


def _by_fields(project: Project, ids: Sequence[str], by: str) -> tuple[list[str], list[Group]]:
    with columns_of(project.pk) as columns:
        keys = [full for name in by.split(",") if (full := columns.full_key(name))]
        if not keys:
            return [], []
        known = columns.index.places
        places = np.array([known[pk] for pk in ids if pk in known], dtype=int)
        lines = Lines(columns, places, keys).page(0, len(places))
        named = [(_title(columns, keys, line.values), line.places.tolist()) for line in lines]
        placed = {place: columns.index.ids[place] for place in places.tolist()}
    by_id = {run.pk: run for run in _runs(project, ids, _LIGHT)}
    found = [(title, [by_id[pk] for place in at if (pk := placed[place]) in by_id]) for title, at in named]
    return keys, [Group(runs, {}, title=title) for title, runs in found if runs]


def _title(columns: RunColumns, keys: list[str], values: Sequence[Any]) -> str:
    """Such as "optim adamw_torch, learning_rate 3e-4"."""
    return ", ".join(
        f"{setting_name(key)} {value_text(columns.column(key), value)}"
        for key, value in zip(keys, values, strict=True)
    )


def _runs(project: Project, ids: Sequence[str], fields: Sequence[str]) -> list[Run]:
    """In the order of ``ids``."""
    found = project.runs.only(*fields).in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]
