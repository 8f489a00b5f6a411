import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.up import tether, worker_options
from trainer_bridge.own.files import WORDS
from trainer_bridge.own.places import FOLDERS, SETTINGS


class Command(BaseCommand):
    help = "Run one worker in the foreground: it trains queued runs and needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--server",
            default=os.environ.get("TRAINBOARD_SERVER", "http://127.0.0.1:8000"),
            help="URL of the web (default: TRAINBOARD_SERVER, else http://127.0.0.1:8000)",
        )
        parser.add_argument(
            "--token",
            default=os.environ.get("TRAINBOARD_WORKER_TOKEN"),
            help="API token with the scope “worker”; the environment variable TRAINBOARD_WORKER_TOKEN "
            "keeps it out of the list of processes",
        )
        parser.add_argument(
            "--name", default=socket.gethostname(), help="name of this worker (default: host name)"
        )
        worker_options.add_arguments(parser)
        for kind, what in WORDS.items():
            parser.add_argument(
                f"--{FOLDERS[kind]}",
                type=Path,
                help=f"folder with {what}s (default: {SETTINGS[kind]}, else {FOLDERS[kind]} in the data folder)",
            )
        parser.add_argument("--tethered", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["token"]:
            raise CommandError(
                "A worker needs a token: make one on the server with "
                "`manage.py token --name NAME --scopes worker` and set TRAINBOARD_WORKER_TOKEN."
            )
        if options["tethered"]:
            tether.wait_for_go()
            tether.stop_with_parent()
        sys.exit(self._work(options))

    def _work(self, options: dict[str, Any]) -> int:
        # Celery is imported here: `manage.py help` does not need it.
        from dashboard.up.worker import work
        from trainer_bridge.worker import WorkerAgent

        _set_environment(options)
        who = (options["server"].rstrip("/"), options["token"], options["name"])
        try:
            declared = worker_options.declared(options)
            agent = WorkerAgent(*who, data_dir=Path(settings.DATA_DIR), **declared)
        except ValueError as error:
            raise CommandError(f"{error}") from error
        return work(agent)


def _set_environment(options: dict[str, Any]) -> None:
    """What the worker's processes read from their settings."""
    os.environ.setdefault("TRAINBOARD_DATA_DIR", str(settings.DATA_DIR))
    for kind, setting in SETTINGS.items():
        if chosen := options[FOLDERS[kind]]:
            os.environ[setting] = str(chosen.expanduser().resolve())
