"""From a queued run to a worker, and back to the queue's truth, which is the database.

The Celery message only says "look": a worker that gets one asks for the next run and takes it by
compare-and-set. So a message that is lost, doubled or late never trains a run twice, and the reconciler
repeats a lost one.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from runs import access, catalog, series
from runs.checkpoints.rank import resumable
from runs.commands import drop_open_commands, learning_rate_changes
from runs.models import Attempt, Checkpoint, Errand, Run, Worker
from runs.placement import Offer, asked_by, first_for
from runs.queue import held, startable
from runs.resume import own_settings_count, settings_of
from runs.rules.ended import run_ended
from runs.states import ACTIVE, State, transition
from runs.workers import announce_overview, mark_gone, slots_overview

log = logging.getLogger(__name__)

LOOK = "runs.look"
#: The attempt of points and checkpoints that a fork has from its parent (runs/fork.py).
INHERITED = 0
#: A message that nobody took for so long says nothing any more; the reconciler has sent others.
LOOK_EXPIRES = 60


@dataclass(frozen=True)
class Claim:
    """What a worker gets to train: the run, its new attempt and the secret that lets it send events."""

    run: str
    name: str
    attempt: int
    token: str
    spec: dict[str, Any]
    resume_from: str | None
    #: What people did to the learning rate up to there.
    changes: list[dict[str, Any]]
    #: Of a run that measures a checkpoint: its step and what is measured; {} for a training.
    evaluate: dict[str, Any]
    #: Whether the checkpoint is another run's, or was made with other settings: the arguments count, not what it holds.
    forked: bool
    #: How many processes train together, and on how many device slots.
    processes: int = 1
    slots: int = 1


def announce() -> None:
    """After the commit: tell workers to look for queued runs and open pages that the queue changed."""
    transaction.on_commit(send_looks)
    announce_overview()


def send_looks() -> None:
    """One message for each run that could start now, at least one. Never fails: the reconciler repeats it."""
    overview = slots_overview()
    send_messages(max(1, min(overview.queued, overview.total - overview.busy)))


def send_messages(count: int) -> None:
    """Tell ``count`` workers to look. Never fails: a worker asks by itself every few seconds."""
    try:
        app = import_string(settings.CELERY_APP)
        for _ in range(count):
            app.send_task(LOOK, expires=LOOK_EXPIRES, retry=False)
    except Exception as problem:  # a broker that is away raises whatever its client raises
        log.warning("the broker could not be told about queued runs; trying again soon: %s", problem)


def claim_next(worker: str, request: str = "", offer: Offer | None = None) -> Claim | None:
    """Give the next queued run that ``worker`` can train and has room for; None when there is none.

    Two that ask get two runs. ``offer`` says what it has. ``request`` names the question: asked again, because the
    answer was lost, it gets the same claim.
    """
    token = access.claim_token(worker, request) if request else access.new_ingest_token()
    while True:
        with transaction.atomic():
            if request and (attempt := _claimed_before(worker, token)) is not None:
                return _claim_again(attempt, token)
            run = _next_for(worker, offer or Offer())
            if run is None:
                return None
            if transition(run.pk, State.STARTING, only_from=State.QUEUED, worker=worker):
                return _new_attempt(run, worker, token)


def _next_for(worker: str, offer: Offer) -> Run | None:
    """A run whose recipe or labels only others have is left to them; a worker that drains gets none.

    While the queue is held nobody gets one.
    """
    if held() or Worker.objects.filter(name=worker, draining=True).exists():
        return None
    here = startable().filter(spec__recipe__in=catalog.trainable_by(worker))
    found = first_for(offer, here.values_list("pk", "spec__launch").iterator(chunk_size=100))
    return here.filter(pk=found).first() if found else None


def _claimed_before(worker: str, token: str) -> Attempt | None:
    """The attempt that an earlier try of the same request was given."""
    # One request of a worker at a time; on SQLite the transaction itself sees to that.
    list(Worker.objects.select_for_update().filter(name=worker).values_list("pk", flat=True))
    return Attempt.objects.select_related("run").filter(token_hash=access.hash_token(token)).first()


def _claim_again(attempt: Attempt, token: str) -> Claim | None:
    """The same claim, unless it was given up and queued or deleted meanwhile: then None, ask anew."""
    run = attempt.run
    newest = run.attempts.aggregate(last=Max("number"))["last"]
    if attempt.number != newest or run.state not in (State.STARTING, State.STOPPING, State.CRASHED):
        return None
    Attempt.objects.filter(pk=attempt.pk).update(heard_at=timezone.now(), given_up_at=None)
    transition(run.pk, State.STARTING, only_from=State.CRASHED)
    checkpoint = resumable(run) if newest > 1 or run.parent_id else None
    return _claim(run, attempt.number, token, checkpoint)


def _new_attempt(run: Run, worker: str, token: str) -> Claim:
    """The attempt that follows; what the former one left open is closed."""
    number = (run.attempts.aggregate(last=Max("number"))["last"] or 0) + 1
    config = settings_of(run.spec)
    Attempt.objects.create(
        run=run, number=number, token_hash=access.hash_token(token), worker=worker, config=config
    )
    checkpoint = resumable(run) if number > 1 or run.parent_id else None
    if number > 1:
        _go_back(run, checkpoint, number)
    announce_overview()
    return _claim(run, number, token, checkpoint)


def _claim(run: Run, attempt: int, token: str, checkpoint: Checkpoint | None) -> Claim:
    asked = asked_by(run.spec)
    return Claim(
        run=run.pk,
        name=run.name,
        attempt=attempt,
        token=token,
        spec=run.spec,
        resume_from=checkpoint.path if checkpoint else None,
        changes=learning_rate_changes(run, checkpoint.step) if checkpoint else [],
        processes=asked.processes,
        slots=asked.slots,
        forked=checkpoint is not None
        and (checkpoint.attempt == INHERITED or own_settings_count(run, checkpoint)),
        evaluate=run.evaluates,
    )


def _go_back(run: Run, checkpoint: Checkpoint | None, attempt: int) -> None:
    """The run goes on from the checkpoint, or from the start: one history, whatever came after it."""
    step = checkpoint.step if checkpoint else 0
    series.rewind(run.pk, step, attempt)
    drop_open_commands(run.pk, "the attempt it was meant for is over")
    Run.objects.filter(pk=run.pk).update(step=step, speed=None, traceback="")


def reconcile(server_start: datetime, now: datetime | None = None) -> None:
    """Repeat what was lost: crashed runs, workers that are gone, queued runs while slots are free."""
    now = now or timezone.now()
    mark_gone(server_start, now)
    give_up_silent_runs(server_start, now)
    overview = slots_overview()
    if overview.queued and overview.busy < overview.total and not overview.warming:
        send_looks()


def give_up_silent_runs(server_start: datetime, now: datetime | None = None) -> int:
    """Active runs whose newest attempt was not heard for too long become crashed; how many.

    Time during which this server was down does not count: nobody could be heard (runs/uptime.py).
    """
    now = now or timezone.now()
    timeout = timedelta(seconds=settings.HEARTBEAT_TIMEOUT)
    if now - server_start < timeout:
        return 0
    held = Q(state=State.PAUSED, is_held=True)
    active = Run.objects.filter(Q(state__in=ACTIVE) | held).annotate(heard_at=Max("attempts__heard_at"))
    silent = active.filter(heard_at__lt=now - timeout).values_list("pk", "state", "worker", "is_held")
    return sum(_give_up(run_id, State(state), worker, is_held) for run_id, state, worker, is_held in silent)


def forget_the_future() -> None:
    """After the clock was set back: who was heard "later" than now was heard now, or would never be silent."""
    now = timezone.now()
    Attempt.objects.filter(heard_at__gt=now).update(heard_at=now)
    Worker.objects.filter(heard_at__gt=now).update(heard_at=now)
    Errand.objects.filter(heard_at__gt=now).update(heard_at=now)


def _give_up(run_id: str, state: State, worker: str, is_held: bool) -> bool:
    reason = f"no word from worker {worker or 'without a name'} for {settings.HEARTBEAT_TIMEOUT:.0f} s"
    now = timezone.now()
    with transaction.atomic():
        if not transition(
            run_id, State.CRASHED, only_from=state, reason=reason, is_held=is_held, ended_at=now
        ):
            return False
        log.warning("run %s crashed: %s", run_id, reason)
        attempt = Attempt.objects.select_related("run").filter(run=run_id).latest("number")
        attempt.given_up_at = now
        attempt.retried = _try_again(attempt.run, reason)
        attempt.save(update_fields=["given_up_at", "retried"])
        if not attempt.retried:
            run_ended(run_id)
        announce_overview()
    return True


def _try_again(run: Run, reason: str) -> bool:
    """Queue a crashed run once more, if it may be; it goes on from its last whole checkpoint, or else begins anew."""
    retries = 0 if run.is_external else asked_by(run.spec).retries
    done = run.attempts.filter(retried=True).count()
    if done >= retries:
        return False
    reason = f"{reason}; queued again by itself, {done + 1} of {retries}"
    queued_again = transition(
        run.pk, State.QUEUED, only_from=State.CRASHED, reason=reason, is_held=run.is_held
    )
    if queued_again:
        log.warning("run %s is queued again, retry %d of %d", run.pk, done + 1, retries)
        announce()
    return queued_again
