"""The queue as a whole: whether it is held, and by whom."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from runs import queue
from runs.workers import slots_overview

router = Router(tags=["queue"])


class QueueOut(Schema):
    """``held_by`` and ``held_at`` are null while runs start as slots get free."""

    queued: int
    slots: int
    busy: int
    held_by: str | None
    held_at: datetime | None


@router.get("/queue", response=QueueOut)
def read_queue(request: HttpRequest) -> QueueOut:
    slots, held = slots_overview(), queue.held()
    return QueueOut(
        queued=slots.queued,
        slots=slots.total,
        busy=slots.busy,
        held_by=held.held_by if held else None,
        held_at=held.held_at if held else None,
    )


@router.post("/queue/hold", response=QueueOut)
def hold_queue(request: HttpRequest) -> QueueOut:
    """Let nothing new start; what trains goes on."""
    queue.hold(request.user)
    return read_queue(request)


@router.post("/queue/release", response=QueueOut)
def release_queue(request: HttpRequest) -> QueueOut:
    """Let runs start again."""
    queue.release()
    return read_queue(request)
