"""What runs beside the pages in a web process: the writer, the reconciler every few seconds, the upkeep, the care
for checkpoints."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from runs import dispatch, errand_work, live
from runs.checkpoints.care import Care
from runs.pauses import wake_paused
from runs.rules.deliver import deliver_due
from runs.rules.silence import look_for_silence
from runs.sweeps.loops import judge_for_ever, suggest_for_ever
from runs.table.store import warm_up
from runs.upkeep import keep_up
from runs.uptime import Uptime
from runs.writer import writer

log = logging.getLogger(__name__)

#: Seconds between two looks at what may have been lost.
RECONCILE_EVERY = min(5.0, settings.HEARTBEAT_TIMEOUT / 4)
#: Seconds between two rounds of upkeep.
KEEP_UP_EVERY = 60.0
#: Seconds between two looks at which checkpoints wait for something.
CARE_EVERY = 3.0
#: Seconds between two looks at what rules have to send.
DELIVER_EVERY = 2.0
#: Seconds after the start until the runs tables are read ahead.
WARM_UP_AFTER = 1.0


class Lifespan:
    """The ASGI lifespan protocol: start with the server, stop before it ends."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()
        live.use_this_loop()
        beside = [asyncio.create_task(task()) for task in TASKS]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in beside:
            task.cancel()
        # What bridges sent is stored; what is not acknowledged they keep.
        await asyncio.to_thread(writer.stop)
        await send({"type": "lifespan.shutdown.complete"})


async def warm_up_soon() -> None:
    """Read the runs of the newest projects into memory, once the first page is out."""
    await asyncio.sleep(WARM_UP_AFTER)
    try:
        await database_sync_to_async(warm_up)()
    except Exception:
        log.exception("the runs could not be read ahead; the first look at them takes a second longer")


async def keep_up_for_ever() -> None:
    """Pack and shrink what is stored, every minute."""
    await _every(KEEP_UP_EVERY, keep_up, "the upkeep of the store failed")


async def care_for_ever() -> None:
    """Read checkpoints whole that wait for it, take away those that are due."""
    # In a thread of its own: reading gigabytes must not keep the other looks waiting.
    look = database_sync_to_async(Care().round, thread_sensitive=False)
    await _every(CARE_EVERY, look, "the care for checkpoints failed")


async def deliver_for_ever() -> None:
    """Send e-mails and webhooks, on a thread that may wait for the network."""
    look = database_sync_to_async(deliver_due, thread_sensitive=False)
    await _every(DELIVER_EVERY, look, "nothing could be delivered")


async def _every(seconds: float, look: Callable[[], Awaitable[Any]], failure: str) -> None:
    """Look again and again. A failure is logged, and the next look tries again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look()
        except Exception:
            log.exception("%s; it tries again in %.0f s", failure, seconds)


async def reconcile_for_ever() -> None:
    """Repeat what was lost. A failure is logged and the next round tries again."""
    uptime, unbroken = Uptime(RECONCILE_EVERY), False
    while True:
        await asyncio.sleep(RECONCILE_EVERY)
        try:
            if not (uptime.look() and unbroken):
                await database_sync_to_async(dispatch.forget_the_future)()
            await database_sync_to_async(dispatch.reconcile)(uptime.since, uptime.now)
            await database_sync_to_async(wake_paused)(uptime.now)
            await database_sync_to_async(look_for_silence)()
            await database_sync_to_async(errand_work.reconcile)(uptime.since, uptime.now)
            unbroken = True
        except Exception:
            # What bridges say may not be stored either, so their silence means nothing.
            uptime.break_now()
            unbroken = False
            log.exception("the reconciler failed; it tries again in %.0f s", RECONCILE_EVERY)


#: What runs beside the pages.
TASKS = (
    warm_up_soon,
    reconcile_for_ever,
    keep_up_for_ever,
    care_for_ever,
    deliver_for_ever,
    suggest_for_ever,
    judge_for_ever,
)
