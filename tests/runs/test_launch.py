"""Launching: what is queued, what is refused, who is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from runs import dispatch
from runs.errors import RunError, SpecError
from runs.launch import launch_run, rerun, resume_run
from runs.models import Checkpoint, Project, Run, Sweep
from runs.states import State
from runs.sweeps.launch import launch_sweep

SPEC = {"recipe": "digits-vit", "params": {}, "args": {}}
BAD = {"recipe": "digits-vit", "params": {}, "args": {"learning_rate": -1.0}}


@pytest.fixture
def looks(monkeypatch):
    """The "look" messages that were sent to workers."""
    sent = []
    monkeypatch.setattr(dispatch, "send_looks", lambda: sent.append("look"))
    return sent


def test_a_launched_run_waits_in_the_queue(project, owner):
    run = launch_run(project, SPEC, name=" first ", tags=["a ", "a", "", "b"], user=owner)
    run.refresh_from_db()
    assert (run.name, run.tags, run.state, run.created_by) == ("first", ["a", "b"], State.QUEUED, "owner")
    assert (run.mark, run.objective, run.greater_is_better) == (1, "eval/accuracy", True)


def test_workers_are_told_after_the_commit(project, looks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        launch_run(project, SPEC)
        assert looks == []
    assert looks == ["look"]


def test_nothing_is_queued_or_told_when_the_spec_cannot_run(
    project, looks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(SpecError) as refused:
        launch_run(project, BAD, name="x" * 101, tags=["y" * 41])
    assert list(refused.value.problems) == ["args.learning_rate", "name", "tags"]
    assert (Run.objects.count(), looks) == (0, [])
    project.refresh_from_db()
    assert project.last_mark == 0


def test_a_mark_is_never_given_twice_in_a_project(project):
    first, second = launch_run(project, SPEC), launch_run(project, SPEC)
    second.delete()
    third = launch_run(project, SPEC)
    other = launch_run(Project.objects.create(name="o", slug="o"), SPEC)
    assert (first.mark, third.mark, other.mark) == (1, 3, 1)


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({}, "digits-vit-1"),
        ({"learning_rate": 0.001}, "digits-vit-lr1e-3-1"),
        ({"learning_rate": 0.00035, "seed": 7, "adam_beta1": 0.8}, "digits-vit-lr3.5e-4-seed7-1"),
        ({"num_train_epochs": 2.5, "per_device_train_batch_size": 32, "seed": 1}, "digits-vit-bs32-ep2.5-1"),
    ],
)
def test_a_run_without_a_name_is_named_after_what_was_changed(project, args, name):
    assert launch_run(project, SPEC | {"args": args}).name == name


def test_a_made_up_name_avoids_one_that_a_person_gave(project):
    launch_run(project, SPEC, name="digits-vit-2")
    assert launch_run(project, SPEC).name == "digits-vit-2-2"


def test_a_sweep_queues_its_whole_grid(project, owner, looks, django_capture_on_commit_callbacks):
    space = {"args.learning_rate": [1e-3, 4e-3], "args.seed": [1, 2]}
    with django_capture_on_commit_callbacks(execute=True):
        sweep = launch_sweep(project, SPEC, space, name="rates", tags=["t"], user=owner)
    trials = list(sweep.runs.order_by("trial"))
    assert [run.trial_params for run in trials] == [
        {"args.learning_rate": rate, "args.seed": seed} for rate in (1e-3, 4e-3) for seed in (1, 2)
    ]
    assert [run.name for run in trials] == [f"rates-t00{n}" for n in range(4)]
    assert [run.mark for run in trials] == [1, 2, 3, 4]
    assert trials[3].spec["args"] == {"learning_rate": 4e-3, "seed": 2}
    assert {run.state for run in trials} == {State.QUEUED}
    assert {run.project_id for run in trials} == {project.pk}
    assert (sweep.objective, sweep.tags, sweep.created_by) == ("eval/accuracy", ["t"], "owner")
    assert looks == ["look"]


def test_trials_are_queued_in_the_order_of_the_grid(project):
    sweep = launch_sweep(project, SPEC, {"args.seed": list(range(20))})
    queue = Run.objects.filter(state=State.QUEUED).order_by("created_at", "id")
    assert [run.trial for run in queue] == list(range(20))
    assert sweep.name == "digits-vit-sweep-1"


def test_a_sweep_costs_the_same_however_many_trials(project, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        launch_sweep(project, SPEC, {"args.seed": list(range(100))})


def test_a_sweep_with_one_impossible_trial_queues_nothing(project):
    with pytest.raises(SpecError) as refused:
        launch_sweep(project, SPEC, {"args.learning_rate": [1e-3, -1.0]})
    assert list(refused.value.problems) == ["args.learning_rate"]
    assert (Run.objects.count(), Sweep.objects.count()) == (0, 0)


def test_a_sweep_over_a_field_that_is_not_there_is_refused(project):
    with pytest.raises(SpecError) as refused:
        launch_sweep(project, SPEC, {"params.colour": ["red"]})
    assert list(refused.value.problems) == ["params.colour"]


def test_a_malformed_sweep_is_refused_not_crashed_on(project):
    with pytest.raises(SpecError):
        launch_sweep(project, {"recipe": None}, {"args.seed": [1]})


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.FINISHED])
def test_only_a_run_that_ended_early_can_be_resumed(project, state):
    run = launch_run(project, SPEC)
    Run.objects.update(state=state)
    run.refresh_from_db()
    with pytest.raises(RunError, match=f"is {state}"):
        resume_run(run)


def test_a_run_without_a_checkpoint_cannot_be_resumed(project):
    run = launch_run(project, SPEC)
    Run.objects.update(state=State.FAILED)
    run.refresh_from_db()
    with pytest.raises(RunError, match="no complete checkpoint"):
        resume_run(run)


def test_resuming_queues_the_run_again(project, looks, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("runs.launch.resumable", lambda run: Checkpoint(run=run, attempt=1, step=4))
    run = launch_run(project, SPEC)
    Run.objects.update(state=State.CRASHED, reason="no word", traceback="…", ended_at="2026-01-01T00:00Z")
    run.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        resume_run(run)
    run.refresh_from_db()
    assert (run.state, run.reason, run.traceback, run.ended_at) == (State.QUEUED, "", "", None)
    assert looks == ["look"]


def test_rerun_makes_a_new_run_of_the_same_spec(project, owner):
    first = launch_run(project, SPEC | {"args": {"seed": 3}}, name="a", tags=["t"])
    second = rerun(first, owner)
    assert (second.spec, second.tags, second.name, second.mark) == (first.spec, ["t"], "a-2", 2)
    assert second.pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_launches_at_the_same_time_get_marks_of_their_own(project, looks):
    def launch(_):
        try:
            return launch_run(project, SPEC).mark
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        marks = list(pool.map(launch, range(12)))
    assert sorted(marks) == list(range(1, 13))
