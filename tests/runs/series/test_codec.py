"""Every number comes back bit for bit, and changed bytes are noticed."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runs.series import batch, codec, column
from runs.series.points import COLUMNS, dtype_of
from tests.runs.series.tools import in_blocks
from trainer_bridge.protocol import Metrics

FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([-0.0, math.nan, math.inf, 5e-324])
STEPS = st.integers(0, 2**53) | st.integers(0, 5)
ROWS = st.lists(st.tuples(STEPS, FLOATS, FLOATS, FLOATS, FLOATS), min_size=1, max_size=60)


def points_of(rows):
    columns = zip(*rows, strict=True)
    return {name: np.array(c, dtype_of(name)) for name, c in zip(COLUMNS, columns, strict=True)}


def bits(array):
    return array.view("<i8").tolist()


@given(ROWS)
def test_points_survive_the_codec_bit_for_bit(rows):
    points = points_of(rows)
    again = codec.decode(codec.encode(points))
    assert {name: bits(c) for name, c in again.items()} == {name: bits(c) for name, c in points.items()}


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=80))
@example([-(2**63), 2**63 - 1] * 20)
@example(list(range(0, 4000, 7)))
def test_any_column_of_integers_survives(numbers):
    array = np.array(numbers, "<i8")
    kind, data = column.encode(array)
    assert column.decode(kind, memoryview(data), len(array)).tolist() == numbers


@pytest.mark.parametrize(
    ("name", "array", "kind", "most_bytes"),
    [
        ("one number", np.full(5000, 0.25), column.Kind.CONSTANT, 8),
        ("every tenth step", np.arange(0, 50_000, 10), column.Kind.EVEN, 16),
        ("epochs", np.arange(1, 5001) / 469, column.Kind.RATIO, 8),
        ("the Trainer's epochs", np.arange(1, 5001) // 469 + np.arange(1, 5001) % 469 / 469, None, 8),
        (
            "float32 noise",
            np.random.default_rng(0).random(5000).astype("f4").astype("f8"),
            column.Kind.BITS,
            21_000,
        ),
    ],
)
def test_columns_of_trainings_become_small(name, array, kind, most_bytes):
    steps = np.arange(1, len(array) + 1)
    found, data = column.encode(array, steps)
    assert kind in (None, found)
    assert len(data) <= most_bytes
    again = column.decode(found, memoryview(data), len(array), steps)
    np.testing.assert_array_equal(again, array.view("<i8"))


def test_times_with_jitter_take_three_bytes_each():
    times = 1.79e9 + np.cumsum(np.random.default_rng(0).normal(0.1, 0.01, 10_000))
    kind, data = column.encode(times)
    assert kind == column.Kind.DELTAS
    assert len(data) < 3 * len(times)


@given(ROWS, st.data())
@settings(max_examples=50)
def test_one_changed_byte_is_noticed(rows, data):
    stored = bytearray(codec.encode(points_of(rows)))
    place = data.draw(st.integers(0, len(stored) - 1))
    stored[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(codec.DamagedError):
        codec.decode(bytes(stored))


@given(ROWS, st.integers(0, 200))
@settings(max_examples=30)
def test_cut_bytes_are_noticed(rows, length):
    stored = codec.encode(points_of(rows))
    with pytest.raises(codec.DamagedError):
        codec.decode(stored[: min(length, len(stored) - 1)])


def test_a_later_format_is_not_guessed_at(monkeypatch):
    monkeypatch.setattr(codec, "FORMAT", 2)
    stored = codec.encode(points_of([(1, 0.0, 0.0, 0.0, 0.0)]))
    monkeypatch.undo()
    with pytest.raises(codec.DamagedError, match="format 2"):
        codec.decode(stored)


EVENTS = st.lists(
    st.builds(
        Metrics,
        step=STEPS,
        time=st.floats(0, 2e9),
        epoch=st.none() | st.floats(0, 100),
        tokens=st.none() | st.integers(0, 2**50),
        values=st.dictionaries(st.sampled_from(["a", "b", "c"]), FLOATS, max_size=3),
    ),
    max_size=40,
)


@given(EVENTS, st.booleans(), st.integers(0, 40))
def test_a_batch_of_mixed_keys_keeps_each_series_in_order_of_arrival(metrics, compress, cut):
    ids = {"a": 1, "b": 2, "c": 3}
    groups = batch.group_metrics([*in_blocks(metrics[:cut]), *metrics[cut:]])
    for group in groups:
        group.keys = tuple(ids[key] for key in group.keys)
    found = batch.extract(batch.encode(groups, compress=compress), {1, 2, 3})
    for key, series_id in ids.items():
        expected = [(m.step, m.values[key]) for m in metrics if key in m.values]
        if not expected:
            assert series_id not in found
            continue
        assert found[series_id]["step"].tolist() == [step for step, _ in expected]
        assert bits(found[series_id]["value"]) == bits(np.array([value for _, value in expected]))
