"""How busy the machine is: samples of a process with its children, and of the machine around it."""

import time
from pathlib import Path

import psutil

from trainer_bridge.gpu import gpu_reader

_GIB = 1024**3


class Sampler:
    """Samples process ``pid`` and its children; ``folder`` lies on the disk whose free space counts."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self._folder = pid, folder
        self._cpu_seconds, self._sampled_at = 0.0, time.monotonic()
        self._gpus = gpu_reader()
        psutil.cpu_percent()  # the first call has nothing to compare with

    def sample(self) -> dict[str, float]:
        """Series key → value: CPU in percent of one core, memory and disk in GiB, each GPU; without what
        cannot be read.

        Empty when the process is gone.
        """
        processes = self._tree()
        if not processes:
            return {}
        return {
            "system/cpu": self._cpu(processes),
            "system/memory": sum(map(_resident, processes)) / _GIB,
            "system/machine_cpu": psutil.cpu_percent(),
            "system/machine_memory": (psutil.virtual_memory().total - psutil.virtual_memory().available)
            / _GIB,
            **self._disk(),
            **(self._gpus() if self._gpus else {}),
        }

    def _tree(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._pid)
            return [process, *process.children(recursive=True)]
        except psutil.Error:
            return []

    def _cpu(self, processes: list[psutil.Process]) -> float:
        seconds, now = sum(map(_cpu_seconds, processes)), time.monotonic()
        # A child that ended takes its seconds with it: never below zero.
        used = max(seconds - self._cpu_seconds, 0.0) / max(now - self._sampled_at, 1e-3)
        self._cpu_seconds, self._sampled_at = seconds, now
        return 100 * used

    def _disk(self) -> dict[str, float]:
        try:
            return {"system/disk_free": psutil.disk_usage(str(self._folder)).free / _GIB}
        except OSError:
            return {}


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
