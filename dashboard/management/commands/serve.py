import argparse
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.up import StartError, address
from dashboard.up.web import serve


class Command(BaseCommand):
    help = "Run one web process in the foreground (several need TRAINBOARD_REDIS_URL). Migrate first."
    # Checks would touch the database while `up` still migrates it.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--tethered", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        serve(self._listener(options), tethered=options["tethered"])

    def _listener(self, options: dict[str, Any]) -> socket.socket:
        if options["fd"] is not None:
            return socket.socket(fileno=options["fd"])
        try:
            listener = address.bind(options["host"], options["port"])
        except StartError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Listening on {address.url(options['host'], options['port'])}")
        return listener
