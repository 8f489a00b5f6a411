"""Each condition: when it holds, when it clears."""

import math

import pytest

from runs.rules.conditions import CONDITIONS, Sight, watches


def judged(kind, values, *, key="train/loss", greater=False, steps=None, **options):
    """At which places the condition holds over these values."""
    condition = CONDITIONS[kind]
    options = {field.name: field.default for field in condition.fields} | options
    memory = {}
    steps = steps or range(1, len(values) + 1)
    texts = [
        condition.judge(options, memory, Sight(key, step, value, greater))
        for step, value in zip(steps, values, strict=True)
    ]
    return [n for n, text in enumerate(texts) if text]


def test_a_threshold_holds_for_as_many_values_as_asked_and_clears():
    assert judged("threshold", [1, 5, 5, 1, 5, 5, 5], limit=4, count=2) == [2, 5, 6]
    assert judged("threshold", [1, 5, 5], limit=1, side="below") == []
    assert judged("threshold", [4, 4.1], limit=4) == [1]


def test_a_threshold_over_steps_counts_from_where_it_was_crossed():
    assert judged("threshold", [9, 9, 9, 9], limit=1, count=20, unit="steps", steps=[10, 20, 30, 40]) == [
        2,
        3,
    ]


def test_nan_is_on_no_side_of_a_limit():
    assert judged("threshold", [math.nan, math.inf], limit=4) == [1]


def test_a_plateau_is_no_improvement_by_more_than_delta():
    values = [5, 4, 4, 4, 3, 3, 3, 3]
    assert judged("plateau", values, count=2) == [3, 6, 7]
    assert judged("plateau", [0.5, 0.6, 0.61, 0.62], count=2, delta=0.05, greater=True) == [3]
    assert judged("plateau", [0.5, 0.6, 0.7], count=1, better="lower") == [1, 2]


def test_a_plateau_over_steps_begins_at_the_best():
    assert judged("plateau", [1, 2, 2, 2], count=100, unit="steps", steps=[50, 100, 149, 150]) == [3]


def test_nan_is_no_improvement_and_no_best():
    assert judged("plateau", [math.nan, 3, math.nan, math.nan], count=2) == [3]


def test_not_finite_holds_until_the_same_series_is_finite_again():
    condition, memory = CONDITIONS["not_finite"], {}
    seen = [("train/loss", math.nan), ("train/grad_norm", 1.0), ("train/loss", 1.0), ("eval/loss", -math.inf)]
    texts = [condition.judge({}, memory, Sight(key, 1, value)) for key, value in seen]
    assert texts == ["train/loss is NaN", "train/loss is NaN", "", "eval/loss is infinite"]


def test_a_spike_stands_out_from_the_values_before_it():
    calm = [1.0, 1.1, 0.9, 1.05, 0.95] * 4
    assert judged("spike", [*calm, 9.0, 1.0, 9.0], span=20, z=6) == [20, 22]
    assert judged("spike", [*calm, -9.0], span=20) == []
    assert judged("spike", [*calm, -9.0], span=20, side="either") == [20]
    assert judged("spike", [*calm[:10], 9.0], span=20) == [], "too few values to say"


def test_a_constant_series_does_not_make_a_ripple_a_spike():
    assert judged("spike", [2.0] * 30 + [2.0 + 1e-7], span=20) == []


@pytest.mark.parametrize(
    ("kind", "metric", "key", "expected"),
    [
        ("threshold", None, "eval/accuracy", True),
        ("threshold", None, "train/loss", False),
        ("threshold", "train/loss", "train/loss", True),
        ("not_finite", None, "train/anything", True),
        ("not_finite", None, "system/cpu", False),
        ("silence", None, "eval/accuracy", False),
    ],
)
def test_what_a_rule_looks_at(kind, metric, key, expected):
    assert watches(kind, {"metric": metric}, "eval/accuracy", key) is expected


def test_every_condition_can_be_said_in_words():
    for condition in CONDITIONS.values():
        options = {field.name: 1.0 if field.default is None else field.default for field in condition.fields}
        assert condition.words(options | {"metric": "train/loss"})
