"""Verify every stored point: `manage.py check_store [run …]`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from runs import series


class Command(BaseCommand):
    help = "Verify the checksums of all stored points and say what is damaged; exit code 1 if anything is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "runs", nargs="*", metavar="run", help="run ids; without any, all runs are checked"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        damages = series.check(options["runs"] or None)
        for damage in damages:
            what = f"{damage.key!r}, {damage.where}" if damage.key else damage.where
            self.stdout.write(
                f"run {damage.run}: {what}: {damage.points} points cannot be read: {damage.problem}"
            )
        if damages:
            sys.exit(1)
        self.stdout.write("All stored points are as they were written.")
