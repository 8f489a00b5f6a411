"""What goes with an exported checkpoint: a model card for people and ``trainboard.json`` for programs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from runs.checkpoints.loading import loading_code
from runs.models import Checkpoint, Command
from runs.specs import given_config
from runs.timeline import command_text


def provenance(checkpoint: Checkpoint) -> bytes:
    """``trainboard.json``: the run, the step, what was measured, what was asked for, what it ran on."""
    run = checkpoint.run
    content = {
        "format": 1,
        "run": {"id": run.pk, "name": run.name, "project": run.project.slug, "tags": run.tags},
        "trial": {"sweep": run.sweep_id, "number": run.trial, "params": run.trial_params},
        "checkpoint": {"step": checkpoint.step, "epoch": checkpoint.epoch, "attempt": checkpoint.attempt},
        "created_at": checkpoint.created_at.isoformat(),
        "metrics": checkpoint.metrics,
        "objective": {"metric": run.objective, "greater_is_better": run.greater_is_better},
        "spec": run.spec,
        "commands": [_command(row) for row in _commands(checkpoint)],
        "environment": run.environment,
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str).encode()


def model_card(checkpoint: Checkpoint, folder: Path) -> bytes:
    """``README.md``: what this is, what it measured, how to load it, with which settings it was trained."""
    run = checkpoint.run
    sections = [
        f"---\nlibrary_name: transformers\ntags: [trainboard]\nmodel_name: {json.dumps(run.name)}\n---",
        f"# {_plain(run.name)}",
        _origin(checkpoint),
        "## Load it",
        f"```python\n{loading_code(folder)}\n```",
        f"## Measured at step {checkpoint.step}",
        _table("Metric", checkpoint.metrics),
        "## Asked for",
        f"Recipe `{_plain(str(run.spec.get('recipe', '')))}`.",
        _table("Setting", given_config(run.spec)),
        *_hands(checkpoint),
        "The whole configuration and environment are in `trainboard.json`.",
    ]
    return ("\n\n".join(sections) + "\n").encode()


def _commands(checkpoint: Checkpoint) -> Iterable[Command]:
    """What people did to the run up to this step, in order."""
    done = checkpoint.run.commands.filter(status=Command.Status.APPLIED, step__lte=checkpoint.step)
    return done.order_by("step", "id")


def _command(row: Command) -> dict[str, Any]:
    when = (row.applied_at or row.created_at).isoformat()
    return {
        "step": row.step, "kind": row.kind, "args": row.args, "result": row.result, "by": row.created_by, "at": when
    }  # fmt: skip


def _hands(checkpoint: Checkpoint) -> list[str]:
    """A section on what people did while it trained; none where nobody did anything."""
    rows = [f"- step {row.step}: {_plain(command_text(row))}" for row in _commands(checkpoint)]
    return ["## Done by hand while it trained", "\n".join(rows)] if rows else []


def _origin(checkpoint: Checkpoint) -> str:
    run = checkpoint.run
    epoch = "" if checkpoint.epoch is None else f", epoch {checkpoint.epoch:g}"
    saved = f"saved {checkpoint.created_at:%Y-%m-%d %H:%M} {settings.TIME_ZONE}"
    return (
        f"Checkpoint of the run **{_plain(run.name)}** (`{run.pk}`), project {_plain(run.project.name)}: "
        f"step {checkpoint.step}{epoch}, {saved}. Exported by Trainboard."
    )


def _table(head: str, values: dict[str, Any]) -> str:
    if not values:
        return "Nothing." if head == "Metric" else "All at their defaults."
    rows = [f"| {_plain(name)} | {_plain(str(value))} |" for name, value in sorted(values.items())]
    return "\n".join([f"| {head} | Value |", "|---|---|", *rows])


def _plain(text: str) -> str:
    """Text that stays text in Markdown: no table cells, code or markup out of a name."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in flat)
