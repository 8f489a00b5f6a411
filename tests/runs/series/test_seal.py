"""Folding, sealing and compacting: what they leave behind, and that readers never notice."""

import numpy as np
import pytest

from runs import series
from runs.models import Chunk, PendingPoints, Run
from runs.series import fetch, seal
from runs.series.seal import fold_from
from tests.runs.series.tools import KEY, events
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db


def fill(run_id, n, size=3, attempt=1):
    for i in range(0, n, size):
        steps = range(i + 1, min(i + size, n) + 1)
        series.append(run_id, attempt, events(steps, [s / 7 for s in steps], time=1000.0 + i))


def shown(run_id):
    (data,) = series.read([run_id], [KEY], max_points=10**6)
    return data.step.tolist()


@pytest.mark.parametrize(
    ("counts", "first"),
    [
        ([1000, 1, 1, 1, 1], 1),
        ([1000, 9, 1, 1, 1], 2),
        ([3, 1, 1, 1, 1], 0),
        ([1000, 4, 2, 1, 1], 1),
        ([1], 0),
    ],
)
def test_a_fold_takes_the_tail_and_what_is_no_larger_before_it(monkeypatch, counts, first):
    monkeypatch.setattr(seal, "FOLD_ROWS", 4)
    assert fold_from(counts) == first


def test_many_small_commits_leave_few_rows(run, small_limits):
    fill(run.id, 600)
    assert PendingPoints.objects.filter(run=run).count() <= 16
    assert Chunk.objects.filter(series__run=run).count() >= 10
    assert shown(run.id) == list(range(1, 601))


def test_a_large_commit_is_sealed_at_once(run, small_limits):
    fill(run.id, 60, size=60)
    assert PendingPoints.objects.filter(run=run).count() == 0
    assert Chunk.objects.filter(series__run=run).count() == 4
    assert shown(run.id) == list(range(1, 61))


def test_a_rare_series_waits_and_is_not_lost(run, small_limits):
    for i in range(30):
        metrics = events([4 * i, 4 * i + 1, 4 * i + 2], [1, 2, 3])
        if i % 10 == 0:
            metrics += [Metrics(step=4 * i, time=0.0, values={"eval/loss": float(i)})]
        series.append(run.id, 1, metrics)
    assert not Chunk.objects.filter(series__key="eval/loss").exists()
    (data,) = series.read([run.id], ["eval/loss"])
    assert data.y.tolist() == [0, 10, 20]


def test_very_many_rare_series_are_sealed_all_the_same(run, small_limits):
    for step in range(5):
        series.append(run.id, 1, [Metrics(step=step, time=0.0, values={f"m{i}": 1.0 for i in range(40)})])
    assert sum(PendingPoints.objects.values_list("count", flat=True)) <= 64 + 48
    assert [d.count for d in series.read([run.id], ["m0", "m39"])] == [5, 5]


def test_compacting_changes_no_answer_and_leaves_few_chunks(run, small_limits):
    fill(run.id, 100)
    fill(run.id, 10, attempt=2)
    before = shown(run.id), series.summaries([run.id])
    series.compact(run.id)
    assert (shown(run.id), series.summaries([run.id])) == before
    left = sum(PendingPoints.objects.filter(run=run).values_list("count", flat=True))
    counts = Chunk.objects.filter(series__run=run).values_list("count", flat=True)
    assert left < 3  # too few for a chunk
    assert sum(counts) + left == 110
    assert len(counts) <= 110 / 16 * 2 + 1
    series.compact(run.id)
    assert shown(run.id) == before[0]


def test_a_seal_between_two_queries_of_a_reader_shows_nothing_twice(run, small_limits, monkeypatch):
    fill(run.id, 6)
    before, chunk_infos = shown(run.id), fetch.chunk_infos

    def seal_first(*args):
        series.compact(run.id)
        return chunk_infos(*args)

    monkeypatch.setattr(fetch, "chunk_infos", seal_first)
    assert shown(run.id) == before
    assert Chunk.objects.filter(series__run=run).exists()


def test_a_compaction_between_two_queries_of_a_reader_loses_nothing(run, small_limits, monkeypatch):
    for i in range(4):
        fill(run.id, 4, attempt=1)
        if i < 3:
            series.compact(run.id)
    monkeypatch.setattr("runs.series.chunks.MAX_CHUNK", 4)
    before, load = shown(run.id), fetch.load

    def merge_first(*args):
        monkeypatch.setattr("runs.series.chunks.MAX_CHUNK", 100)
        series.compact(run.id)
        return load(*args)

    monkeypatch.setattr(fetch, "load", merge_first)
    assert shown(run.id) == before


@pytest.mark.parametrize("runs", [1, 3])
def test_the_number_of_queries_does_not_grow_with_runs_and_keys(
    run, project, runs, django_assert_max_num_queries
):
    ids = [run.id] + [Run.objects.create(project=project, name=f"r{i}").id for i in range(runs - 1)]
    event = Metrics(step=1, time=0.0, values={f"m{i}": 1.0 for i in range(4 * runs)})
    series.append_many((run_id, 1, [event]) for run_id in ids)
    for run_id in ids:
        series.compact(run_id)
    for _ in range(2):
        with django_assert_max_num_queries(5):
            series.append_many((run_id, 1, [event]) for run_id in ids)
    keys = list(event.values)
    with django_assert_max_num_queries(7):
        assert len(series.read(ids, keys, x="relative")) == 4 * runs * runs
    with django_assert_max_num_queries(1):
        series.summaries(ids)
    with django_assert_max_num_queries(1):
        series.keys(ids)


def test_a_long_series_is_read_from_outlines_and_keeps_its_spike(run):
    n = 100_000
    values = np.random.default_rng(0).normal(0, 1, n)
    values[54_321] = 99
    series.append(run.id, 1, events(range(n), values.tolist()))
    (data,) = series.read([run.id], [KEY], max_points=500)
    assert (data.count, data.exact, data.damaged) == (n, False, 0)
    assert len(data.x) <= 500
    assert data.y.max() == 99
    assert data.step[data.y.argmax()] == 54_321
    assert (data.step[0], data.step[-1]) == (0, n - 1)
    (window,) = series.read([run.id], [KEY], x_range=(54_000, 54_999))
    assert (window.count, window.exact) == (1000, True)
    np.testing.assert_array_equal(window.y, values[54_000:55_000])
    (far,) = series.read([run.id], [KEY], x_range=(10_001, 90_001), max_points=500)
    assert (far.count, far.step[0], far.step[-1]) == (80_001, 10_001, 90_001)


def test_deleting_a_run_deletes_its_points(run, small_limits):
    fill(run.id, 100)
    series.rewind(run.id, 50, attempt=2)
    run.delete()
    assert not Chunk.objects.exists()
    assert not PendingPoints.objects.exists()


def test_merging_keeps_equal_steps_in_order_of_arrival(run, small_limits, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("runs.series.chunks.merge_small", lambda run_id: None)
        for values in (range(6), range(6, 12), range(12, 28)):
            series.append(run.id, 1, events([5] * len(values), [float(v) for v in values]))
            series.compact(run.id)
    assert Chunk.objects.count() == 3
    series.compact(run.id)
    assert Chunk.objects.count() == 2
    assert series.read([run.id], [KEY])[0].y.tolist() == list(range(28))
