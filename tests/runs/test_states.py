"""Every transition, legal or not, and two that try at once."""

import threading

import pytest
from django.db import connection

from runs.models import Run
from runs.states import ACTIVE, ENDED, TRANSITIONS, State, transition

PAIRS = [(source, target) for source in State for target in State]


def test_the_table_names_every_state():
    assert set(TRANSITIONS) == set(State)
    assert set(State) == ACTIVE | ENDED | {State.QUEUED, State.PAUSED}


@pytest.mark.django_db
@pytest.mark.parametrize(("source", "target"), PAIRS, ids=[f"{a}-{b}" for a, b in PAIRS])
def test_transition(make_run, source, target):
    run = make_run(source, reason="before")
    moved = transition(run.pk, target, reason="after")
    run.refresh_from_db()
    assert moved is (target in TRANSITIONS[source])
    assert (run.state, run.reason, run.version) == ((target, "after", 1) if moved else (source, "before", 0))
    assert (run.ended_at is not None) == (moved and target in ENDED)


@pytest.mark.django_db
def test_a_run_that_goes_on_has_neither_end_nor_old_reason(make_run):
    run = make_run(State.CRASHED, reason="no word", ended_at="2026-01-01T00:00:00Z")
    assert transition(run.pk, State.RUNNING)
    run.refresh_from_db()
    assert (run.reason, run.ended_at) == ("", None)


@pytest.mark.django_db
def test_only_from_narrows_the_start(make_run):
    run = make_run(State.RUNNING)
    assert not transition(run.pk, State.FAILED, only_from=State.STOPPING)
    assert not transition(run.pk, State.QUEUED, only_from=State.RUNNING)
    assert transition(run.pk, State.FAILED, only_from=State.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_try_at_once_one_wins(make_run):
    run = make_run(State.RUNNING)
    ends = [State.FINISHED, State.STOPPED, State.FAILED]
    ready, results = threading.Barrier(len(ends)), []

    def finish(target):
        ready.wait()
        results.append(transition(run.pk, target))
        connection.close()

    threads = [threading.Thread(target=finish, args=(target,)) for target in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, True]
    assert Run.objects.get().version == 1
