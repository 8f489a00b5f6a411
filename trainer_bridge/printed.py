"""What the processes of a training print, on its way to the server."""

import time
from collections.abc import Callable

from trainer_bridge.client import BridgeClient
from trainer_bridge.console import ConsoleTail
from trainer_bridge.job import Job
from trainer_bridge.protocol import Console, Event, Warning

#: Lines of output in one event.
LINES = 500


class Printed:
    """Follows one process's console log."""

    def __init__(self, job: Job, emit: Callable[[Event], None]) -> None:
        self._tail, self._emit = ConsoleTail(job.console_log), emit
        self._file = job.console_log.name

    def send(self, rest: bool = False) -> None:
        """The lines since the last time; with ``rest`` all that is left, as the process is gone."""
        was_cut = self._tail.cut
        lines = self._tail.rest() if rest else self._tail.read()
        for start in range(0, len(lines), LINES):
            self._emit(Console(lines[start : start + LINES]))
        if self._tail.cut and not was_cut:
            text = f"The output is too long to show; all of it is in {self._file} in the run's folder."
            self._emit(Warning("console", text, time.time()))


class PrintedByAll:
    """Those of the first process go out under the supervisor's name, each other's under its own: rank1, rank2 …"""

    def __init__(self, job: Job, emit: Callable[[Event], None]) -> None:
        """Raises SpoolBusy."""
        self._clients = [
            BridgeClient(job.server, job.token, job.run, job.attempt, source, job.spool(source))
            for source in rank_sources(job)
        ]
        emits = [emit, *(client.emit for client in self._clients)]
        self._printed = [Printed(one, emit) for one, emit in zip(job.ranks(), emits, strict=True)]

    def send(self, rest: bool = False) -> None:
        """As `Printed.send`, of every process."""
        for printed in self._printed:
            printed.send(rest)

    def close(self, timeout: float) -> bool:
        """Whether the server has, or will never take, what the processes beside the first printed."""
        delivered = [client.close(timeout) or bool(client.refused) for client in self._clients]
        return all(delivered)


def rank_sources(job: Job) -> list[str]:
    """The sources of the processes beside the first."""
    return [f"rank{one.rank}" for one in job.ranks()[1:]]
