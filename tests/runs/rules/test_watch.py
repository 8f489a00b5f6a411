"""Rules look at batches: when they fire, what follows, and what keeps nothing from being stored."""

import math

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs import series
from runs.ingest import apply_batch
from runs.models import Command, Firing, Notification, RuleMemory
from runs.rules import watch
from runs.rules.edit import change_rule, switch_rule, wish_of
from runs.rules.silence import look_for_silence
from runs.states import State
from runs.timeline import timeline
from tests.runs.rules.conftest import loss
from trainer_bridge import protocol
from trainer_bridge.blocks import pack
from trainer_bridge.protocol import Batch

pytestmark = pytest.mark.django_db

ABOVE_4 = {"metric": "train/loss", "limit": 4.0}


def test_a_rule_fires_once_until_its_condition_clears(run, send, rule):
    rule(options=ABOVE_4)
    assert "rules" not in send(loss(1, 1.0)).update
    assert send(loss(2, 9.0)).update["rules"] is True
    assert "rules" not in send(loss(3, 9.0)).update
    send(loss(4, 1.0), loss(5, 8.0))
    steps = Firing.objects.order_by("id").values_list("step", flat=True)
    assert list(steps) == [2, 5]


def test_a_batch_sent_again_fires_nothing_twice(run, sender, rule):
    rule(options=ABOVE_4 | {"count": 2})
    batch = Batch(1, [loss(1, 9.0)])
    for _ in range(3):
        apply_batch(sender, batch)
    assert not Firing.objects.exists()


def test_packed_values_and_samples_of_the_machine_are_looked_at(run, send, rule):
    rule(options=ABOVE_4)
    rule(options={"metric": "system/memory", "limit": 30.0})
    send(
        pack([loss(step, float(step)) for step in range(1, 8)]), protocol.System(1.0, {"system/memory": 31.0})
    )
    assert sorted(Firing.objects.values_list("step", "text")) == [
        (5, "train/loss is 5, above 4"),
        (7, "system/memory is 31, above 30"),
    ]


def test_stop_goes_through_the_commands_and_says_which_rule_asked(run, send, rule):
    made = rule("not_finite", actions=("stop", "notify"), name="diverged")
    send(loss(7, math.nan))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopping", "stop asked by rule diverged")
    assert Command.objects.get().created_by == "rule diverged"
    firing = made.firings.get()
    assert (firing.text, firing.step, firing.condition) == (
        "train/loss is NaN",
        7,
        "any metric is NaN or infinite",
    )
    assert firing.results["stop"] == "asked to stop"
    told = {event.text: event for event in timeline(run)}
    assert not told["Stop"].person, "a rule did it, not a person"
    assert (told["Rule diverged"].letter, told["Rule diverged"].step) == ("A", 7)


def test_what_cannot_be_done_is_said_and_the_rest_happens(make_run, make_sender, rule, user):
    run = make_run(State.STOPPING)
    rule(options=ABOVE_4, actions=("notify", "pause"))
    apply_batch(make_sender(run), Batch(1, [loss(1, 9.0)]))
    results = Firing.objects.get().results
    assert results["pause"].startswith("not done: The run is stopping")
    assert Notification.objects.get().user == user


def test_a_run_that_was_started_elsewhere_is_held(make_run, make_sender, rule):
    run = make_run(State.RUNNING, origin="external")
    rule(options=ABOVE_4, actions=("pause",))
    apply_batch(make_sender(run), Batch(1, [loss(1, 9.0)]))
    assert Command.objects.get().args == {"hold": True}


def test_a_rule_of_one_run_leaves_the_others_alone(run, send, rule, make_run):
    rule(options=ABOVE_4, run=make_run(State.RUNNING))
    send(loss(1, 9.0))
    assert not Firing.objects.exists()


def test_the_objective_is_watched_where_no_metric_is_named(run, send, rule):
    rule("plateau", {"count": 2})
    send(*[loss(step, 0.5, "eval/accuracy") for step in (1, 2, 3)], *[loss(step, 0.5) for step in (1, 2, 3)])
    assert list(Firing.objects.values_list("step", flat=True)) == [3]


def test_a_rule_forgets_what_was_before_a_resume(run, send, rule):
    rule(options=ABOVE_4)
    send(loss(5, 9.0))
    send(protocol.State("running", 1.0, resumed_step=4), loss(5, 9.0))
    assert Firing.objects.count() == 2


def test_a_rule_that_was_switched_off_or_changed_begins_anew(run, send, rule):
    made = rule(options=ABOVE_4)
    send(loss(1, 9.0))
    switch_rule(made, False)
    assert not RuleMemory.objects.exists()
    switch_rule(made, True)
    wish = wish_of(made)
    wish.options["limit"] = 5.0
    change_rule(made, wish)
    assert not made.memories.exists()


def test_a_run_without_rules_costs_nothing(run, send, rule):
    send(loss(1, 1.0))
    with CaptureQueriesContext(connection) as without:
        send(loss(2, 1.0))
    rule(options=ABOVE_4)
    send(loss(3, 1.0))
    with CaptureQueriesContext(connection) as few:
        send(loss(4, 1.0))
    with CaptureQueriesContext(connection) as many:
        send(*[loss(step, 1.0) for step in range(5, 205)])
    assert not [query for query in without if "rule" in query["sql"]]
    assert len(few) - len(without) <= 4, "savepoint, one read, one write, release"
    assert len(many) == len(few), "no query a point"


def test_a_fault_in_a_rule_keeps_no_value_from_being_stored(run, send, rule, monkeypatch):
    rule(options=ABOVE_4)

    def break_it(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(watch, "fire", break_it)
    send(loss(1, 9.0))
    assert series.summaries([run.pk])[run.pk]["train/loss"].count == 1
    assert not Firing.objects.exists()


def test_no_progress_fires_after_its_minutes_once_and_clears(run, rule):
    rule("silence", {"minutes": 10.0})
    assert [look_for_silence(now) for now in (0.0, 590.0, 601.0, 700.0)] == [0, 0, 1, 0]
    run.step = 2
    run.save()
    assert [look_for_silence(now) for now in (710.0, 1300.0, 1311.0)] == [0, 0, 1]
    assert Firing.objects.first().text == "no progress for 10 min, at step 2"


def test_an_evaluation_is_progress_and_a_paused_run_makes_none(run, rule, make_run):
    rule("silence", {"minutes": 1.0})
    make_run(State.PAUSED)
    look_for_silence(0.0)
    run.evaluation = {"done": 3, "of": 9, "left": None}
    run.save()
    assert [look_for_silence(now) for now in (59.0, 118.0, 120.0)] == [0, 0, 1]
