"""Commands: when each is possible, and what it does at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.command_kinds import KINDS
from runs.commands import CommandError, acknowledge, learning_rate_changes, send_command
from runs.ingest import apply_batch
from runs.launch import RunError, resume_run
from runs.models import Attempt, Checkpoint, Command
from runs.pauses import wake_paused
from runs.states import State
from runs.workers import record_heartbeat, slots_overview
from trainer_bridge.protocol import PROLONGED, Batch, CommandAck, Exit

pytestmark = pytest.mark.django_db


#: Arguments that each command takes.
TAKEN = {"log_every": {"steps": 5}, "learning_rate": {"scale": 0.5}, "end": {"max_steps": 90}}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_command_is_stored_only_where_it_means_something(make_run, user, state, kind):
    run = make_run(state, is_held=state == State.PAUSED)
    if state in KINDS[kind].states:
        assert send_command(run, kind, TAKEN.get(kind), user).created_by == "ada"
    else:
        with pytest.raises(CommandError, match=r"^The run is "):
            send_command(run, kind, {}, user)
        run.refresh_from_db()
        assert (run.state, Command.objects.count()) == (state, 0)


def test_a_queued_run_is_cancelled_at_once(make_run, user):
    run = make_run(State.QUEUED)
    command = send_command(run, "stop", {}, user)
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "cancelled by ada before it started")
    assert command.status == "applied"


def test_a_running_run_stops_when_its_process_says_so(make_run, user, django_capture_on_commit_callbacks):
    run = make_run(State.RUNNING)
    with django_capture_on_commit_callbacks() as callbacks:
        command = send_command(run, "stop", {}, user)
    run.refresh_from_db()
    assert (run.state, run.reason, command.status) == ("stopping", "stop asked by ada", "sent")
    assert len(callbacks) == 2  # the pages and the bridge


def test_a_stopping_run_can_be_killed(make_run, user):
    run = make_run(State.STOPPING, reason="stop asked by ada")
    send_command(run, "kill", {}, user)
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopping", "stop asked by ada")


@pytest.mark.parametrize(
    ("state", "kind", "reason"),
    [
        (State.FINISHED, "stop", "The run is finished: nothing to stop."),
        (State.QUEUED, "save", "The run is queued: nothing to save yet."),
        (
            State.STOPPING,
            "stop",
            "The run is stopping already. “kill” ends it at once, without a last checkpoint.",
        ),
        (
            State.RUNNING,
            "dance",
            "There is no command “dance”. The commands are "
            "stop, kill, save, evaluate, log_every, learning_rate, end, pause, go_on.",
        ),
    ],
)
def test_a_refusal_says_why(make_run, state, kind, reason):
    with pytest.raises(CommandError) as refused:
        send_command(make_run(state), kind)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("kind", "args", "reason"),
    [
        ("save", {"step": 5}, "save: Takes no arguments, but got step."),
        ("stop", {"step": 5}, "stop: Takes save, not step."),
        ("stop", {"save": "yes"}, "stop: save must be true or false, not 'yes'."),
        ("log_every", {"steps": 0}, "log_every: steps must be a whole number from 1 to 1,000,000,000, not 0."),
        ("end", {}, "end: Needs one of max_steps and num_train_epochs."),
        ("end", {"max_steps": 7}, "end: The run is at step 7 already: max_steps must be above that, not 7. "
         "To end it now, stop it."),
        ("end", {"num_train_epochs": 0}, "end: num_train_epochs must be above 0, not 0."),
        ("learning_rate", {"set": -1}, "learning_rate: set must be a number above 0, not -1."),
        ("pause", {"hold": True, "when_idle": True}, "pause: A held run keeps its device slot and waits for a person; "
         "until and when_idle are for a freed one."),
        ("pause", {"until": "soon"}, "pause: until must be a date and time such as 2026-12-24T18:00, not 'soon'."),
        ("pause", {"until": "2020-01-01T00:00"}, "pause: until must lie ahead, not at 2020-01-01T00:00."),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_used_are_refused_before_they_are_sent(make_run, kind, args, reason):
    with pytest.raises(CommandError) as refused:
        send_command(make_run(State.RUNNING, step=7), kind, args)
    assert str(refused.value) == reason
    assert not Command.objects.exists()


def ack(command, status, step=None, **result):
    return CommandAck(command.pk, status, 1.0, step=step, result=result)


def test_an_answer_is_final(make_run, user):
    command = send_command(make_run(State.RUNNING), "save", {}, user)
    assert acknowledge(command.run_id, ack(command, "refused"), "no disk")
    assert acknowledge(command.run_id, ack(command, "applied", 5), "") is None
    command.refresh_from_db()
    assert (command.status, command.reason, command.step) == ("refused", "no disk", None)


@pytest.fixture
def training(make_run, make_sender):
    """A running run of a worker with one slot, and tell(*events) as its training says them."""
    record_heartbeat("box", "ready", 1, 1, {})
    run = make_run(State.RUNNING, worker="box", step=40, max_steps=100, started_at=timezone.now())
    sender, sent = make_sender(run), []

    def tell(*events):
        apply_batch(sender, Batch(len(sent) + 1, list(events)))
        sent.extend(events)
        run.refresh_from_db()

    run.tell = tell
    return run


def test_a_pause_frees_the_slot_until_somebody_resumes(training, user, monkeypatch):
    command = send_command(training, "pause", {}, user)
    training.tell(ack(command, "applied", 41))
    assert training.state == State.PAUSING
    training.tell(Exit("stopped", 2.0, step=41, reason="paused"))
    assert (training.state, training.reason, training.ended_at) == ("paused", "paused by ada", None)
    assert slots_overview().busy == 0
    with pytest.raises(CommandError, match=r"paused and has no process: nothing to go_on. Resume it first"):
        send_command(training, "go_on")
    with pytest.raises(RunError, match="no complete checkpoint"):
        resume_run(training)
    monkeypatch.setattr("runs.launch.resumable", lambda run: Checkpoint(run=run, attempt=1, step=4))
    resume_run(training, user)
    training.refresh_from_db()
    assert training.state == State.QUEUED


def test_a_held_run_keeps_its_slot_and_goes_on(training, user):
    command = send_command(training, "pause", {"hold": True}, user)
    training.tell(ack(command, "applied", 41))
    assert (training.state, training.is_held, training.reason) == ("paused", True, "held by ada")
    assert slots_overview().busy == 1
    resume_run(training, user)
    going = Command.objects.get(kind="go_on")
    training.tell(ack(going, "applied", 41))
    assert (training.state, training.is_held) == ("running", False)


def test_a_refused_pause_leaves_the_run_running(training, user):
    command = send_command(training, "pause", {"hold": True, "until": None}, user)
    training.tell(ack(command, "refused"))
    assert training.state == State.RUNNING


def test_a_training_that_ends_before_it_pauses_is_finished(training, user):
    send_command(training, "pause", {}, user)
    training.tell(Exit("finished", 2.0, step=100))
    assert training.state == State.FINISHED


def test_a_paused_run_that_is_stopped_ends_at_once(make_run, user):
    run = make_run(State.PAUSED)
    assert send_command(run, "stop", {}, user).status == "applied"
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "stopped by ada while it was paused")


def test_a_pause_ends_at_its_hour(training, monkeypatch):
    monkeypatch.setattr("runs.launch.resumable", lambda run: Checkpoint(run=run, attempt=1, step=4))
    until = timezone.now() + timedelta(hours=1)
    send_command(training, "pause", {"until": until.isoformat()})
    training.tell(Exit("stopped", 2.0, step=41, reason="paused"))
    assert training.resume_at == until
    assert wake_paused(until - timedelta(seconds=1)) == 0
    assert wake_paused(until) == 1
    training.refresh_from_db()
    assert (training.state, training.resume_at) == ("queued", None)


def test_a_pause_ends_when_the_machine_is_idle(training, make_run, monkeypatch):
    monkeypatch.setattr("runs.launch.resumable", lambda run: Checkpoint(run=run, attempt=1, step=4))
    send_command(training, "pause", {"when_idle": True})
    training.tell(Exit("stopped", 2.0, step=41, reason="paused"))
    other = make_run(State.QUEUED)
    assert wake_paused() == 0
    other.delete()
    assert wake_paused() == 1


def test_a_pause_whose_checkpoint_is_gone_waits_for_a_person_and_says_why(make_run):
    run = make_run(State.PAUSED, resume_at=timezone.now())
    assert wake_paused() == 0
    run.refresh_from_db()
    assert (run.state, run.resume_at) == ("paused", None)
    assert "no complete checkpoint to go on from" in run.reason


def test_a_later_end_queues_the_run_again_with_it(training, user):
    command = send_command(training, "end", {"max_steps": 200}, user)
    training.tell(ack(command, "applied", 41, before=100, after=200, restarts=True))
    assert (training.max_steps, training.spec["args"]["max_steps"]) == (200, 200)
    training.tell(Exit("stopped", 2.0, step=41, reason=PROLONGED))
    assert (training.state, training.ended_at) == ("queued", None)


def test_an_end_in_epochs_takes_the_place_of_one_in_steps(training):
    training.spec["args"] = {"max_steps": 100, "seed": 1}
    training.save()
    command = send_command(training, "end", {"num_train_epochs": 2.5})
    training.tell(ack(command, "applied", 41, before=100, after=50))
    assert training.spec["args"] == {"num_train_epochs": 2.5, "seed": 1}


def test_an_attempt_that_goes_on_is_told_what_was_done_to_the_learning_rate(make_run, make_attempt):
    run = make_run(State.RUNNING)
    now = timezone.now()

    def change(step, minutes):
        fields = {"status": "applied", "step": step, "applied_at": now + timedelta(minutes=minutes)}
        Command.objects.create(run=run, kind="learning_rate", result={"step": step}, **fields)

    make_attempt(run)
    change(50, 1)
    change(115, 2)  # abandoned: the second attempt goes on from 100
    second, _ = make_attempt(run, 2)
    Attempt.objects.filter(pk=second.pk).update(started_at=now + timedelta(minutes=3), resumed_step=100)
    change(120, 4)
    Command.objects.create(run=run, kind="save", status="applied", step=60, applied_at=now)
    assert [done["step"] for done in learning_rate_changes(run, 125)] == [50, 120]
    assert [done["step"] for done in learning_rate_changes(run, 110)] == [50]
