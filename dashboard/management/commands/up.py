import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dashboard.up.options import PROJECT


class Command(BaseCommand):
    help = "Start everything: the web and one worker on one data folder (see `manage.py up --help`)."

    def run_from_argv(self, argv: list[str]) -> None:
        # Reached only when the settings are read already (python -m django up); `up` must come before.
        os.execv(sys.executable, [sys.executable, str(PROJECT / "manage.py"), *argv[1:]])  # noqa: S606

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["", "up", *options["arguments"]])
