"""The Celery task of a worker process: look for queued runs and errands."""

from typing import Protocol

from celery import shared_task


class Agent(Protocol):
    """What the task needs of ``trainer_bridge.worker.WorkerAgent``."""

    def look(self) -> None:
        """Take what waits, as far as there is room for it, and return at once."""


_agent: Agent | None = None


def set_agent(agent: Agent) -> None:
    """Name the agent of this worker process, before Celery starts."""
    global _agent
    _agent = agent


@shared_task(name="runs.look", ignore_result=True)
def look() -> None:
    """Something waits: a run, or an errand."""
    if _agent is None:
        raise RuntimeError(
            "this Celery worker was not started with `python manage.py worker`, so it cannot train"
        )
    _agent.look()
