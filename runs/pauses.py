"""Paused runs that go on by themselves: at their hour, or when the machine has nothing else to do."""

import logging
from datetime import datetime

from django.utils import timezone

from runs.commands import CommandError
from runs.errors import RunError
from runs.launch import resume_run
from runs.models import Run
from runs.states import State
from runs.workers import slots_overview

log = logging.getLogger(__name__)


def wake_paused(now: datetime | None = None) -> int:
    """Queue the paused runs whose hour has come, and one for an idle machine; how many."""
    paused = Run.objects.filter(state=State.PAUSED, is_held=False)
    due = list(paused.filter(resume_at__lte=now or timezone.now()).order_by("resume_at"))
    if (
        not due
        and (waiting := paused.filter(resume_when_idle=True).order_by("created_at").first())
        and _is_idle()
    ):
        due = [waiting]
    return sum(_wake(run) for run in due)


def _is_idle() -> bool:
    overview = slots_overview()
    return not overview.queued and not overview.warming and overview.busy < overview.total


def _wake(run: Run) -> bool:
    try:
        resume_run(run)
    except (RunError, CommandError) as problem:
        # It waits for a person from now on, who sees why.
        Run.objects.filter(pk=run.pk, state=State.PAUSED).update(
            resume_at=None, resume_when_idle=False, reason=f"did not go on by itself: {problem}"
        )
        log.warning("the paused run %s did not go on by itself: %s", run.pk, problem)
        return False
    return True
