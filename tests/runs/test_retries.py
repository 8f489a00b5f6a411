"""A run whose worker went away is crashed, and queued again by itself as often as it asked for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.dispatch import claim_next, give_up_silent_runs
from runs.ingest import BatchRefused, Sender, apply_batch, heard, last_number
from runs.launch import launch_run
from runs.models import Attempt, Run
from runs.states import State
from runs.timeline import timeline
from trainer_bridge.protocol import Batch, Exit, Metrics, Warning

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(hours=1)


@pytest.fixture
def lost(project):
    """lost(retries) → a run that trained on a worker which is not heard any more, given up."""

    def make(retries):
        spec = {"recipe": "digits-vit", "launch": {"retries": retries}}
        run = launch_run(project, spec, name="tough")
        lose(run)
        return run

    return make


def lose(run: Run) -> None:
    assert claim_next("box").run == run.pk
    Run.objects.filter(pk=run.pk).update(state=State.RUNNING, started_at=LONG_AGO)
    run.attempts.update(heard_at=LONG_AGO)
    assert give_up_silent_runs(LONG_AGO) == 1
    run.refresh_from_db()


def sender_of(run: Run, late: bool = False) -> Sender:
    sender = Sender(run.attempts.latest("number").pk, "trainer", late)
    last_number(sender)
    return sender


def texts(run: Run) -> list[str]:
    return [event.text for event in timeline(run)]


def test_it_is_queued_again_as_often_as_it_asked_for(lost):
    run = lost(2)
    assert (run.state, run.ended_at) == (State.QUEUED, None)
    assert run.reason == "no word from worker box for 60 s; queued again by itself, 1 of 2"
    lose(run)
    assert run.state == State.QUEUED
    lose(run)
    assert (run.state, run.reason) == (State.CRASHED, "no word from worker box for 60 s")
    again = ["Crashed", "Queued again by itself", "Started again"]
    assert texts(run) == ["Queued", "Started", *again, *again, "Crashed"]


def test_without_retries_it_stays_crashed(lost):
    run = lost(0)
    assert run.state == State.CRASHED
    assert claim_next("other") is None
    assert texts(run) == ["Queued", "Started", "Crashed"]


def test_it_goes_on_from_its_last_whole_checkpoint_elsewhere(lost, monkeypatch):
    run = lost(1)
    whole = type("Whole", (), {"path": "checkpoints/checkpoint-20", "step": 20, "attempt": 1})()
    monkeypatch.setattr("runs.dispatch.resumable", lambda _: whole)
    claim = claim_next("other")
    assert (claim.run, claim.attempt, claim.resume_from) == (run.pk, 2, "checkpoints/checkpoint-20")


def test_a_worker_heard_again_in_time_goes_on_and_no_retry_is_used_up(lost):
    run = lost(1)
    assert heard(sender_of(run)).update is not None
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.RUNNING, "")
    assert claim_next("other") is None
    run.attempts.update(heard_at=LONG_AGO)
    give_up_silent_runs(LONG_AGO)
    run.refresh_from_db()
    assert run.reason.endswith("1 of 1")


def test_a_worker_heard_again_too_late_is_told_that_it_is_over(lost):
    run = lost(1)
    sender = sender_of(run)
    claim_next("other")
    with pytest.raises(BatchRefused, match="attempt 2 of this run has taken over") as refused:
        apply_batch(sender, Batch(1, [Metrics(5, 1.0, {"train/loss": 1.0})]))
    assert (refused.value.final, refused.value.over) == (True, True)


def test_what_a_dead_process_left_does_not_bring_the_run_back(lost):
    run = lost(1)
    sender = sender_of(run, late=True)
    apply_batch(sender, Batch(1, [Metrics(5, 1.0, {"train/loss": 1.0}), Warning("w", "left", 1.0)]))
    run.refresh_from_db()
    assert (run.state, run.step) == (State.QUEUED, 5)
    assert Attempt.objects.get().heard_at == LONG_AGO
    assert claim_next("other").attempt == 2


def test_a_training_that_had_reached_its_end_is_not_repeated(lost):
    run = lost(1)
    apply_batch(sender_of(run, late=True), Batch(1, [Exit("finished", 1.0, step=20)]))
    run.refresh_from_db()
    assert (run.state, run.step) == (State.FINISHED, 20)
    assert claim_next("other") is None


def test_a_second_word_about_an_end_does_not_take_a_resumed_run_out_of_the_queue(lost):
    run = lost(0)
    sender = sender_of(run)
    apply_batch(sender, Batch(1, [Exit("failed", 1.0, error="it broke")]))
    Run.objects.filter(pk=run.pk).update(state=State.QUEUED)
    apply_batch(sender, Batch(2, [Exit("failed", 1.0, error="it broke")]))
    assert Run.objects.get().state == State.QUEUED
