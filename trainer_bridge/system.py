"""How busy the machine is: samples of a training's processes with their children, and of the machine around it."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from trainer_bridge.gpu import gpu_memory, gpu_reader

_GIB = 1024**3
_MIB = 1024**2


class Rate:
    """What grows in a counter, per second."""

    def __init__(self) -> None:
        self._former: tuple[float, float] | None = None

    def of(self, total: float) -> float:
        """How fast it grew to ``total`` since the last look; 0 at the first.

        A process that ended takes its share with it: never below zero.
        """
        now = time.monotonic()
        before, since = self._former or (total, now)
        self._former = (total, now)
        return max(total - before, 0.0) / max(now - since, 1e-3)


class Sampler:
    """Samples the processes ``pids`` and their children; ``folder`` lies on the disk whose free space counts.

    ``devices``: the GPUs that are theirs, as CUDA_VISIBLE_DEVICES names them; "" for all that there are.
    """

    def __init__(self, pids: Sequence[int], folder: Path, devices: str = "") -> None:
        self._pids, self._folder, self._devices = pids, folder, devices
        self._rates: defaultdict[str, Rate] = defaultdict(Rate)
        self._gpus = gpu_reader(devices or None)
        # The first looks have nothing to compare with.
        self._speeds(self._tree())
        psutil.cpu_percent()

    def sample(self) -> dict[str, float]:
        """Series key → value: CPU in percent of one core, memory and free disk in GiB, disk and network in MiB/s,
        each GPU; without what cannot be read.

        Disk reads and writes are those of the processes and their children, network that of the machine without
        loopback. Empty when they are gone.
        """
        processes = self._tree()
        if not processes:
            return {}
        return {
            "system/memory": sum(map(_resident, processes)) / _GIB,
            "system/machine_cpu": psutil.cpu_percent(),
            "system/machine_memory": (psutil.virtual_memory().total - psutil.virtual_memory().available)
            / _GIB,
            **self._disk(),
            **self._speeds(processes),
            **(self._gpus() if self._gpus else {}),
        }

    def limits(self) -> dict[str, float]:
        """The most that some of these can be, by series key: all cores, all memory of the machine and of each GPU."""
        memory = psutil.virtual_memory().total / _GIB
        return {
            "system/cpu": 100.0 * (psutil.cpu_count() or 1),
            "system/memory": memory,
            "system/machine_memory": memory,
            **gpu_memory(self._devices or None),
        }

    def _tree(self) -> list[psutil.Process]:
        return [process for pid in self._pids for process in _family(pid)]

    def _speeds(self, processes: list[psutil.Process]) -> dict[str, float]:
        """What is counted, per second since the last sample."""
        cpu = self._rates["system/cpu"].of(sum(map(_cpu_seconds, processes)))
        moved = _disk_bytes(processes) | _traffic()
        speeds = {key: self._rates[key].of(total) / _MIB for key, total in moved.items()}
        return {"system/cpu": 100 * cpu} | speeds

    def _disk(self) -> dict[str, float]:
        try:
            return {"system/disk_free": psutil.disk_usage(str(self._folder)).free / _GIB}
        except OSError:
            return {}


def _family(pid: int) -> list[psutil.Process]:
    """A process with all that it started; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        return times.user + times.system
    except psutil.Error:
        return 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _disk_bytes(processes: list[psutil.Process]) -> dict[str, float]:
    """Bytes read from and written to disks so far; empty where the system does not count them (macOS)."""
    found = [counts for process in processes if (counts := _io_counters(process)) is not None]
    if not found:
        return {}
    return {
        "system/disk_read": float(sum(counts.read_bytes for counts in found)),
        "system/disk_written": float(sum(counts.write_bytes for counts in found)),
    }


def _io_counters(process: psutil.Process) -> Any:
    try:
        return process.io_counters()
    except (psutil.Error, AttributeError, OSError):
        return None


def _traffic() -> dict[str, float]:
    """Bytes that this machine received and sent so far, over its network cards."""
    try:
        cards = psutil.net_io_counters(pernic=True)
    except (OSError, RuntimeError):
        return {}
    outer = [counts for name, counts in cards.items() if not name.startswith("lo")]
    return {
        "system/network_received": float(sum(counts.bytes_recv for counts in outer)),
        "system/network_sent": float(sum(counts.bytes_sent for counts in outer)),
    }
