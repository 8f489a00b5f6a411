"""Importance finds what the objective depends on; it is computed apart and kept by the results it is of."""

import random
import subprocess

import numpy as np
import pytest

from runs.sweeps import importance
from runs.sweeps.importance_child import importances
from runs.sweeps.importance_methods import Column, best_part

RANGES = [{"name": name, "low": 0.0, "high": 1.0} for name in ("strong", "weak", "none")]


def asked(method, count=60, **changes):
    """Trials whose objective depends on the first, a little on the second and not on the third."""
    rng = random.Random(3)
    x = [[rng.random() for _ in RANGES] for _ in range(count)]
    y = [strong + 0.2 * weak for strong, weak, _ in x]
    return {"method": method, "params": RANGES, "x": x, "y": y, "greater": True} | changes


@pytest.mark.parametrize("method", ["ped-anova", "plain"])
def test_the_order_is_that_of_what_the_objective_depends_on(method):
    rows = importances(asked(method, 300))
    assert rows[0]["name"] == "strong"
    assert rows[0]["share"] > 2 * rows[1]["share"]
    assert all(row["low"] <= row["high"] and row["n"] == 300 for row in rows)


@pytest.mark.slow
def test_fanova_gives_the_shares_that_the_function_has():
    """Of f = 4x + 2y over the unit square the main effects have 16/12 and 4/12 of the variance."""
    rng = np.random.default_rng(0)
    x = rng.random((400, 2))
    y = 4 * x[:, 0] + 2 * x[:, 1]
    rows = importances(
        {"method": "fanova", "params": RANGES[:2], "x": x.tolist(), "y": y.tolist(), "greater": True}
    )
    assert rows[0]["share"] == pytest.approx(0.8, abs=0.04)
    assert rows[1]["share"] == pytest.approx(0.2, abs=0.04)


@pytest.mark.slow
def test_fanova_orders_as_optuna_does():
    optuna = pytest.importorskip("optuna")
    question = asked("fanova", 80)
    study = optuna.create_study(direction="maximize")
    space = {row["name"]: optuna.distributions.FloatDistribution(0, 1) for row in RANGES}
    for point, value in zip(question["x"], question["y"], strict=True):
        params = dict(zip(space, point, strict=True))
        study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=value))
    theirs = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
    )
    ours = {row["name"]: row["share"] for row in importances(question)}
    assert next(iter(ours)) == next(iter(theirs)) == "strong"
    assert ours["strong"] == pytest.approx(float(theirs["strong"]), abs=0.15)


def test_choices_count_whatever_their_order_in_the_list():
    rng = random.Random(0)
    kinds = [rng.choice("abc") for _ in range(90)]
    y = [{"a": 0.1, "b": 0.9, "c": 0.2}[kind] + rng.gauss(0, 0.01) for kind in kinds]
    params = [{"name": "kind", "values": ["a", "b", "c"]}, RANGES[2]]
    x = [[kind, rng.random()] for kind in kinds]
    rows = importances({"method": "plain", "params": params, "x": x, "y": y, "greater": True})
    assert rows[0]["name"] == "kind"
    assert rows[0]["share"] > 0.9
    assert rows[0]["where"]["is"] == "b"


def test_a_conditional_one_is_measured_over_the_trials_that_have_it():
    rng = random.Random(1)
    x = [[rng.random(), rng.random() if at % 2 else None] for at in range(60)]
    y = [first + (3 * second if second is not None else 0) for first, second in x]
    rows = importances({"method": "plain", "params": RANGES[:2], "x": x, "y": y, "greater": True})
    assert {row["name"]: row["n"] for row in rows} == {"weak": 30, "strong": 60}


def test_plain_says_where_trials_did_best_in_the_direction_of_the_objective():
    column = Column.of({"name": "rate", "low": 1e-4, "high": 1e-1, "log": True}, [1e-4, 1e-3, 1e-2, 1e-1])
    y = np.array([0.1, 0.9, 0.2, 0.3])
    assert best_part(column, y, greater=True)["from"] == pytest.approx(1e-3)
    assert best_part(column, y, greater=False)["from"] == pytest.approx(1e-4)


def test_one_value_for_all_trials_has_no_share():
    rows = importances(asked("plain", y=[0.5] * 60))
    assert [row["share"] for row in rows] == [0, 0, 0]


@pytest.fixture
def answers(monkeypatch):
    """What the child was asked; it answers at once, in this thread."""
    given = []

    def child(text):
        given.append(text)
        return [{"name": "strong", "share": 1.0, "low": 1.0, "high": 1.0, "n": 5, "where": None}]

    class Now:
        submit = staticmethod(lambda work, *args: work(*args))

    monkeypatch.setattr(importance, "_child", child)
    monkeypatch.setattr(importance, "_pool", Now)
    importance._answers.clear()
    importance._latest.clear()
    importance._pending.clear()
    return given


def measured(y):
    return importance.Measured(RANGES, [[0.1, 0.2, 0.3]] * len(y), y, True)


def test_it_is_computed_once_for_the_same_results_and_anew_for_newer(answers):
    values = [1.0, 2.0, 3.0, 4.0]
    assert importance.look("s", measured(values), "plain").state == "computing"
    assert importance.look("s", measured(values), "plain").state == "ready"
    assert len(answers) == 1
    newer = importance.look("s", measured([*values, 5.0]), "plain")
    assert (newer.state, newer.n, len(newer.rows)) == ("computing", 4, 1)
    assert importance.look("s", measured([*values, 5.0]), "plain").n == 5


def test_too_few_trials_are_told_without_a_child(answers):
    found = importance.look("s", measured([1.0]), "fanova")
    assert (found.state, found.text) == ("few", "Importance needs 4 measured trials; there is 1.")
    assert answers == []


def test_a_child_that_dies_is_told_and_not_asked_for_ever(answers, monkeypatch):
    def dies(text):
        raise subprocess.SubprocessError("killed")

    monkeypatch.setattr(importance, "_child", dies)
    importance.look("s", measured([1.0, 2.0, 3.0, 4.0]), "plain")
    assert importance.look("s", measured([1.0, 2.0, 3.0, 4.0]), "plain").state == "failed"


def test_what_no_page_waits_for_any_more_is_not_begun(answers, monkeypatch):
    waiting = []

    class Later:
        submit = staticmethod(lambda work, *args: waiting.append((work, args)))

    monkeypatch.setattr(importance, "_pool", Later)
    importance.look("s", measured([1.0, 2.0, 3.0, 4.0]), "plain")
    monkeypatch.setattr(importance, "UNWANTED_AFTER", 0.0)
    work, args = waiting.pop()
    work(*args)
    assert answers == []
    importance.look("s", measured([1.0, 2.0, 3.0, 4.0]), "plain")
    assert len(waiting) == 1


@pytest.mark.slow
def test_the_child_answers_as_a_process_of_its_own():
    import json

    rows = importance._child(json.dumps(asked("fanova")))
    assert rows[0]["name"] == "strong"
