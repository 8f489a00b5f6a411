"""Names and values of any shape: what is a number is kept, everything else is left out alone and told once."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer_bridge import protocol
from trainer_bridge.protocol import Metrics
from trainer_bridge.values import MAX_NAME, MOST_TOLD, Measures, as_float, as_step, flatten


class Told(list):
    def __call__(self, code, text):
        self.append((code, text))


@pytest.fixture
def told():
    return Told()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        (True, 1.0),
        ("3e-4", 3e-4),
        (" 7 ", 7.0),
        ("inf", math.inf),
        (np.float16(0.5), 0.5),
        (np.bool_(True), 1.0),
        (np.array([[2]]), 2.0),
        (np.array("1.5"), 1.5),
        (Fraction(1, 4), 0.25),
        (Decimal("0.125"), 0.125),
    ],
)
def test_numbers_of_every_kind(value, number):
    assert as_float(value) == number


class Hostile:
    def __float__(self):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("not even this")


@pytest.mark.parametrize(
    "value",
    ["a", b"1", None, [1], (), {1}, np.ones(2), np.datetime64("2026-01-01"), 10**400, 1j, Hostile(), object],
)
def test_what_is_no_number_is_left_out_alone_and_told_once(value, told):
    measures = Measures(told)
    for _ in range(3):
        assert measures.numbers({"bad": value, "good": 1}) == {"good": 1.0}
    assert [code for code, _ in told] == ["not a number bad"]


def test_nested_dictionaries_are_flattened():
    values = {"a": {"b": {"c": 1}, 2: 3}, "d": 4, "empty": {}}
    assert dict(flatten(values)) == {"a/b/c": 1, "a/2": 3, "d": 4}


def test_a_dictionary_that_holds_itself_ends(told):
    loop: dict = {"a": 1}
    loop["self"] = loop
    assert Measures(told).numbers(loop)["a"] == 1.0


def test_names_of_any_script_and_no_longer_than_allowed(told):
    names = ["損失", "потеря/обучение", "🙂", "x" * MAX_NAME]
    assert Measures(told).numbers(dict.fromkeys([*names, "x" * (MAX_NAME + 1), ""], 1)) == dict.fromkeys(
        names, 1.0
    )
    assert len(told) == 2


def test_names_beyond_the_limit_are_left_out_and_told_once(told):
    measures = Measures(told, max_names=100)
    kept = [measures.numbers({f"m{i}": 1.0}) for i in range(1000)]
    assert sum(map(len, kept)) == 100
    assert measures.numbers({"m5": 2.0, "m500": 2.0}) == {"m5": 2.0}
    assert [code for code, _ in told] == ["too many metrics"]


def test_a_flood_of_faults_is_told_a_bounded_number_of_times(told):
    Measures(told).numbers({f"m{i}": None for i in range(1000)})
    assert len(told) == MOST_TOLD


@pytest.mark.parametrize("step", [0, 7, 7.0, "7", True, np.int64(7), np.array([7]), 2**53])
def test_steps(step):
    assert as_step(step) == int(step if not isinstance(step, np.ndarray) else step[0])


@pytest.mark.parametrize("step", [-1, 2**53 + 1, 10**400, 0.5, math.nan, math.inf, "x", None, [1]])
def test_what_is_no_step_is_said(step):
    with pytest.raises(ValueError, match="step"):
        as_step(step)


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers(), max_size=2),
)
shapes = st.dictionaries(st.one_of(st.text(), st.integers(), st.none()), leaves, max_size=5)
nested = st.recursive(shapes, lambda inner: st.dictionaries(st.text(), st.one_of(leaves, inner), max_size=5))


@given(nested)
def test_whatever_is_logged_becomes_an_event_that_the_server_takes(values):
    numbers = Measures(Told()).numbers(values)
    event = Metrics(1, 0.0, numbers)
    assert all(type(number) is float for number in numbers.values())
    decoded = protocol.decode_event(protocol.encode(event))
    assert decoded.values.keys() == numbers.keys()
