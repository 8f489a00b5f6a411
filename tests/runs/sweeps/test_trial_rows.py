"""The trials of a sweep as rows: the best of each objective, seeds as one row, all in two queries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.models import Project, Run, Series, Sweep
from runs.sweeps.trial_rows import rows_of, sweep_rows

pytestmark = pytest.mark.django_db


def new_sweep(**fields) -> Sweep:
    project, _ = Project.objects.get_or_create(slug="digits", defaults={"name": "Digits"})
    given = {"name": "lr", "objective": "eval/f1", "space": {"args.learning_rate": [1e-3, 2e-3]}}
    return Sweep.objects.create(project=project, **given | fields)


def add(sweep: Sweep, trial: int, state: str = "finished", **values: float) -> Run:
    """A run of the trial; eval__f1=0.5 is its only value of that series."""
    params = {"args.learning_rate": 0.001 * (trial + 1)}
    run = Run.objects.create(
        project=sweep.project, sweep=sweep, trial=trial, state=state, name=f"t{trial}", trial_params=params
    )
    for name, value in values.items():
        Series.objects.create(run=run, key=name.replace("__", "/"), count=1, min=value, max=value)
    return run


def test_best_follows_the_direction_and_the_earlier_of_equal_trials():
    sweep = new_sweep()
    for trial, value in enumerate((0.5, 0.9, 0.9)):
        add(sweep, trial, eval__f1=value)
    assert sweep_rows(sweep).best.number == 1
    sweep.greater_is_better = False
    assert sweep_rows(sweep).best.number == 0


def test_seeds_are_one_row_whose_value_is_the_mean_of_the_finished():
    sweep = new_sweep(seeds=[1, 2, 3])
    runs = [add(sweep, 0, eval__f1=0.8), add(sweep, 0, eval__f1=0.9), add(sweep, 0, "failed", eval__f1=0.1)]
    (row,) = sweep_rows(sweep).rows
    assert row.value == pytest.approx(0.85)
    assert (row.measured, row.state, row.run) == (2, "finished", runs[1].pk)
    assert set(row.members) == {run.pk for run in runs}


def test_a_trial_runs_while_one_of_its_seeds_does():
    sweep = new_sweep(seeds=[1, 2])
    add(sweep, 0, eval__f1=0.8)
    add(sweep, 0, "running")
    (row,) = sweep_rows(sweep).rows
    assert row.state == "running"
    assert not row.is_over


def test_times_are_from_the_first_start_to_the_last_end():
    sweep, now = new_sweep(seeds=[1, 2]), timezone.now()
    for seconds, end in ((0, 60), (30, None)):
        run = add(sweep, 0)
        run.started_at = now + timedelta(seconds=seconds)
        run.ended_at = now + timedelta(seconds=end) if end else None
        run.save()
    (row,) = sweep_rows(sweep).rows
    assert (row.started, row.ended) == (now.timestamp(), None)


def test_several_objectives_stand_in_their_order_each_as_last_measured():
    objectives = [
        {"metric": "eval/f1", "greater_is_better": True},
        {"metric": "eval/loss", "greater_is_better": False},
    ]
    sweep = new_sweep(objectives=objectives)
    run = add(sweep, 0)
    Series.objects.create(run=run, key="eval/f1", count=2, min=0.2, max=0.9, last="0.8")
    Series.objects.create(run=run, key="eval/loss", count=2, min=0.2, max=0.9, last="nan")
    assert sweep_rows(sweep).rows[0].values == (0.8, None)


def test_deleted_trials_are_no_rows():
    sweep = new_sweep()
    Run.objects.filter(pk=add(sweep, 0).pk).update(deleted_at=timezone.now())
    assert sweep_rows(sweep).rows == []


def test_rows_of_many_sweeps_cost_two_queries(django_assert_num_queries):
    sweeps = [new_sweep(), new_sweep()]
    for sweep in sweeps:
        add(sweep, 0, eval__f1=0.5)
    with django_assert_num_queries(2):
        assert [len(found.rows) for found in rows_of(sweeps)] == [1, 1]
