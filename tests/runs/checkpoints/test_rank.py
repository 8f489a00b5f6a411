import pytest
from django.utils import timezone

from runs.checkpoints.rank import best, checkpoints_of, kept_because, metric_keys, ranked, resumable
from runs.checkpoints.register import register
from runs.models import Sweep
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
ACCURACY = "eval/accuracy"


def test_best_takes_the_direction():
    run = new_run()
    for step, value in ((10, 0.5), (20, 0.9), (30, 0.7)):
        new_checkpoint(run, step, {ACCURACY: value})
    assert best(checkpoints_of(run), ACCURACY, True).step == 20
    assert best(checkpoints_of(run), ACCURACY, False).step == 10


def test_best_of_equal_ones_is_the_earlier_step():
    run = new_run()
    for step in (30, 10, 20):
        new_checkpoint(run, step, {ACCURACY: 0.9})
    assert best(checkpoints_of(run), ACCURACY, True).step == 10


@pytest.mark.parametrize(
    "fields",
    [
        {"metrics": {ACCURACY: "NaN"}},
        {"metrics": {ACCURACY: "Infinity"}},
        {"metrics": {}},
        {"metrics": {ACCURACY: "many"}},
        {"metrics": {ACCURACY: 0.99}, "problem": "optimizer.pt is missing"},
        {"metrics": {ACCURACY: 0.99}, "deleted_at": timezone.now()},
    ],
)
def test_best_passes_over_what_cannot_be_used(fields):
    run = new_run()
    new_checkpoint(run, 10, {ACCURACY: 0.1})
    new_checkpoint(run, 20, **fields)
    assert best(checkpoints_of(run), ACCURACY, True).step == 10


def test_best_of_none():
    assert best(checkpoints_of(new_run()), ACCURACY, True) is None


def test_best_of_sweep_and_project():
    run = new_run()
    sweep = Sweep.objects.create(project=run.project, name="lr", objective=ACCURACY)
    trial = new_run(sweep=sweep, trial=0)
    elsewhere = new_run("other")
    for owner, value in ((run, 0.8), (trial, 0.7), (elsewhere, 0.99)):
        new_checkpoint(owner, 10, {ACCURACY: value})
    assert best(checkpoints_of(sweep), ACCURACY, True).run == trial
    assert best(checkpoints_of(run.project), ACCURACY, True).run == run


def test_ranked_numbers_only_what_can_be_used():
    run = new_run()
    new_checkpoint(run, 10, {ACCURACY: 0.7})
    new_checkpoint(run, 20, {ACCURACY: 0.9}, problem="cut short")
    new_checkpoint(run, 30, {ACCURACY: 0.8})
    new_checkpoint(run, 40, {ACCURACY: "NaN"})
    new_checkpoint(run, 50, {})
    rows = ranked(run.project, ACCURACY, True)
    assert [(row.rank, row.checkpoint.step) for row in rows] == [
        (None, 20),
        (1, 30),
        (2, 10),
        (None, 40),
        (None, 50),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_ranked_takes_one_query(django_assert_num_queries, count):
    for number in range(count):
        new_checkpoint(new_run(name=f"r{number}"), 10, {ACCURACY: 0.5})
    project = new_run().project
    with django_assert_num_queries(1):
        assert [row.checkpoint.run.name for row in ranked(project, ACCURACY, True)]


def test_metric_keys():
    run = new_run()
    new_checkpoint(run, 10, {"eval/loss": 1.0})
    new_checkpoint(run, 20, {ACCURACY: 1.0, "eval/loss": 0.5})
    assert metric_keys(checkpoints_of(run)) == [ACCURACY, "eval/loss"]


def test_kept_because():
    run = new_run()
    rows = {
        step: new_checkpoint(run, step, {ACCURACY: value})
        for step, value in ((10, 0.9), (20, 0.5), (30, 0.6))
    }
    alone = new_checkpoint(new_run(), 10, {ACCURACY: 0.1})
    reasons = kept_because(checkpoints_of(run.project))
    assert {step: reasons[row.pk] for step, row in rows.items()} == {10: "best", 20: "", 30: "last"}
    assert reasons[alone.pk] == "best, last"


def test_resumable_is_the_highest_whole_step_with_its_optimizer(runs_dir):
    run = new_run()
    for step, resume in ((10, True), (20, True), (30, False), (40, True)):
        write_checkpoint(runs_dir / run.pk / "checkpoints" / f"checkpoint-{step}", step, resume=resume)
        register(run.pk, 1, event(step))
    (runs_dir / run.pk / "checkpoints" / "checkpoint-40" / "trainer_state.json").unlink()
    assert resumable(run).step == 20
    assert run.checkpoints.get(step=40).problem == "trainer_state.json is missing"


def test_resumable_of_a_run_without_checkpoints():
    assert resumable(new_run()) is None
