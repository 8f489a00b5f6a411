"""Rules about a run's end: told once, whoever brought it there, and nothing else is asked of the run."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from runs.commands import send_command
from runs.dispatch import give_up_silent_runs
from runs.ingest import apply_batch, last_number
from runs.models import Attempt, Delivery, Firing, Notification, Sweep
from runs.rules import ended
from runs.rules.check import RuleError, Wish, settled
from runs.rules.rehearse import try_rule
from runs.states import State
from tests.runs.rules.conftest import loss
from trainer_bridge.protocol import PROLONGED, Batch, Exit

pytestmark = pytest.mark.django_db
FAILED = Exit("failed", 1010.0, 4, 1, None, "OSError: [Errno 28] No space left on device", "Traceback …")


def told():
    return list(Firing.objects.order_by("id").values_list("text", "step"))


def test_a_run_that_failed_is_told_with_what_happened(run, send, rule, user):
    made = rule("ended", name="trouble", actions=("notify", "webhook"), webhook="https://example.org/hook")
    assert send(FAILED).update["rules"] is True
    assert told() == [("failed at step 4: The disk was full. OSError: [Errno 28] No space left on device", 4)]
    firing = made.firings.get()
    assert firing.condition == "the run failed or crashed"
    assert Notification.objects.get().user == user
    content = Delivery.objects.get().content
    assert content["run"] == {"id": run.pk, "name": run.name, "state": "failed", "step": 4}
    assert content["text"] == f"{run.name}: {firing.text}"


@pytest.mark.parametrize(
    ("how", "outcome", "fires"),
    [
        ("gone wrong", "finished", False),
        ("gone wrong", "stopped", False),
        ("finished", "finished", True),
        ("stopped", "stopped", True),
        ("failed", "stopped", False),
        ("any", "finished", True),
    ],
)
def test_a_rule_waits_for_the_end_it_names(send, rule, how, outcome, fires):
    rule("ended", {"how": how})
    send(loss(3, 0.5, "eval/accuracy"), Exit(outcome, 1010.0, 4))
    assert Firing.objects.exists() == fires


def test_what_finished_is_told_with_its_best_value(run, send, rule):
    rule("ended", {"how": "finished"})
    send(*(loss(step, value, "eval/accuracy") for step, value in ((1, 0.5), (2, 0.75), (3, 0.6))))
    send(Exit("finished", 1010.0, 1200))
    assert told() == [("finished at step 1,200: best eval/accuracy 0.75", 1200)]


def test_the_second_word_about_an_end_fires_nothing(sender, rule):
    rule("ended")
    batch = Batch(1, [FAILED])
    for _ in range(2):
        apply_batch(sender, batch)
    supervisor = replace(sender, source="supervisor")
    last_number(supervisor)
    apply_batch(supervisor, Batch(1, [Exit("failed", 1011.0, 4, 1)]))
    assert len(told()) == 1


def test_a_run_that_goes_on_longer_has_not_ended(run, send, rule):
    rule("ended", {"how": "any"})
    send(Exit("stopped", 1010.0, 4, reason=PROLONGED))
    run.refresh_from_db()
    assert (run.state, told()) == (State.QUEUED, [])


@pytest.mark.parametrize(("retries", "count"), [(0, 1), (1, 0)])
def test_a_crash_is_told_unless_the_run_is_queued_again(make_run, make_sender, rule, retries, count):
    rule("ended", {"how": "crashed"})
    run = make_run(State.RUNNING)
    run.spec = {"recipe": "digits-vit", "launch": {"retries": retries}}
    run.save()
    long_ago = timezone.now() - timedelta(hours=1)
    Attempt.objects.filter(pk=make_sender(run).attempt_id).update(heard_at=long_ago)
    give_up_silent_runs(long_ago)
    run.refresh_from_db()
    assert run.state == (State.QUEUED if retries else State.CRASHED)
    assert [text for text, _ in told()] == [
        "crashed at step 0: Its worker was not heard any more; the machine or the network went away. "
        "No word from worker without a name for 60 s"
    ][:count]


def test_a_queued_run_that_is_cancelled_was_stopped(make_run, rule, user):
    rule("ended", {"how": "stopped"})
    send_command(make_run(State.QUEUED), "stop", {}, user)
    assert [text for text, _ in told()] == [
        f"stopped at step 0: cancelled by {user.username} before it started"
    ]


@pytest.mark.parametrize(("trials", "count"), [("left out", 0), ("told too", 1)])
def test_trials_of_a_sweep_are_told_where_asked_for(project, make_run, make_sender, rule, trials, count):
    rule("ended", {"how": "any", "trials": trials})
    trial = make_run(State.RUNNING, sweep=Sweep.objects.create(project=project, name="s"), trial=0)
    apply_batch(make_sender(trial), Batch(1, [Exit("finished", 1010.0, 4)]))
    assert len(told()) == count


def test_a_rule_of_one_run_and_one_of_another(run, make_run, send, rule):
    rule("ended", run=run)
    rule("ended", run=make_run(State.RUNNING))
    send(FAILED)
    assert Firing.objects.get().rule.run == run


def test_a_rule_that_fails_keeps_no_run_from_ending(run, send, rule, monkeypatch, caplog):
    rule("ended")
    monkeypatch.setattr(ended, "fire", lambda *_: 1 / 0)
    send(FAILED)
    run.refresh_from_db()
    assert (run.state, told()) == (State.FAILED, [])
    assert "could not be followed" in caplog.text


def test_nothing_can_be_asked_of_a_run_that_has_ended(db):
    with pytest.raises(
        RuleError, match="Nothing can be asked of a run that has ended: leave out “Stop the run”"
    ):
        settled(Wish(kind="ended", actions=["notify", "stop"]))


def test_it_is_tried_on_past_runs(project, make_run):
    bad = make_run(State.FAILED, reason="ValueError: no", step=7)
    make_run(State.FINISHED)
    found = try_rule(project, settled(Wish(kind="ended", actions=["notify"])))
    assert [one.firings for one in found if one.run == bad] == [[(7, "failed at step 7: ValueError: no")]]
    assert [one.firings for one in found if one.run != bad] == [[]]
