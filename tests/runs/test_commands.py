"""Commands: when each is possible, and what it does at once."""

import pytest

from runs.commands import POSSIBLE, CommandError, acknowledge, send_command
from runs.models import Command
from runs.states import State

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", list(POSSIBLE))
def test_a_command_is_stored_only_where_it_means_something(make_run, user, state, kind):
    run = make_run(state)
    if state in POSSIBLE[kind]:
        assert send_command(run, kind, {}, user).created_by == "ada"
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
        (State.RUNNING, "dance", "There is no command “dance”. The commands are stop, kill, save, evaluate."),
    ],
)
def test_a_refusal_says_why(make_run, state, kind, reason):
    with pytest.raises(CommandError) as refused:
        send_command(make_run(state), kind)
    assert str(refused.value) == reason


def test_arguments_that_nobody_reads_are_refused(make_run):
    with pytest.raises(CommandError, match="“stop” takes no arguments, but got step"):
        send_command(make_run(State.RUNNING), "stop", {"step": 5})


def test_an_answer_is_final(make_run, user):
    command = send_command(make_run(State.RUNNING), "save", {}, user)
    assert acknowledge(command.run_id, command.pk, "refused", None, "no disk")
    assert not acknowledge(command.run_id, command.pk, "applied", 5, "")
    command.refresh_from_db()
    assert (command.status, command.reason, command.step) == ("refused", "no disk", None)
