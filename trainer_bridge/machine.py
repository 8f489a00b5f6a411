"""What a worker's machine is, for the page that lists workers."""

import importlib.metadata
import os
import platform
from typing import Any

import psutil

_PACKAGES = ("torch", "transformers", "datasets", "accelerate")


def describe_machine() -> dict[str, Any]:
    """Versions, cores and memory (GiB); imports none of the packages."""
    return {
        "host": platform.node(),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": round(psutil.virtual_memory().total / 1024**3, 1),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
