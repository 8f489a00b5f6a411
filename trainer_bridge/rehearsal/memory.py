"""The most memory that was used at once, in bytes: of the accelerator where there is one, else of this process."""

import resource
import sys
from pathlib import Path
from typing import Any

import psutil

#: Of a GPU that others use too, the share of its free memory that a rehearsal may take.
LEAVES = 0.8
#: Free beyond this share, a GPU is nobody else's.
ALONE = 0.95


def leave_room() -> None:
    """On a GPU that trains something already, take no more than is free: this process shall fail, not that one."""
    import torch

    if not torch.cuda.is_available():
        return
    free, total = torch.cuda.mem_get_info()
    if free < ALONE * total:
        torch.cuda.set_per_process_memory_fraction(LEAVES * free / total)


def begin_peak() -> None:
    """Measure anew from here."""
    import torch

    if torch.accelerator.is_available():
        torch.accelerator.reset_peak_memory_stats()
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return  # not Linux: the peak since the process began


def peak() -> int:
    """The most since ``begin_peak``."""
    import torch

    if torch.accelerator.is_available():
        return int(torch.accelerator.max_memory_allocated())
    return _high_water() or _resident_peak()


def capacity() -> tuple[str, int]:
    """Whose memory it is, and how much of it there is in all."""
    import torch

    if torch.accelerator.is_available():
        device: Any = torch.accelerator.current_accelerator()
        return str(device), int(torch.accelerator.get_memory_info()[1])
    return "cpu", int(psutil.virtual_memory().total)


def free() -> int:
    """Bytes that nobody uses now."""
    import torch

    if torch.accelerator.is_available():
        return int(torch.accelerator.get_memory_info()[0])
    return int(psutil.virtual_memory().available)


def _high_water() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _resident_peak() -> int:
    """macOS counts in bytes, others in KiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else 1024 * used
