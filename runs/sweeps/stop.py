"""End a sweep early: what waits is cancelled, what trains is asked to stop."""

from typing import Any

from runs.commands import CommandError, send_command
from runs.models import Sweep
from runs.states import ACTIVE, State


def stop_sweep(sweep: Sweep, user: Any = None) -> int:
    """Stop every trial that has not ended; how many were told. Those that stop already are passed over."""
    # Queued ones first, so that no slot that comes free starts another trial of this sweep.
    waiting = list(sweep.runs.filter(state=State.QUEUED))
    training = list(sweep.runs.filter(state__in=[*ACTIVE, State.PAUSED]))
    return sum(_stopped(run, user) for run in waiting + training)


def _stopped(run: Any, user: Any) -> bool:
    try:
        send_command(run, "stop", user=user)
    except CommandError:
        return False
    return True
