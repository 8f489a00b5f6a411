"""Which training has which device slots."""

import pytest

from trainer_bridge.device_slots import DeviceSlots, visible_devices


def numbers(slots):
    return [slot.number for slot in slots]


def test_shares_of_the_cpu_are_taken_and_given_back():
    slots = DeviceSlots(3)
    assert (slots.largest, slots.room, slots.busy) == (3, 3, 0)
    first = slots.take(2)
    assert (numbers(first), visible_devices(first)) == ([0, 1], "")
    assert (slots.room, slots.busy) == (1, 2)
    with pytest.raises(LookupError, match="2 device slots are not free"):
        slots.take(2)
    assert slots.room == 1
    slots.give_back(first)
    assert numbers(slots.take(3)) == [0, 1, 2]


def test_two_trainings_never_share_a_gpu():
    slots = DeviceSlots(2, ["0", "1"])
    devices = [visible_devices(slots.take(1)) for _ in range(2)]
    assert devices == ["0", "1"]
    assert slots.room == 0


def test_a_gpu_is_shared_only_as_often_as_the_worker_allows():
    slots = DeviceSlots(4, ["GPU-a", "GPU-b"], sharing=2)
    assert slots.largest == 2
    assert [visible_devices(slots.take(1)) for _ in range(4)] == ["GPU-a", "GPU-b", "GPU-a", "GPU-b"]
    with pytest.raises(LookupError):
        slots.take(1)


def test_the_gpu_that_is_shared_least_comes_first():
    slots = DeviceSlots(4, ["a", "b"], sharing=2)
    on_a, _ = slots.take(1), slots.take(1)
    slots.give_back(on_a)
    assert visible_devices(slots.take(1)) == "a"


def test_a_training_has_each_of_its_slots_on_a_gpu_of_its_own():
    slots = DeviceSlots(4, ["a", "b"], sharing=2)
    assert visible_devices(slots.take(1)) == "a"
    pair = slots.take(2)
    assert sorted(slot.device for slot in pair) == ["a", "b"]
    # Of the two devices only one has a free slot left.
    assert (slots.room, slots.busy) == (1, 3)


def test_more_slots_than_gpus_are_refused_with_what_to_say_instead():
    with pytest.raises(
        ValueError, match="3 device slots do not fit on 2 GPUs: give --slots 2 or fewer, or let 2"
    ):
        DeviceSlots(3, ["0", "1"])
