"""The order of the queue, and what a person changes about it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs import queue
from runs.dispatch import claim_next
from runs.errors import RunError
from runs.models import Run, Worker
from runs.states import State
from runs.workers import SlotsOverview, forget, queue_reason, record_heartbeat, set_draining

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(make_run):
    """Five queued runs, a to e."""
    return {name: make_run(State.QUEUED, name=name) for name in "abcde"}


def order():
    return "".join(queue.queued().values_list("name", flat=True))


def test_who_came_first_starts_first(waiting):
    assert order() == "abcde"
    assert [queue.place_in_queue(run) for run in waiting.values()] == [1, 2, 3, 4, 5]


def test_a_run_is_moved_before_another_and_to_the_end(waiting):
    queue.move(waiting["d"], waiting["b"].pk)
    assert order() == "adbce"
    queue.move(waiting["a"], None)
    assert order() == "dbcea"
    queue.run_next(waiting["e"])
    assert order() == "edbca"


def test_moving_again_and_again_between_two_keeps_the_order(waiting):
    for n in range(60):
        queue.move(waiting["cd"[n % 2]], waiting["b"].pk)
        assert f"{'cd'[n % 2]}b" in order()
        assert (order()[0], order()[-1]) == ("a", "e")


def test_priority_comes_before_place(waiting):
    queue.set_priority(waiting["d"], 1)
    queue.set_priority(waiting["a"], -1)
    assert order() == "dbcea"
    queue.move(waiting["e"], waiting["d"].pk)  # takes its priority too
    assert order() == "edbca"
    with pytest.raises(ValueError, match="The priorities are 1, 0, -1, not 7"):
        queue.set_priority(waiting["b"], 7)


def test_a_run_that_is_not_queued_any_more_is_told(waiting):
    Run.objects.filter(pk=waiting["b"].pk).update(state=State.RUNNING)
    with pytest.raises(RunError, match="b is running: it has no place in the queue any more"):
        queue.move(waiting["b"], None)
    with pytest.raises(RunError, match="The other run is not queued any more"):
        queue.move(waiting["a"], waiting["b"].pk)


def test_workers_get_runs_in_this_order_and_a_draining_one_gets_none(waiting):
    record_heartbeat("box", "ready", 2, 0, {})
    queue.run_next(waiting["c"])
    assert claim_next("box").name == "c"
    worker = Worker.objects.get()
    set_draining(worker, True)
    assert claim_next("box") is None
    assert queue_reason() == "every worker drains: they finish what they train and take nothing new"
    set_draining(worker, False)
    assert claim_next("box").name == "a"


def test_only_a_worker_that_is_gone_is_forgotten():
    record_heartbeat("box", "ready", 2, 0, {})
    assert not forget(Worker.objects.get())
    Worker.objects.update(state="gone")
    assert forget(Worker.objects.get())
    assert not Worker.objects.exists()


def test_expected_starts_play_the_queue_through(waiting, make_run):
    now = timezone.now()
    training = make_run(State.RUNNING, step=50, max_steps=150, speed=2.0)
    done = make_run(State.FINISHED, started_at=now - timedelta(seconds=60), ended_at=now)
    done.attempts.create(number=1)
    runs = list(waiting.values())
    starts = queue.expected_starts(runs, [training], SlotsOverview(2, 1, 5, False))
    seconds = [round((starts[run.pk].at - now).total_seconds()) for run in runs]
    # One slot is free now, the other in 50 s; each run takes the 60 s of the similar one.
    assert seconds == [0, 50, 60, 110, 120]


def test_behind_a_run_of_unknown_length_nothing_is_known(waiting, make_run):
    training = make_run(State.RUNNING, step=50, max_steps=150)
    starts = queue.expected_starts(list(waiting.values()), [training], SlotsOverview(1, 1, 5, False))
    assert {start.at for start in starts.values()} == {None}


def test_while_the_queue_is_held_nothing_new_is_claimed(waiting, user):
    record_heartbeat("box", "ready", 2, 0, {})
    queue.hold(user)
    queue.hold()
    assert claim_next("box") is None
    assert queue_reason() == "the queue is held by ada"
    assert queue.held().held_by == "ada", "who held it first"
    queue.release()
    assert claim_next("box") is not None
    assert (queue.held(), queue_reason()) == (None, "")
