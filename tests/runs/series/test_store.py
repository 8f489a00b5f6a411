"""The store as its users see it: append, read, summaries."""

import math

import numpy as np
import pytest

from runs import series
from runs.models import Run
from tests.runs.series.tools import events as points
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db


def test_what_was_appended_is_read_back(run):
    series.append(run.id, 1, points([1, 2, 3], [0.5, math.nan, -0.0]))
    (data,) = series.read([run.id], ["train/loss"])
    assert data.step.tolist() == [1, 2, 3]
    assert data.x.tolist() == [1.0, 2.0, 3.0]
    assert data.epoch.tolist() == [0.1, 0.2, 0.3]
    np.testing.assert_array_equal(data.y, [0.5, math.nan, -0.0])
    assert math.copysign(1, data.y[2]) == -1
    assert (data.count, data.exact) == (3, True)


def test_steps_that_go_back_or_repeat_are_all_kept_and_sorted_for_drawing(run):
    series.append(run.id, 1, points([5, 3, 5, 1], [0, 1, 2, 3]))
    (data,) = series.read([run.id], ["train/loss"])
    assert data.step.tolist() == [1, 3, 5, 5]
    assert data.y.tolist() == [3, 1, 0, 2]


def test_summary_of_a_series(run):
    series.append(run.id, 1, points([1, 2, 3, 4], [3.0, math.inf, 1.0, math.nan]))
    series.append(run.id, 1, points([5], [2.0]))
    summary = series.summaries([run.id])[run.id]["train/loss"]
    assert (summary.count, summary.first_step, summary.last_step, summary.last) == (5, 1, 5, 2.0)
    assert (summary.min, summary.min_step, summary.max, summary.max_step) == (1.0, 3, 3.0, 1)
    assert (summary.nan_count, summary.inf_count) == (1, 1)
    assert summary.best(greater_is_better=False) == 1.0
    assert summary.best(greater_is_better=True) == 3.0


def test_a_summary_of_nothing_finite_has_no_best(run):
    series.append(run.id, 1, points([1, 2], [math.nan, -math.inf]))
    summary = series.summaries([run.id], ["train/loss"])[run.id]["train/loss"]
    assert summary.last == -math.inf
    assert summary.best(greater_is_better=True) is None


def test_a_resumed_run_shows_one_history_and_keeps_the_abandoned_stretch(run):
    series.append(run.id, 1, points([1, 2, 3, 4], [4, 3, 0.5, 1]))
    series.rewind(run.id, 2, attempt=2)
    assert series.summaries([run.id])[run.id]["train/loss"].min == 3
    series.append(run.id, 2, points([3, 4], [2.5, 2]))
    # Late: what the dead process had left in its spool.
    series.append(run.id, 1, points([5], [0.1]))
    (shown,) = series.read([run.id], ["train/loss"])
    (old,) = series.read([run.id], ["train/loss"], attempt=1)
    assert shown.y.tolist() == [4, 3, 2.5, 2]
    assert old.y.tolist() == [4, 3, 0.5, 1, 0.1]
    summary = series.summaries([run.id])[run.id]["train/loss"]
    assert (summary.count, summary.min, summary.last, summary.last_step) == (4, 2, 2, 4)
    assert series.abandoned(run.id) == [series.Stretch(attempt=1, after_step=2)]


@pytest.mark.parametrize(
    ("axis", "window", "expected"),
    [
        ("step", (2, 3), [2, 3]),
        ("epoch", (0.2, 0.3), [0.2, 0.3]),
        ("relative", (1, 2), [1, 2]),
        ("wall", (1001, 1002), [1001, 1002]),
        ("tokens", (200, None), [200, 300, 400]),
        ("step", (None, 2), [1, 2]),
        ("step", (90, 91), []),
    ],
)
def test_every_axis_can_be_windowed(run, axis, window, expected):
    events = points([1, 2, 3, 4], [4, 3, 2, 1])
    for event in events:
        event.tokens = 100 * event.step
    series.append(run.id, 1, events)
    (data,) = series.read([run.id], ["train/loss"], x=axis, x_range=window)
    assert data.x.tolist() == expected
    assert data.count == len(expected)


def test_points_without_an_epoch_are_not_on_the_epoch_axis(run):
    series.append(run.id, 1, [Metrics(step=1, time=0.0, values={"system/cpu": 5.0})])
    (data,) = series.read([run.id], ["system/cpu"], x="epoch")
    assert data.count == 0


def test_an_unknown_axis_is_named(run):
    with pytest.raises(ValueError, match="no x axis 'steps'"):
        series.read([run.id], ["train/loss"], x="steps")


def test_keys_of_several_runs(run):
    other = Run.objects.create(project=run.project, name="o")
    series.append_many([(run.id, 1, points([1], [1])), (other.id, 1, points([1], [1], key="eval/accuracy"))])
    assert series.keys([run.id, other.id]) == ["eval/accuracy", "train/loss"]
    assert series.keys([run.id]) == ["train/loss"]


def test_answers_come_in_the_order_asked_for_without_what_does_not_exist(run):
    other = Run.objects.create(project=run.project, name="o")
    series.append_many([(run.id, 1, points([1], [1])), (other.id, 1, points([1], [2]))])
    answers = series.read([other.id, run.id, "nobody"], ["eval/loss", "train/loss"])
    assert [(a.run, a.key) for a in answers] == [(other.id, "train/loss"), (run.id, "train/loss")]


def test_names_beyond_the_limit_are_refused_and_the_rest_kept(run, monkeypatch):
    monkeypatch.setattr("runs.series.table.MAX_KEYS", 2)
    refused = series.append(run.id, 1, [Metrics(step=1, time=0.0, values={"a": 1.0, "b": 2.0, "c": 3.0})])
    assert refused == ["c"]
    assert series.append(run.id, 1, [Metrics(step=2, time=0.0, values={"b": 5.0, "d": 3.0})]) == ["d"]
    assert [d.y.tolist() for d in series.read([run.id], ["a", "b", "c"])] == [[1.0], [2.0, 5.0]]
