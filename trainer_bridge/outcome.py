"""How a training ended, as the event that tells the server."""

import time

from trainer_bridge.job import ExitRecord
from trainer_bridge.protocol import Exit


def exit_event(record: ExitRecord) -> Exit:
    """What the training wrote down about its end, as an event."""
    return Exit(
        record.outcome,
        time.time(),
        step=record.step,
        exit_code=1 if record.outcome == "failed" else 0,
        error=record.error,
        traceback=record.traceback,
        reason=record.reason,
    )
