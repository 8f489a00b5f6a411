"""What the benchmarks of a running server share: a data folder with runs, the server on it, its use of CPU.

A benchmark calls ``set_up`` (tables, Django in this process), ``new_run`` as often as it likes, then enters
``running``. Everything it starts it also ends.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.live import LiveTrainboard  # noqa: E402


def set_up(folder: Path) -> None:
    """Django in this process on the data folder; tables made if there are none."""
    os.environ["TRAINBOARD_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    # Sessions made here are valid there, so both sign with one key.
    (folder / "secret-key").write_text("a key for benchmarks, nothing else" * 2)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def new_run(name: str) -> tuple[str, str]:
    """A running run of the project “bench” with one attempt: (its id, the ingest token)."""
    from runs.access import hash_token, new_ingest_token
    from runs.models import Attempt, Project, Run

    project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    run = Run.objects.create(project=project, name=name, state="running")
    token = new_ingest_token()
    Attempt.objects.create(run=run, number=1, token_hash=hash_token(token), worker="bench")
    return run.id, token


def session_cookie() -> str:
    """The session of a person who is logged in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    person, _ = get_user_model().objects.get_or_create(username="bench")
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[LiveTrainboard]:
    """`up` on the data folder; its worker has nothing to do."""
    from django.db import connection

    connection.close()
    with LiveTrainboard(folder, port) as live:
        yield live


def web(live: LiveTrainboard) -> psutil.Process:
    """The web process."""
    return live.child("serve")


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU that the process has used, in user and kernel mode."""
    times = process.cpu_times()
    return times.user + times.system


def memory(process: psutil.Process) -> float:
    """Megabytes resident."""
    return process.memory_info().rss / 1e6


def report(what: str, figure: str, reach: str, beside: str = "") -> None:
    """One line: what was measured, the figure, what it should reach, and the limit measured beside it."""
    print(f"{what:<54} {figure:>20}   reach {reach:<18} {beside}", flush=True)


def quantile(times: list[float], share: float) -> float:
    """The value below which this share of ``times`` lies."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]
