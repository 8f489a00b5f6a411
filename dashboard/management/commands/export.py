"""Exports on the terminal: the best checkpoint by a metric, or one by its id (docs/export.md)."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runs.checkpoints.rank import best, checkpoints_of, default_metric, metric_keys
from runs.directions import greater_is_better, objectives_of
from runs.errors import ExportError
from runs.exports.here import export_here
from runs.exports.options import CONTENTS, DTYPES, FORMS, LORA, Options, read
from runs.models import Checkpoint, Project, Run, Sweep
from trainer_bridge.fields import did_you_mean
from trainer_bridge.sizes import bytes_size

BEST = "best"
HUB = "hub:"


class Command(BaseCommand):
    help = "Export a checkpoint: export best --project digits --metric eval/f1 --to model.zip"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", help="best, or the id of a checkpoint")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--project", help="best of this project (its slug)")
        where.add_argument("--sweep", help="best of this sweep (its id)")
        where.add_argument("--run", help="best of this run (its id)")
        parser.add_argument("--metric", help="by which it is the best; the objective if left out")
        parser.add_argument(
            "--to", required=True, help="model.zip, model.tar, a new folder, or hub:owner/name"
        )
        parser.add_argument("--contents", choices=CONTENTS, default=CONTENTS[0])
        parser.add_argument("--lora", choices=LORA, default=LORA[0])
        parser.add_argument("--form", choices=FORMS, default=FORMS[0])
        parser.add_argument("--dtype", choices=DTYPES[1:], default="", help="as saved if left out")
        parser.add_argument("--public", action="store_true", help="a repository that everybody may see")

    def handle(self, *args: Any, **options: Any) -> None:
        checkpoint = _checkpoint(options)
        chosen, target = _options(options)
        run = checkpoint.run
        self.stderr.write(f"{run.name} ({run.pk}), step {checkpoint.step}, to {options['to']}")
        try:
            token = _token() if chosen.to == "hub" else ""
            result = export_here(checkpoint, chosen, target, self._tell, token)
        except ExportError as error:
            raise CommandError(str(error)) from error
        size = sum(size for _, size in result["files"])
        if onnx := result.get("onnx"):
            self.stderr.write(
                f"ONNX answers as the model does: largest difference {onnx['largest_difference']:.2g}"
            )
        self.stderr.write(f"{len(result['files'])} files, {bytes_size(size)}")
        self.stdout.write(result.get("url") or str(target.absolute()))

    def _tell(self, progress: str) -> None:
        """How far it is: on a terminal in one line, else nothing."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{progress}", ending="\n" if "100 %" in progress else "")


def _checkpoint(options: dict[str, Any]) -> Checkpoint:
    rows = Checkpoint.objects.select_related("run__project", "run__sweep").filter(run__deleted_at=None)
    if options["what"] != BEST:
        found = rows.filter(pk=options["what"]).first()
        if found is None:
            raise CommandError(f"There is no checkpoint {options['what']}. Say its id, or: best --project …")
        return found
    scope = _scope(options)
    candidates = list(checkpoints_of(scope).select_related("run__project", "run__sweep"))
    metric = options["metric"] or default_metric(candidates)
    greater = greater_is_better(metric, objectives_of(row.run for row in candidates))
    found = best(candidates, metric, greater)
    if found is None:
        hint = did_you_mean(metric, metric_keys(candidates))
        raise CommandError(
            f"{scope} has no complete checkpoint with a value of {metric or 'a metric'}.{hint}"
        )
    return found


def _scope(options: dict[str, Any]) -> Project | Sweep | Run:
    asked: list[tuple[str, Any, str]] = [
        ("project", Project, "slug"), ("sweep", Sweep, "pk"), ("run", Run, "pk")
    ]  # fmt: skip
    for name, model, field in asked:
        if value := options[name]:
            found = model.objects.filter(**{field: value}).first()
            if found is None:
                raise CommandError(f"There is no {name} “{value}”.")
            return found
    raise CommandError("Say of what it is the best: --project, --sweep or --run.")


def _options(options: dict[str, Any]) -> tuple[Options, Path]:
    """What is asked for, and where it goes on this machine."""
    to: str = options["to"]
    archive = Path(to).suffix.removeprefix(".")
    given = {name: options[name] for name in ("contents", "lora", "form", "dtype")}
    if to.startswith(HUB):
        given |= {"to": "hub", "repo": to.removeprefix(HUB), "private": not options["public"]}
    elif archive in ("zip", "tar"):
        given |= {"archive": archive}
    chosen, problems = read(given)
    if problems:
        raise CommandError(" ".join(problems.values()))
    if not to.startswith(HUB) and archive not in ("zip", "tar"):
        chosen = Options(**{**chosen.as_dict(), "to": "folder"})
    return chosen, Path(to)


def _token() -> str:
    if token := os.environ.get("HF_TOKEN"):
        return token
    raise CommandError(
        "Pushing needs your token of the Hub with the right to write, in the environment: HF_TOKEN."
    )
