"""The most memory that was used at once, in bytes: of the accelerator where there is one, else of this process."""

import contextlib
import resource
import sys
from pathlib import Path
from typing import Any

import psutil

#: The share of the free memory that a rehearsal may take: it shall fail, and not a training beside it.
LEAVES = 0.8
#: Free beyond this share, a GPU is nobody else's.
ALONE = 0.95
#: What a container may have and what it has, in both versions of Linux' control groups.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def leave_room() -> None:
    """Let this process have no more memory than is free, for good: asking for more raises, instead of having the
    system end some process. With a GPU that is the GPU's; its driver reserves main memory that nobody uses.
    """
    import torch

    if not torch.cuda.is_available():
        return _limit_own(int(LEAVES * available()))
    free, total = torch.cuda.mem_get_info()
    if free < ALONE * total:
        torch.cuda.set_per_process_memory_fraction(LEAVES * free / total)
    return None


def available() -> int:
    """Bytes of main memory that can be had, as the machine and this container have it."""
    free = int(psutil.virtual_memory().available)
    for most, used in _GROUPS:
        with contextlib.suppress(OSError, ValueError):  # other systems; "max"
            free = min(free, int(Path(most).read_text()) - int(Path(used).read_text()))
    return max(free, 0)


def _limit_own(more: int) -> None:
    """At most ``more`` bytes beside those that it has; what systems other than Linux do not hold it to."""
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (_status("VmData") + more, hard))


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
    return _status("VmHWM") or _resident_peak()


def capacity() -> tuple[str, int]:
    """Whose memory it is, and how much of it there is in all."""
    import torch

    if torch.accelerator.is_available():
        device: Any = torch.accelerator.current_accelerator()
        return str(device), int(torch.accelerator.get_memory_info()[1])
    return "cpu", int(psutil.virtual_memory().total)


def _status(name: str) -> int:
    """Bytes that Linux tells of this process; 0 elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _resident_peak() -> int:
    """macOS counts in bytes, others in KiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else 1024 * used
