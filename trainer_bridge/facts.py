"""What a process runs on and with: code, command, packages, machine. Imports no torch; takes up to a second."""

import os
import platform
import re
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psutil

from trainer_bridge.environment import packages, processor
from trainer_bridge.git import git_state
from trainer_bridge.gpu import gpu_names

MAX_PACKAGES = 500
MAX_COMMAND = 10_000
_SECRET = re.compile(r"(token|password|passwd|secret|api[_-]?key)", re.IGNORECASE)
_HIDDEN = "…"


def process_facts(argv: list[str] | None = None, folder: Path | None = None) -> dict[str, Any]:
    """JSON values for an Environment event. ``argv`` is the command, ``folder`` where its code lies."""
    folder = folder or Path.cwd()
    return {
        "command": command_line(sys.argv if argv is None else argv)[:MAX_COMMAND],
        "folder": str(folder),
        "host": platform.node(),
        "git": git_state(folder),
        "packages": packages(),
        "installed": installed(),
        "hardware": hardware(),
    }


def command_line(argv: list[str]) -> str:
    """The command as it was typed, without the values of options that sound secret."""
    shown, hide = [], False
    for word in argv:
        name, equals, _ = word.partition("=")
        if hide and not word.startswith("-"):
            shown.append(_HIDDEN)
        elif equals and _SECRET.search(name):
            shown.append(f"{name}={_HIDDEN}")
        else:
            shown.append(word)
        hide = word.startswith("-") and not equals and bool(_SECRET.search(word))
    return " ".join(shown)


def installed() -> dict[str, str]:
    """Every installed package with its version, by name; bounded."""
    found = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            found[name] = distribution.version
    return dict(sorted(found.items(), key=lambda item: item[0].lower())[:MAX_PACKAGES])


def hardware() -> dict[str, Any]:
    """Platform, processor, logical CPUs this process may use, memory in GiB, GPUs."""
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpus": gpu_names(),
    }
