"""What keeps a sweep going: trials for free places, its end, what pauses it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.dispatch import claim_next
from runs.models import Attempt, Run, Sweep
from runs.states import State
from runs.sweeps.edit import resume_sweep
from runs.sweeps.engine import step, step_all
from runs.sweeps.process import StudyError
from tests.runs.sweeps.studies import LIST, ask, fresh, measure, new_sweep, train_all

pytestmark = pytest.mark.django_db


def states(sweep):
    return list(sweep.runs.order_by("trial", "mark").values_list("state", flat=True))


def test_as_many_trials_as_places_and_one_more_for_each_that_ends(project):
    sweep = new_sweep(project, "random", trials=5, parallel=2)
    step_all(ask)
    step_all(ask)
    assert states(sweep) == [State.QUEUED] * 2
    measure(sweep.runs.first(), 0.5, state=State.FINISHED)
    step_all(ask)
    assert [run.trial for run in sweep.runs.order_by("trial")] == [0, 1, 2]


def test_a_sweep_ends_with_its_last_trial(project):
    sweep = new_sweep(project, "tpe", trials=4)
    points = train_all(sweep, lambda point: point["args.weight_decay"])
    sweep = fresh(sweep)
    assert (len(points), sweep.state, sweep.next_trial) == (4, Sweep.State.FINISHED, 4)
    assert sweep.ended_at is not None
    assert [event.kind for event in sweep.events.all()] == ["finished"]


def test_a_grid_in_parallel_tries_every_point_once(project):
    sweep = new_sweep(project, "grid", LIST, trials=None)
    points = train_all(sweep, lambda point: 0.5)
    assert points == [
        {"args.optim": optim, "args.seed": seed} for optim in ("adamw_torch", "sgd") for seed in (1, 2)
    ]
    assert fresh(sweep).state == Sweep.State.FINISHED


def test_a_finite_space_ends_when_every_point_was_tried(project):
    sweep = new_sweep(project, "tpe", LIST, trials=10)
    points = train_all(sweep, lambda point: 0.5)
    assert len(points) == 4
    assert fresh(sweep).reason == "Every point of the space was tried."


def test_of_two_servers_one_makes_the_trial(project):
    sweep = new_sweep(project, "random", trials=5)
    mine, theirs = fresh(sweep), fresh(sweep)
    step(mine, ask)
    step(theirs, ask)
    assert sweep.runs.count() == 1


def test_each_seed_is_a_run_of_the_trial(project):
    sweep = new_sweep(project, "random", trials=2, parallel=2, seeds=[7, 8])
    step_all(ask)
    told = [(run.trial, run.spec["args"]["seed"]) for run in sweep.runs.order_by("mark")]
    assert told == [(0, 7), (0, 8)]
    assert len({str(run.trial_params) for run in sweep.runs.all()}) == 1


def test_a_trial_that_fails_does_not_stop_the_sweep(project):
    sweep = new_sweep(project, "tpe", trials=4)
    step_all(ask)
    measure(sweep.runs.get(), state=State.FAILED, reason="boom")
    train_all(sweep, lambda point: 0.5)
    assert states(sweep) == [State.FAILED, *[State.FINISHED] * 3]


def fail(sweep, count):
    for _ in range(count):
        step_all(ask)
        for run in sweep.runs.filter(state=State.QUEUED):
            measure(run, state=State.FAILED, reason="the loss is nan.")
    step_all(ask)
    return fresh(sweep)


def test_a_sweep_whose_first_trials_all_fail_pauses_and_says_why(project):
    sweep = fail(new_sweep(project, "tpe", trials=9), 3)
    assert sweep.state == Sweep.State.PAUSED
    assert sweep.reason.startswith("The first 3 trials all failed, the last with: the loss is nan.")
    assert sweep.events.get().text == f"Paused by itself. {sweep.reason}"
    resume_sweep(sweep)
    sweep = fail(sweep, 2)
    assert (sweep.state, sweep.runs.count()) == (Sweep.State.RUNNING, 6)
    assert fail(sweep, 1).state == Sweep.State.PAUSED


def test_seeds_of_one_trial_that_fail_are_one_failure(project):
    sweep = fail(new_sweep(project, "tpe", trials=9, parallel=3, seeds=[1, 2, 3]), 2)
    assert (sweep.state, sweep.next_trial) == (Sweep.State.RUNNING, 3)


def test_a_suggestion_that_comes_after_the_pause_is_not_queued(project):
    sweep = new_sweep(project, "random")

    def slow(kind, request):
        Sweep.objects.update(state=Sweep.State.PAUSED)
        return ask(kind, request)

    step(fresh(sweep), slow)
    assert sweep.runs.count() == 0


def test_a_point_that_cannot_run_is_a_failed_trial(project):
    sweep = new_sweep(project, "random", trials=3)
    Sweep.objects.filter(pk=sweep.pk).update(points=[{"args.learning_rate": -1.0, "args.weight_decay": 0.1}])
    step_all(ask)
    run = sweep.runs.get()
    assert (run.state, "args.learning_rate" in run.reason) == (State.FAILED, True)


def test_what_optuna_refuses_pauses_the_sweep(project):
    sweep = new_sweep(project)

    def refuse(kind, request):
        raise StudyError("ValueError: no")

    step_all(refuse)
    assert "ValueError: no" in fresh(sweep).reason


def test_the_trials_of_a_paused_sweep_stay_in_the_queue(project):
    new_sweep(project, "random")
    step_all(ask)
    Sweep.objects.update(state=Sweep.State.PAUSED)
    assert claim_next("box") is None
    Sweep.objects.update(state=Sweep.State.RUNNING)
    assert claim_next("box") is not None


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        ({"target": 0.9}, "The target 0.9 was reached: eval/accuracy 0.95."),
        ({"wall_seconds": 7200}, "The time of the sweep is over: 2 h."),
        ({"device_seconds": 60}, "The device time of the sweep is used up: 1 min."),
    ],
)
def test_a_budget_ends_the_sweep(project, budget, reason):
    sweep = new_sweep(project, "random", trials=9, parallel=2, budget=budget)
    step_all(ask)
    first, second = sweep.runs.order_by("trial")
    measure(first, 0.5, 0.95, state=State.FINISHED)
    Sweep.objects.update(created_at=timezone.now() - timedelta(hours=3))
    attempt = Attempt.objects.create(run=first, number=1, token_hash="x", ended_at=timezone.now())
    Attempt.objects.filter(pk=attempt.pk).update(started_at=timezone.now() - timedelta(minutes=2))
    step_all(ask)
    second.refresh_from_db()
    assert second.state == State.STOPPED
    step_all(ask)
    sweep = fresh(sweep)
    assert (sweep.state, sweep.reason) == (Sweep.State.FINISHED, reason)


def test_what_was_paused_is_not_counted_as_time(project):
    sweep = new_sweep(project, "random", trials=9, budget={"wall_seconds": 3600})
    Sweep.objects.update(created_at=timezone.now() - timedelta(hours=3), paused_seconds=2.5 * 3600)
    step_all(ask)
    assert sweep.runs.count() == 1


def test_deleted_trials_keep_their_numbers(project):
    sweep = new_sweep(project, "tpe", trials=4)
    step_all(ask)
    Run.objects.all().delete()
    assert len(train_all(sweep, lambda point: 0.5)) == 3
    assert list(sweep.runs.order_by("trial").values_list("trial", flat=True)) == [1, 2, 3]
