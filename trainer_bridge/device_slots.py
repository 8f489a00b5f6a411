"""The device slots of a worker: which training has which, so that two never share a GPU unless the worker allows it."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """``device`` is the GPU's name in CUDA_VISIBLE_DEVICES, "" for a share of the CPU."""

    number: int
    device: str = ""


def visible_devices(slots: Sequence[Slot]) -> str:
    """What CUDA_VISIBLE_DEVICES says to a training on these slots; "" where they are shares of the CPU."""
    return ",".join(dict.fromkeys(slot.device for slot in slots if slot.device))


class DeviceSlots:
    """``count`` slots on ``devices``, each of which ``sharing`` trainings may share; without devices, on the CPU.

    A training has each of its slots on a device of its own. Safe to use from any thread.
    """

    def __init__(self, count: int, devices: Sequence[str] = (), sharing: int = 1) -> None:
        """Raises ValueError for more slots than the devices have room for."""
        if devices and count > len(devices) * sharing:
            raise ValueError(_too_many(count, len(devices), sharing))
        self.slots = [Slot(n, devices[n % len(devices)] if devices else "") for n in range(count)]
        #: The most slots that one training may have.
        self.largest = min(count, len(devices)) if devices else count
        self._free = {slot.number: slot for slot in self.slots}
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """The most slots that one training may take now."""
        with self._lock:
            return len(self._to_take())

    @property
    def busy(self) -> int:
        with self._lock:
            return len(self.slots) - len(self._free)

    def take(self, count: int) -> list[Slot]:
        """So many slots, on the devices that are shared least. Raises LookupError when there is no room."""
        with self._lock:
            taken = self._to_take()[:count]
            if len(taken) < count:
                raise LookupError(f"{count} device slots are not free")
            for slot in taken:
                del self._free[slot.number]
            return taken

    def give_back(self, slots: Sequence[Slot]) -> None:
        """They are free again."""
        with self._lock:
            self._free |= {slot.number: slot for slot in slots}

    def _to_take(self) -> list[Slot]:
        """Free slots that one training may have together, the best first."""
        busy = Counter(slot.device for slot in self.slots if slot.number not in self._free)
        free = sorted(self._free.values(), key=lambda slot: (busy[slot.device], slot.number))
        if not any(slot.device for slot in free):
            return free
        first: dict[str, Slot] = {}
        for slot in free:
            first.setdefault(slot.device, slot)
        return list(first.values())


def _too_many(count: int, devices: int, sharing: int) -> str:
    fitting = devices * sharing
    return (
        f"{count} device slots do not fit on {devices} GPU{'s' if devices > 1 else ''}: give --slots {fitting} or "
        f"fewer, or let {-(-count // devices)} runs share a GPU with --share-gpu {-(-count // devices)}."
    )
