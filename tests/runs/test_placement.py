"""Queued runs go to workers that have their labels and room for their device slots; why they wait is told."""

import pytest

from runs.dispatch import claim_next
from runs.launch import launch_run
from runs.models import Run
from runs.placement import Offer, Place, behind, first_for, why_no_room
from runs.queries import _wait_of
from runs.states import State
from runs.workers import queue_reason, record_heartbeat, slots_overview
from trainer_bridge.launch_fields import Asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def launched(project):
    """launched(name, **launch) → a queued run that asks for that."""
    return lambda name, **launch: launch_run(project, {"recipe": "digits-vit", "launch": launch}, name=name)


def place(name="box", free=1, largest=2, labels=(), draining=False):
    return Place(name, free, largest, frozenset(labels), draining)


def test_a_worker_is_given_only_what_asks_for_labels_that_it_has(launched):
    launched("picky", labels="a100, big")
    launched("any")
    assert claim_next("box", offer=Offer(1, 1, frozenset({"a100"}))).name == "any"
    assert claim_next("box", offer=Offer(1, 1, frozenset({"a100"}))) is None
    assert claim_next("box", offer=Offer(1, 1, frozenset({"a100", "big", "new"}))).name == "picky"


def test_a_run_of_two_slots_waits_for_both_and_is_not_overtaken(launched):
    launched("pair", processes=2)
    launched("single")
    assert claim_next("two", offer=Offer(room=1, largest=2)) is None
    # Where it could never train it keeps nobody waiting.
    assert claim_next("one", offer=Offer(room=1, largest=1)).name == "single"
    claim = claim_next("two", offer=Offer(room=2, largest=2))
    assert (claim.name, claim.processes, claim.slots) == ("pair", 2, 2)


def test_a_worker_that_says_nothing_of_slots_is_given_runs_of_one(launched):
    launched("pair", slots=2)
    launched("single")
    assert claim_next("old").name == "single"


def test_a_run_takes_its_slots_together(launched):
    record_heartbeat("box", "ready", 3, 0, {"largest": 3})
    run = launched("wide", slots=2)
    Run.objects.filter(pk=run.pk).update(state=State.RUNNING, worker="box")
    assert (slots_overview().busy, slots_overview().total) == (2, 3)


@pytest.mark.parametrize(
    ("asked", "here", "reason"),
    [
        (Asked(labels=frozenset({"a100"})), [place(labels=["cpu"])],
         "no connected worker has the label a100; there is cpu"),
        (Asked(labels=frozenset({"a", "b"})), [place(labels=["a"]), place(labels=["b"])],
         "no connected worker has the labels a, b together; there are a, b"),
        (Asked(labels=frozenset({"x"})), [place()], "no connected worker has the label x; none has any"),
        (Asked(slots=4), [place("a", largest=1), place("b")],
         "needs 4 device slots of one worker; b gives a run 2 at most"),
        (Asked(slots=2), [place(draining=True)], "drains, and takes nothing new: box"),
        (Asked(slots=2), [place()], "waits for 2 device slots of box: 1 free"),
        (Asked(labels=frozenset({"x"})), [place(free=0, labels=["x"])], "waits for a device slot of box"),
        (Asked(slots=2), [place(free=2)], ""),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(asked, here, reason):
    assert why_no_room(asked, here) == reason


def test_the_reason_is_asked_of_the_connected_workers(launched):
    record_heartbeat("box", "ready", 2, 0, {"largest": 2, "labels": ["cpu"]})
    record_heartbeat("gone", "gone", 2, 0, {"largest": 2, "labels": ["a100"]})
    wanted = Asked(labels=frozenset({"a100"}))
    assert queue_reason(asked=wanted) == "no connected worker has the label a100; there is cpu"
    assert queue_reason(asked=Asked(slots=2)) == ""


def test_a_run_s_own_page_names_the_run_it_waits_behind(launched):
    record_heartbeat("box", "ready", 2, 1, {"largest": 2})
    training = launched("training")
    Run.objects.filter(pk=training.pk).update(state=State.RUNNING, worker="box")
    pair, single = launched("pair", processes=2), launched("single")
    said = "waits behind pair, which needs more device slots together than are free"
    assert [_wait_of(run) for run in (pair, single)] == ["waits for 2 device slots of box: 1 free", said]
    pair.delete()
    assert _wait_of(single) == "starts in a moment"


def test_who_waits_behind_a_larger_run_is_told_as_the_claims_go():
    here = [place("two", free=1, largest=2), place("gpu", free=1, largest=1, labels=["a100"])]
    queue = [
        ("1", "pair", Asked(slots=2)),
        ("2", "first", Asked()),
        ("3", "second", Asked()),
        ("4", "picky", Asked(labels=frozenset({"a100"}))),
    ]
    assert behind(queue, here) == {"3": "pair"}
    told = [(run_id, {"slots": asked.slots, "labels": " ".join(asked.labels)}) for run_id, _, asked in queue]
    assert first_for(Offer(1, 2), told) is None
    assert first_for(Offer(1, 1, frozenset({"a100"})), told) == "2"
