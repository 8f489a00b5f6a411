"""Evaluations stored exactly once, within bounds."""

import hashlib

import pytest

from runs.evaluations import read, store
from runs.ingest import apply_batch
from runs.models import Checkpoint, Evaluation, EvaluationMedia, RunWarning
from runs.states import State
from trainer_bridge.protocol import Batch, Evaluated
from trainer_bridge.protocol import State as Told

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n and so on"


def digest(data):
    return hashlib.sha256(data).hexdigest()[:32]


def event(step=1, name="eval", media=(), **view):
    counts = {"0": [10, 12, 9], "1": [10, 8, 7], "2": [0, 0, 0]}
    known = {
        "version": 1, "kind": "classification", "rows": 20, "labels": {"0": "cat", "1": "dog", "2": "owl"},
        "classes": 3, "per_class": counts, "cells": [[0, 0, 9], [0, 1, 1], [1, 0, 3], [1, 1, 7]],
    }  # fmt: skip
    return Evaluated(step, 1000.0, name, known | view, {digest(data): data for data in media})


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING)


@pytest.fixture
def sender(make_sender, run):
    return make_sender(run)


def steps(run):
    return [(row.name, row.step) for row in read.listed(run)]


def test_a_batch_that_comes_twice_is_stored_once(run, sender):
    batch = Batch(1, [event(1, media=[PNG]), event(2, media=[PNG])])
    applied = apply_batch(sender, batch)
    assert applied.update["evaluations"] is True
    apply_batch(sender, batch)
    assert steps(run) == [("eval", 1), ("eval", 2)]
    assert read.view_of(read.at(run, 1))["rows"] == 20
    assert [bytes(one.data) for one in EvaluationMedia.objects.all()] == [PNG]


def test_an_evaluation_again_at_the_same_step_replaces_the_former(run, sender):
    apply_batch(sender, Batch(1, [event(5, rows=20), event(5, rows=30), event(5, name="test")]))
    assert steps(run) == [("eval", 5), ("test", 5)]
    assert read.at(run, 5).head["rows"] == 30


def test_a_resumed_attempt_leaves_what_came_after_its_checkpoint(run, sender, make_sender):
    apply_batch(sender, Batch(1, [event(10), event(20)]))
    second = make_sender(run, number=2)
    apply_batch(second, Batch(1, [Told("running", 1001.0, resumed_step=10), event(20, rows=99)]))
    assert steps(run) == [("eval", 10), ("eval", 20)]
    assert read.at(run, 20).head["rows"] == 99
    assert Evaluation.objects.filter(is_abandoned=True).get().attempt == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: event(version=99), "version 99"),
        (lambda: Evaluated(1, 1.0, "eval", event().view, {"0" * 32: PNG}), "is not what it says"),
        (lambda: event(media=[b"<script>alert(1)</script>"]), "is not what it says"),
        (lambda: event(labels={str(i): "x" * 60 for i in range(60)}), "more than"),
    ],
)
def test_what_makes_no_sense_is_refused_alone(run, sender, wrong, says, monkeypatch):
    monkeypatch.setattr(store, "MOST_VIEW", 3000)
    apply_batch(sender, Batch(1, [wrong(), event(2)]))
    assert steps(run) == [("eval", 2)]
    assert says in RunWarning.objects.get(run=run).text
    assert not EvaluationMedia.objects.exists()


def test_more_than_are_kept_are_thinned_out_but_those_of_checkpoints(run, sender, monkeypatch):
    monkeypatch.setattr(store, "MOST_KEPT", 10)
    apply_batch(sender, Batch(1, [event(step) for step in range(1, 11)]))
    Checkpoint.objects.create(
        id="c", run=run, attempt=1, step=3, path="checkpoints/checkpoint-3", created_at=run.created_at
    )
    apply_batch(sender, Batch(11, [event(11)]))
    assert [step for _, step in steps(run)] == [2, 3, 4, 6, 7, 8, 9, 10, 11]


def test_per_class_is_of_the_test_where_there_is_one(run, sender, django_assert_max_num_queries):
    assert read.per_class(run) == {}
    apply_batch(sender, Batch(1, [event(1), event(2), event(2, name="test", per_class={"0": [4, 4, 4]})]))
    with django_assert_max_num_queries(2):
        assert read.per_class(run) == {"cat": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 4}}
    found = read.per_class(run, "eval")
    assert found["dog"] == {"precision": 7 / 8, "recall": 0.7, "f1": pytest.approx(14 / 18), "rows": 10}
    assert found["owl"] == {"precision": None, "recall": None, "f1": None, "rows": 0}
    assert list(found) == ["dog", "cat", "owl"]


def test_a_run_takes_its_evaluations_with_it(run, sender):
    apply_batch(sender, Batch(1, [event(1, media=[PNG])]))
    run.delete()
    assert not Evaluation.objects.exists()
    assert not EvaluationMedia.objects.exists()
