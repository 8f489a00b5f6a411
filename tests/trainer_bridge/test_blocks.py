"""Measurements as columns: the same numbers come out, in the same order, whatever they are."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer_bridge import protocol
from trainer_bridge.blocks import LEAST_ROWS, MOST_NUMBERS, pack, parts, unpack
from trainer_bridge.outgoing import Outgoing
from trainer_bridge.protocol import Console, Metrics, MetricsBlock, ProtocolError

NUMBERS = st.floats(width=64)
NAMES = st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=4, unique=True)


@st.composite
def layouts(draw):
    """Measurements with the same keys, all with or all without epoch and tokens."""
    names, count = draw(NAMES), draw(st.integers(1, 20))
    epochs = NUMBERS if draw(st.booleans()) else st.none()
    tokens = st.integers(0, 2**62) if draw(st.booleans()) else st.none()
    return [
        Metrics(
            step=draw(st.integers(0, protocol.MAX_STEP)),
            time=draw(NUMBERS),
            values={name: draw(NUMBERS) for name in names},
            epoch=draw(epochs),
            tokens=draw(tokens),
        )
        for _ in range(count)
    ]


def same(one, other):
    """Equal as bytes, so NaN equals NaN."""
    return [protocol.encode(event) for event in one] == [protocol.encode(event) for event in other]


@given(layouts())
def test_what_is_packed_and_sent_comes_out_as_it_was(metrics):
    block = protocol.decode_event(protocol.encode(pack(metrics)))
    assert same(unpack(block), metrics)


@given(st.lists(layouts() | st.just([Console([])]), max_size=5))
def test_parts_keep_every_event_in_its_order(stretches):
    events = [event for stretch in stretches for event in stretch]
    cut = list(parts(events))
    assert same([event for part in cut for event in part], events)
    for part in cut:
        assert len({(tuple(e.values), e.epoch is None) for e in part if isinstance(e, Metrics)}) <= 1


def metrics(step, **values):
    return Metrics(step=step, time=1.0, values=values or {"loss": 0.5})


def sent(events):
    return [protocol.decode_event(data) for data in Outgoing().payloads_of(events)]


def test_few_measurements_stay_as_they_are():
    events = [metrics(step) for step in range(LEAST_ROWS - 1)]
    assert sent(events) == events


def test_many_become_blocks_of_a_bounded_size():
    names = {f"m{i}": 1.0 for i in range(1000)}
    blocks = sent([metrics(step, **names) for step in range(195)])
    assert {type(block) for block in blocks} == {MetricsBlock}
    assert max(len(block.values) for block in blocks) <= 8 * MOST_NUMBERS
    assert [m.step for block in blocks for m in unpack(block)] == list(range(195))


def test_what_is_no_number_is_told_and_costs_only_itself():
    events = [metrics(step, loss=0.5, name="high" if step == 3 else 1.0) for step in range(20)]
    out = sent(events)
    kept = [event for event in out if isinstance(event, Metrics)]
    assert [event.step for event in kept] == list(range(20))
    assert [event.step for event in kept if "name" not in event.values] == [3]
    assert [event.code for event in out if isinstance(event, protocol.Warning)] == ["cut metrics"]


def test_a_step_beyond_the_limit_costs_only_itself():
    out = sent([metrics(2**60 if step == 3 else step) for step in range(20)])
    assert [event.step for event in out if isinstance(event, Metrics)] == [n for n in range(20) if n != 3]


@pytest.mark.parametrize(
    "changes",
    [
        {"times": b""},
        {"values": b"\0" * 8},
        {"epochs": b"\0" * 8},
        {"steps": b"\0" * 15},
        {"steps": (2**60).to_bytes(8, "little") * 9},
        {"keys": ["loss", "loss"], "values": b"\0" * 144},
    ],
)
def test_columns_that_do_not_fit_together_are_refused(changes):
    block = pack([metrics(step) for step in range(9)])
    content = {**msgspec.to_builtins(block, builtin_types=[bytes]), **changes}
    with pytest.raises(ProtocolError):
        protocol.decode_event(msgspec.msgpack.encode(content))


def test_values_that_are_no_numbers_of_float64_survive():
    values = [math.nan, math.inf, -math.inf, -0.0, 5e-324]
    block = pack([metrics(step, loss=value) for step, value in enumerate(values)])
    assert [repr(m.values["loss"]) for m in unpack(block)] == [repr(value) for value in values]
