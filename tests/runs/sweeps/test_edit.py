"""Changing a sweep while it runs: what follows, and the record of it."""

import pytest

from runs.errors import RunError, SpecError
from runs.models import Sweep
from runs.states import State
from runs.sweeps import edit
from runs.sweeps.engine import step_all
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import plan_of
from tests.runs.sweeps.studies import LIST, SPEC, ask, fresh, measure, new_sweep, train_all

pytestmark = pytest.mark.django_db
RATE = "args.learning_rate"


@pytest.fixture
def sweep(project):
    found = new_sweep(project, "random", trials=6, parallel=2)
    step_all(ask)
    return fresh(found)


def states(sweep):
    return sorted(sweep.runs.values_list("state", flat=True))


def test_a_pause_and_its_end_are_recorded_with_who_and_when(sweep, user):
    edit.pause_sweep(sweep, user)
    measure(sweep.runs.first(), 0.5, state=State.FINISHED)
    step_all(ask)
    assert sweep.runs.count() == 2
    edit.resume_sweep(sweep, user)
    step_all(ask)
    assert sweep.runs.count() == 3
    told = [(event.kind, event.text, event.created_by) for event in sweep.events.all()]
    assert told == [("resume", "Resumed.", "ada"), ("pause", "Paused.", "ada")]
    assert fresh(sweep).paused_seconds > 0


def test_a_stop_that_cuts_and_one_that_lets_finish(project):
    for cut, expected in ((True, [State.STOPPED, State.STOPPING]), (False, [State.RUNNING, State.STOPPED])):
        sweep = new_sweep(project, "random", trials=6, parallel=2)
        step_all(ask)
        first = sweep.runs.order_by("trial").first()
        measure(first, 0.5)
        edit.stop_sweep(sweep, cut=cut)
        assert states(sweep) == sorted(expected)
        measure(first, state=State.FINISHED)
        step_all(ask)
        assert fresh(sweep).state == Sweep.State.STOPPED
        assert fresh(sweep).runs.count() == 2


def test_a_finished_sweep_that_is_extended_goes_on(project):
    sweep = new_sweep(project, "tpe", trials=3)
    train_all(sweep, lambda point: 0.5)
    edit.extend(sweep, 2)
    assert len(train_all(sweep, lambda point: 0.5)) == 5
    assert [event.kind for event in sweep.events.all()] == ["finished", "extend", "finished"]


def test_a_paused_sweep_that_is_extended_stays_paused(sweep):
    edit.pause_sweep(sweep)
    edit.extend(sweep, 2)
    assert (fresh(sweep).state, fresh(sweep).trials_wanted) == (Sweep.State.PAUSED, 8)


def test_a_grid_is_extended_by_what_it_left_out(project):
    sweep = new_sweep(project, "grid", LIST, trials=2)
    first = train_all(sweep, lambda point: 0.5)
    edit.extend(fresh(sweep), 9)
    points = train_all(sweep, lambda point: 0.5)
    assert points[:2] == first
    assert len({str(point) for point in points}) == len(points) == 4
    with pytest.raises(RunError, match="Every point"):
        edit.extend(fresh(sweep), 1)


def test_a_wider_range_of_a_grid_adds_its_points(project):
    space = {"args.seed": {"low": 1, "high": 2}}
    sweep = launch_sweep(project, SPEC, space)
    edit.change_range(sweep, "args.seed", 1, 4)
    step_all(ask)
    assert [run.trial_params["args.seed"] for run in sweep.runs.order_by("trial")] == [1, 2, 3, 4]


def test_a_range_that_is_none_changes_nothing(sweep):
    before = fresh(sweep).space
    for field, low, high in ((RATE, 1, 0), (RATE, "a", 1), ("args.seed", 0, 1)):
        with pytest.raises(SpecError) as refused:
            edit.change_range(fresh(sweep), field, low, high)
        assert list(refused.value.problems) == [field]
    assert fresh(sweep).space == before
    assert sweep.events.count() == 0


def test_a_dropped_value_is_tried_no_more(project):
    sweep = new_sweep(project, "grid", LIST, trials=None, parallel=3)
    step_all(ask)
    edit.drop_value(sweep, "args.optim", "sgd")
    sweep = fresh(sweep)
    assert (sweep.space["args.optim"], sweep.points) == (["adamw_torch"], [])
    cancelled = sweep.runs.get(state=State.STOPPED)
    assert cancelled.trial_params["args.optim"] == "sgd"
    with pytest.raises(SpecError, match="the last value"):
        edit.drop_value(sweep, "args.optim", "adamw_torch")


def test_points_picked_by_hand_are_tried_next(sweep):
    point = {RATE: 0.01, "args.weight_decay": 0.5}
    edit.add_points(sweep, [point])
    measure(sweep.runs.first(), 0.5, state=State.FINISHED)
    step_all(ask)
    assert sweep.runs.get(trial=2).trial_params == point
    assert (fresh(sweep).points, fresh(sweep).trials_wanted) == ([], 7)


@pytest.mark.parametrize(
    ("point", "part"),
    [
        ({RATE: 0.01}, "args.weight_decay has no value"),
        ({RATE: 5.0, "args.weight_decay": 0.5}, "outside"),
        ({RATE: 0.01, "args.weight_decay": 0.5, "args.seed": 1}, "args.seed is not searched"),
        (3, "map"),
    ],
)
def test_a_point_that_cannot_be_tried_is_told(sweep, point, part):
    with pytest.raises(SpecError, match=part):
        edit.add_points(sweep, [point])


def test_parallelism_follows_at_once(sweep):
    edit.set_parallel(sweep, 4)
    step_all(ask)
    assert sweep.runs.count() == 4


def test_what_failed_is_queued_again_as_the_same_trial(sweep):
    failed = sweep.runs.order_by("trial").first()
    measure(failed, state=State.FAILED, reason="boom")
    edit.rerun_failed(sweep)
    failed.refresh_from_db()
    assert (failed.state, failed.reason) == (State.QUEUED, "")
    with pytest.raises(RunError, match="No trial has failed"):
        edit.rerun_failed(sweep)


def test_a_duplicate_searches_the_same_way(sweep, user):
    made = edit.duplicate(sweep, user=user)
    assert (made.space, plan_of(made), made.name) == (sweep.space, plan_of(sweep), f"{sweep.name}-2")
    assert made.runs.count() == 0


def test_a_budget_is_checked_and_changed(sweep):
    with pytest.raises(SpecError, match="wall_seconds"):
        edit.set_budget(sweep, {"wall_seconds": -1})
    assert fresh(sweep).budget == {}
    edit.set_budget(sweep, {"target": 0.9})
    assert fresh(sweep).budget == {"target": 0.9}


def test_edits_by_name(sweep):
    edit.apply(sweep, "extend", {"n": 4})
    assert fresh(sweep).trials_wanted == 10
    for kind, args, part in (
        ("grow", {}, "no edit"),
        ("extend", {"m": 1}, "takes n"),
        ("extend", {"n": 0}, "from 1"),
    ):
        with pytest.raises(SpecError, match=part):
            edit.apply(sweep, kind, args)
