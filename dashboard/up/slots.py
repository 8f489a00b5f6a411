"""How many trainings may run at once when nobody said."""

import os
from pathlib import Path

from trainer_bridge.gpu import NVIDIA_DRIVER, gpu_devices


def default_slots() -> int:
    """One slot a GPU; without GPU one for every two cores, about what a training keeps busy."""
    return gpu_count() or max(1, _cores() // 2)


def gpu_count(driver: Path = NVIDIA_DRIVER) -> int:
    """GPUs this process may use."""
    return len(gpu_devices(driver))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
