"""What some tests need beside Python packages, where to look for it, and how to get it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from glob import glob

from trainer_bridge.gpu import gpu_names


@dataclass(frozen=True)
class Need:
    """A program that tests with the marker of the same name run."""

    title: str
    find: Callable[[], str | None]
    how_to_get: str


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


def postgres() -> str | None:
    """The path of PostgreSQL's server program; Debian keeps it out of PATH."""
    return shutil.which("postgres") or next(
        iter(sorted(glob("/usr/lib/postgresql/*/bin/postgres"))[::-1]), None
    )


def redis() -> str | None:
    return shutil.which("redis-server")


def gpu() -> str | None:
    """The names of the NVIDIA GPUs."""
    return ", ".join(gpu_names()) or None


#: By marker.
NEEDS = {
    "browser": Need("Chromium", chromium, "apt-get install chromium chromium-driver"),
    "gpu": Need("an NVIDIA GPU", gpu, "a machine that has one, with its driver"),
    "postgres": Need("PostgreSQL", postgres, "apt-get install postgresql"),
    "redis": Need("Redis", redis, "apt-get install redis-server"),
}


def in_ci() -> bool:
    """In CI a missing program is a failure: a green run there means that everything ran."""
    return os.environ.get("CI", "").lower() in ("1", "true")
