"""What a worker's machine is and has: for the page that lists workers, and for what is checked before a launch."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from typing import Any

import psutil

from trainer_bridge.argument_needs import PACKAGES
from trainer_bridge.gpu import gpu_capability, gpu_names

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
        "devices": gpu_names(),
        "has": describe_abilities(),
    }


def describe_abilities() -> dict[str, Any]:
    """What some training arguments need, as JSON: see `argument_needs.Machine`."""
    return {
        "packages": [name for name in PACKAGES if importlib.util.find_spec(name)],
        "gpus": len(gpu_names()),
        "compiler": any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")),
        "capability": gpu_capability(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
