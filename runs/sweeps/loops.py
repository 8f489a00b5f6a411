"""The two loops of the sweeps beside the pages: one suggests, one prunes, each with a process of its own."""

import asyncio
import logging
from collections.abc import Callable

from channels.db import database_sync_to_async

from runs.sweeps import bell, process
from runs.sweeps.engine import step_all
from runs.sweeps.process import Ask, StudyError, StudyGone, StudyProcess
from runs.sweeps.pruning import judge_all

log = logging.getLogger(__name__)

#: Seconds between two looks when nobody rings, and at least between two.
LOOK_EVERY = 3.0
REST = 0.2


async def suggest_for_ever() -> None:
    """Keep the places of the sweeps filled."""
    await _loop(step_all, process.suggesting)


async def judge_for_ever() -> None:
    """Stop the trials that pruners give up."""
    await _loop(judge_all, process.judging)


async def _loop(look: Callable[[Ask], None], study: StudyProcess) -> None:
    event = asyncio.Event()
    try:
        while True:
            await bell.wait(event, LOOK_EVERY)
            await _look(look, study)
            await asyncio.sleep(REST)
    finally:
        bell.hang_up(event)
        study.close()


async def _look(look: Callable[[Ask], None], study: StudyProcess) -> None:
    """One look. A failure is logged, and the next look tries again."""
    try:
        # Not beside the pages' own database work, which shares one thread: a suggestion may take seconds.
        await database_sync_to_async(look, thread_sensitive=False)(study.ask)
        study.close_if_idle()
    except (StudyError, StudyGone) as problem:
        log.warning("a sweep waits: %s", problem)
    except Exception:
        log.exception("a look at the sweeps failed; the next is in %.0f s", LOOK_EVERY)
