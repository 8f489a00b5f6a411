"""``python -m trainer_bridge sync``: deliver what trainings recorded while no server took it, also after a reboot."""

import time
from dataclasses import dataclass
from pathlib import Path

from trainer_bridge.client import DeliveryRefused, deliver
from trainer_bridge.join.api import Started, StartRefused, start
from trainer_bridge.join.local import LocalRun, recorded_runs
from trainer_bridge.join.wish import say
from trainer_bridge.outgoing import Outgoing
from trainer_bridge.protocol import Exit, decode_event
from trainer_bridge.rest import ServerAway
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import SpoolBusy

#: Seconds that one process's events get to be taken.
PATIENCE = 600.0
LOST = "The process ended without a word. What it had recorded until then was delivered later."


@dataclass(frozen=True)
class Waiting:
    """What one process of a run left: how many events wait."""

    source: str
    events: int


def sync(folder: Path, server: str, token: str) -> bool:
    """Deliver every recorded run in ``folder`` and say what became of each; whether nothing is left."""
    runs = list(recorded_runs(folder))
    if not runs:
        say(f"nothing is recorded in {folder}")
    done = [_sync_run(local, server, token) for local in runs]
    return all(done)


def _sync_run(local: LocalRun, server: str, token: str) -> bool:
    called = f"{local.meta.name or 'run'} ({local.meta.run})"
    try:
        waiting = [_look(local, source) for source in local.sources()]
        started = start(server, token, local.meta)
        local.joined(started.attempt)
        for one in waiting:
            _deliver(local, server, started, one)
    except SpoolBusy:
        say(f"{called} is still training; it delivers by itself")
        return False
    except (StartRefused, DeliveryRefused, ServerAway, TimeoutError) as problem:
        say(f"{called} was not delivered: {problem}")
        return False
    say(f"{called}: {sum(one.events for one in waiting)} events delivered to {started.url}")
    return True


def _look(local: LocalRun, source: str) -> Waiting:
    """What waits there. A first process that left no end gets one. Raises SpoolBusy while it lives."""
    spool = Spool(local.spool(source))
    try:
        count = spool.last - spool.first + 1
        if source == "trainer" and not _has_ended(spool):
            ended_at = local.spool(source).stat().st_mtime
            spool.append(Outgoing().payloads(Exit("failed", ended_at, error=LOST)))
        return Waiting(source, count)
    finally:
        spool.close()


def _has_ended(spool: Spool) -> bool:
    last = spool.pending(spool.last - 1, 1) if spool.last >= spool.first else []
    return bool(last) and isinstance(decode_event(last[0]), Exit)


def _deliver(local: LocalRun, server: str, started: Started, waiting: Waiting) -> None:
    """Raises SpoolBusy, DeliveryRefused, TimeoutError."""
    spool, began = local.spool(waiting.source), time.monotonic()
    done = deliver(server, started.token, started.run, started.attempt, waiting.source, spool, PATIENCE)
    if not done:
        raise TimeoutError(f"the server took not all of it in {time.monotonic() - began:.0f} s; try again")
    local.remove_delivered(waiting.source)
