"""A Trainer's output folder becomes a run: python manage.py adopt outputs/bert --project digits."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.numbers import bytes_size
from runs.adopt.adopt import adopt
from runs.adopt.look import AdoptError, Found, look
from runs.projects import ProjectError, project_called


class Command(BaseCommand):
    help = "Adopt a folder that a Trainer wrote: its curves, arguments and checkpoints become a run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="the Trainer's output_dir, or one checkpoint-<step> of it"
        )
        parser.add_argument("--project", default="", help="slug or name; made if there is none")
        parser.add_argument("--name", default="", help="name of the run; the folder's if left out")
        parser.add_argument("--look", action="store_true", help="only say what is there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = look(options["folder"])
            self._tell(found)
            if not options["look"]:
                run = adopt(project_called(options["project"]), options["folder"], name=options["name"])
                self.stdout.write(f"Adopted as {run.name}: /r/{run.pk}/charts")
        except (AdoptError, ProjectError) as error:
            raise CommandError(str(error)) from error

    def _tell(self, found: Found) -> None:
        steps = ", ".join(str(row.step) for row in found.checkpoints)
        self.stdout.write(f"Checkpoints at steps {steps}, {bytes_size(found.size)}")
        self.stdout.write(f"{len(found.history)} rows of logs, up to step {found.state['global_step']}")
        for name, value in sorted(found.settings.args.items()):
            self.stdout.write(f"  {name}: {value}")
        self.stdout.write(
            f"Can be gone on with by the recipe {found.recipe}, once its data is named."
            if found.recipe
            else "No recipe fits its model: it can be cloned, not gone on with."
        )
        for note in found.notes:
            self.stderr.write(note)
