"""How many trainings may run at once when nobody said."""

import os
from pathlib import Path

NVIDIA_DRIVER = Path("/proc/driver/nvidia/gpus")


def default_slots() -> int:
    """One slot a GPU; without GPU one for every two cores, about what a training keeps busy."""
    return gpu_count() or max(1, _cores() // 2)


def gpu_count(driver: Path = NVIDIA_DRIVER) -> int:
    """GPUs this process may use, asked of the driver: torch would take seconds to say the same."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        # "-1" hides every device from there on, as CUDA itself reads it.
        return len([name for name in visible.split("-1")[0].split(",") if name.strip()])
    return len(list(driver.iterdir())) if driver.is_dir() else 0


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
