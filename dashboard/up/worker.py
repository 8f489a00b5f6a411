"""One worker process: Celery's "look" messages in, trainings out."""

import logging
import signal
import threading
from types import FrameType

from celery.worker import WorkController
from celery.worker import state as celery_state

from dashboard.celery import app
from runs import tasks
from trainer_bridge.worker import WorkerAgent

logger = logging.getLogger(__name__)
#: Seconds that running trainings get to save and stop; below the patience of `up`.
GRACE = 80.0


class Hurry(BaseException):
    """A second signal came while trainings were saving."""


def work(agent: WorkerAgent) -> int:
    """Train until SIGTERM or SIGINT, then have running trainings save and stop; the exit status."""
    asked = threading.Event()
    _listen_to_signals(asked)
    tasks.set_agent(agent)
    agent.start()
    consumer = threading.Thread(target=_consume, args=(asked,), name="celery", daemon=True)
    consumer.start()
    asked.wait()
    by_itself = not consumer.is_alive()
    celery_state.should_stop = 0
    _shut_down(agent)
    # Celery may sit in a poll of two seconds; a message lost with it was only a hint.
    consumer.join(timeout=0.5)
    return 1 if by_itself else 0


def _listen_to_signals(asked: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise Hurry
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _consume(ended: threading.Event) -> None:
    """Take messages until told to stop; an end of its own accord ends the process too."""
    try:
        controller = WorkController(
            app=app,
            pool_cls="threads",
            concurrency=1,  # a message only makes the agent look; the trainings run on its own threads
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        controller.start()
    except Exception:
        logger.exception("The worker can no longer take messages.")
    ended.set()


def _shut_down(agent: WorkerAgent) -> None:
    try:
        agent.shut_down(GRACE)
    except Hurry:
        agent.shut_down(0)
