"""The channel layer of one process."""

import time

import pytest

from runs import local_layer
from runs.local_layer import LocalLayer

MESSAGE = {"type": "live.message", "content": {"type": "workers"}}


@pytest.fixture
def layer():
    return LocalLayer(capacity=2)


async def test_all_members_hear_and_nobody_else(layer):
    one, two, other = [await layer.new_channel() for _ in range(3)]
    await layer.group_add("run.a", one)
    await layer.group_add("run.a", two)
    await layer.group_add("run.b", other)
    await layer.group_send("run.a", MESSAGE)
    assert await layer.receive(one) == await layer.receive(two) == MESSAGE
    assert other not in layer.channels


async def test_who_left_hears_nothing(layer):
    name = await layer.new_channel()
    await layer.group_add("run.a", name)
    await layer.group_discard("run.a", name)
    await layer.group_send("run.a", MESSAGE)
    assert name not in layer.channels


async def test_a_member_that_reads_nothing_misses_what_is_too_much(layer):
    name = await layer.new_channel()
    await layer.group_add("run.a", name)
    for number in range(5):
        await layer.group_send("run.a", {"number": number})
    assert [(await layer.receive(name))["number"] for _ in range(2)] == [0, 1]
    assert name not in layer.channels


async def test_members_are_remembered_for_weeks_but_not_those_that_are_gone(layer, monkeypatch):
    monkeypatch.setattr(local_layer, "CLEAN_EVERY", 0.0)
    reader, gone = [await layer.new_channel() for _ in range(2)]
    for name in (reader, gone):
        await layer.group_add("run.a", name)
    await layer.group_send("run.a", MESSAGE)
    await layer.receive(reader)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30 * 86400)
    await layer.group_send("run.a", MESSAGE)
    assert set(layer.groups["run.a"]) == {reader}
