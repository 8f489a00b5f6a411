"""Sweeps on the terminal: list, look at, change, export to Optuna, import from it (docs/sweeps.md)."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import numbers
from dashboard.management.asked import project_of
from runs.errors import RunError, SpecError
from runs.models import Sweep
from runs.sweeps.edit import EDITS, apply
from runs.sweeps.exchange import FORMATS, export_study, import_study
from runs.sweeps.results import results, results_of
from runs.sweeps.standing import checkpoint_bytes, progress_of


class Command(BaseCommand):
    help = (
        "Sweeps: python manage.py sweeps list · show ID · edit ID extend n=10 · export ID FILE · import FILE"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="the sweeps of a project, the newest first")
        listing.add_argument("--project", help="slug of the project; that of the newest run if left out")
        verbs.add_parser("show", help="a sweep with its trials and events").add_argument("sweep")
        edit = verbs.add_parser("edit", help=f"change a sweep: {', '.join(EDITS)}")
        edit.add_argument("sweep")
        edit.add_argument("kind")
        edit.add_argument("given", nargs="*", metavar="name=value", help="the value as JSON: n=10 cut=false")
        export = verbs.add_parser("export", help="write it to a file that optuna.load_study opens")
        export.add_argument("sweep")
        export.add_argument("file", type=Path)
        export.add_argument("--format", choices=tuple(FORMATS), default="sqlite")
        reading = verbs.add_parser("import", help="an Optuna study of a file as a finished sweep")
        reading.add_argument("file", type=Path)
        reading.add_argument("--project", help="slug of the project; that of the newest run if left out")
        reading.add_argument("--study", default="", help="its name, where the file has several")
        reading.add_argument("--name", default="", help="what the sweep is called; as the study if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = {
            "list": self._list,
            "show": self._show,
            "edit": self._edit,
            "export": self._export,
            "import": self._import,
        }[options["verb"]]
        try:
            verb(options)
        except SpecError as error:
            raise CommandError(
                "\n".join(f"{field}: {text}" for field, text in error.problems.items())
            ) from error
        except (RunError, OSError) as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        for found in results_of(list(project_of(options["project"]).sweeps.all())):
            sweep = found.sweep
            best = f"{found.best.value:.6g}" if found.best and found.best.value is not None else "–"
            told = f"{sweep.pk}  {sweep.state:9} {sweep.sampler:7} {found.done}/{len(found.trials)} trials"
            self.stdout.write(f"{told}  {sweep.objective} {best}  {sweep.name}")

    def _show(self, options: dict[str, Any]) -> None:
        sweep = _sweep(options["sweep"])
        found, progress = results(sweep), progress_of(sweep)
        self.stdout.write(f"{sweep.name}: {sweep.state}. {sweep.reason}".rstrip())
        end = f", expected to end {progress.finish_at:%Y-%m-%d %H:%M} UTC" if progress.finish_at else ""
        self.stdout.write(f"{progress.done} of {progress.wanted} trials have ended{end}")
        self.stdout.write(f"checkpoints: {numbers.bytes_size(checkpoint_bytes(sweep))}")
        for trial in found.trials:
            value = "–" if trial.value is None else f"{trial.value:.6g}"
            point = " ".join(
                f"{numbers.setting_name(name)}={numbers.config_value(v)}" for name, v in trial.params.items()
            )
            state = "pruned" if trial.is_pruned else trial.state
            self.stdout.write(f"{trial.number:5} {state:9} {value:>12}  {point}")
        for event in sweep.events.all():
            who = event.created_by or "Trainboard"
            self.stdout.write(f"{event.created_at:%Y-%m-%d %H:%M} {who}: {event.text}")

    def _edit(self, options: dict[str, Any]) -> None:
        sweep = _sweep(options["sweep"])
        made = apply(sweep, options["kind"], dict(map(_argument, options["given"])))
        if isinstance(made, Sweep):
            self.stdout.write(f"{made.pk}  {made.name}")
        elif event := sweep.events.first():
            self.stdout.write(event.text)

    def _export(self, options: dict[str, Any]) -> None:
        sweep, file = _sweep(options["sweep"]), options["file"]
        if file.exists():
            raise CommandError(f"{file} is there already. Name another file, or move it away.")
        made = export_study(sweep, options["format"], file.absolute().parent)
        shutil.move(made, file)
        self.stdout.write(f"{file}: optuna.load_study(study_name={sweep.name!r}, storage=…) opens it")

    def _import(self, options: dict[str, Any]) -> None:
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        project = project_of(options["project"])
        sweep = import_study(project, options["file"], study=options["study"], name=options["name"])
        self.stdout.write(f"{sweep.pk}  {sweep.name}: {sweep.runs.count()} trials")


def _argument(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"“{text}” is not of the form name=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _sweep(pk: str) -> Sweep:
    found = Sweep.objects.select_related("project").filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no sweep “{pk}”. `manage.py sweeps list` shows them.")
    return found
