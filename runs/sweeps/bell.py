"""A bell that wakes the loops of the sweeps: a trial was measured or has ended, or a person changed something.

It only saves time: the loops look every few seconds by themselves, as nobody rings when another server stored it.
"""

import asyncio
from contextlib import suppress

from django.db import transaction

_waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()


def ring() -> None:
    """Wake all loops, from any thread."""
    for loop, event in tuple(_waiting):
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)


def ring_after_commit() -> None:
    """Wake them once what was written can be read."""
    transaction.on_commit(ring)


async def wait(event: asyncio.Event, timeout: float) -> None:
    """Until somebody rings, at most ``timeout`` seconds. ``event`` is the waiting loop's own."""
    _waiting.add((asyncio.get_running_loop(), event))
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout)
    event.clear()


def hang_up(event: asyncio.Event) -> None:
    """The loop is over."""
    _waiting.difference_update({pair for pair in _waiting if pair[1] is event})
