"""The model card: what it says of other runs, seeds, data and machine, and its curves."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from runs import series
from runs.exports.comparison import over_seeds, standings
from runs.exports.curves import picture, ticks
from runs.exports.plan import plan_export
from runs.models import Sweep
from tests.runs.checkpoints.folders import new_checkpoint, new_run
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


def measured(run, *values: float):
    """The run has reached these values of accuracy, one a step."""
    rows = [Metrics(step=step, time=float(step), values={KEY: value}) for step, value in enumerate(values, 1)]
    series.append(run.pk, 1, rows)
    return run


def other(name: str, *values: float, **fields: object):
    return measured(new_run(name=name, **fields), *values)


def test_its_place_among_the_runs_of_its_project(checkpoint):
    measured(checkpoint.run, 0.9, 0.975)
    other("worse", 0.5)
    other("better", 0.3, 0.99)
    other("another project", 1.0, project="text")
    assert standings(checkpoint) == [
        type(standings(checkpoint)[0])("the project digits", 2, 3, [("better", 0.99), ("worse", 0.5)])
    ]
    card = plan_export(checkpoint).files[0].data.decode()
    assert "this is 2 of 3 in the project digits. Best of the others: better 0.99, worse 0.5." in card
    assert "One seed of these settings" in card


def test_a_trial_is_also_compared_within_its_sweep(checkpoint):
    run = checkpoint.run
    sweep = Sweep.objects.create(project=run.project, name="lr", spec={}, space={}, objective=KEY)
    run.sweep = sweep
    run.save()
    other("trial", 0.99, sweep=sweep)
    other("outside", 0.999)
    checkpoint.refresh_from_db()
    assert [(row.scope, row.rank, row.n) for row in standings(checkpoint)] == [
        ("the sweep lr", 2, 2),
        ("the project digits", 3, 3),
    ]


def test_seeds_of_the_same_settings_tell_what_is_chance(checkpoint):
    run = measured(checkpoint.run, 0.975)
    run.state = "finished"
    run.save()
    environment = {"packages": {"torch": "2.13.0"}}
    for seed, value in ((1, 0.97), (2, 0.98)):
        spec = {"recipe": "digits-vit", "args": {"seed": seed}}
        other(f"seed {seed}", value, spec=spec, state="finished", environment=environment)
    other("other", 0.1, spec={"recipe": "digits-vit", "args": {"learning_rate": 1.0}}, state="finished")
    mean = over_seeds(run)
    assert (mean.n, round(mean.mean, 6)) == (3, 0.975)
    assert (
        "Over 3 seeds of the same settings: 0.975 ± 0.012" in plan_export(checkpoint).files[0].data.decode()
    )


def test_a_checkpoint_without_the_objective_is_not_compared(runs_dir):
    assert standings(new_checkpoint(new_run(), 10, {"eval/loss": 1.0})) == []


def test_data_and_machine_as_the_run_told_them(checkpoint):
    checkpoint.run.environment = {
        "data": {"train": 100, "validation": 20, "test": None, "notes": {"labels": 3}},
        "hardware": {"gpus": ["A GPU"], "processor": "A CPU"},
        "model": {"class": "ViT", "parameters": 12345},
        "packages": {"torch": "2.13.0"},
    }
    card = plan_export(checkpoint).files[0].data.decode()
    assert "Samples: 100 train, 20 validation." in card
    assert "labels: 3." in card
    for row in ("| device | A GPU |", "| parameters | 12345 |", "| torch | 2.13.0 |"):
        assert row in card


def test_curves_go_along_as_pictures_and_are_shown(checkpoint):
    measured(checkpoint.run, 0.9, 0.975)
    files = {file.name: file.data for file in plan_export(checkpoint).files}
    assert "curves/eval-accuracy.svg" in files
    assert "![eval-accuracy](curves/eval-accuracy.svg)" in files["README.md"].decode()


def test_a_picture_has_gaps_and_marks_the_step():
    y = np.array([1.0, 2.0, np.nan, 3.0, np.inf, 4.0])
    root = ElementTree.fromstring(picture('a<b"', np.arange(6), y, 3))
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points").split() for line in root.iter(f"{space}polyline")]
    assert [len(set(line)) for line in lines] == [2, 1, 1]
    assert root.get("aria-label") == 'a<b"'
    marked = [line for line in root.iter(f"{space}line") if line.get("class") == "c"]
    assert [float(line.get("x1")) for line in marked] == [round(64 + 3 / 5 * 560, 1)]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3e-7, 2e-6), (0.91, 0.97), (5.0, 5.0), (1e9, 3e9)])
def test_ticks_are_few_and_round_and_inside(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 6
    assert all(low - 1e-12 <= value <= high + 1e-12 * max(abs(high), 1) for value in found)


def test_a_run_from_outside_has_a_card_too(checkpoint):
    checkpoint.run.spec = {"config": {"lr": 0.1}, "args": {"learning_rate": 0.1}}
    card = plan_export(checkpoint).files[0].data.decode()
    assert "Started outside Trainboard." in card
    assert "| args.learning\\_rate | 0.1 |" in card
