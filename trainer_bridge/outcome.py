"""How a training ended, as the event that tells the server."""

import signal
import time
from dataclasses import replace

import msgspec

from trainer_bridge.job import ExitRecord, Job, read_exit_record
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


def exit_of_record(job: Job) -> Exit | None:
    """The exit that the training itself wrote down, as an event; None when it wrote none.

    Of several processes the one that failed first tells how: the others failed because it was gone.
    """
    records = {one.rank: record for one in job.ranks() if (record := read_exit_record(one.exit_record))}
    failed = {rank: record for rank, record in records.items() if record.outcome == "failed"}
    rank = min(failed, key=lambda rank: failed[rank].at, default=0)
    if rank not in records:
        return None
    event = exit_event(records[rank])
    if len(failed) == job.processes and len({record.error for record in failed.values()}) == 1:
        return event  # all of them met the same: it is no matter of one
    return msgspec.structs.replace(event, error=of_rank(replace(job, rank=rank), event.error))


def of_rank(job: Job, error: str) -> str:
    """An error with the process it happened in, where there are several."""
    return f"Rank {job.rank} of {job.processes}: {error}" if error and job.processes > 1 else error


def cause_of(code: int | None) -> str:
    """Why a process that left no word may have ended, in words, by its exit status (−n for signal n)."""
    if code is None:
        return "The training process ended, and nobody saw how: the process that started it had died."
    if code >= 0:
        return f"The training process ended with exit code {code} and left no error."
    try:
        name = f" ({signal.Signals(-code).name})"
    except ValueError:
        name = ""
    hint = (
        " A process that takes more memory than there is ends like this." if -code == signal.SIGKILL else ""
    )
    return f"The training process was killed by signal {-code}{name}.{hint}"
