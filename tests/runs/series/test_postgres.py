"""The same store on PostgreSQL: the tests of this folder once more, and two writers at once.

They run in a process of their own, because Django has one default database a process.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.needs import postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; its package brings a user."""
    return "postgres" if os.geteuid() == 0 else None


def wait_for(url: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL at {url} did not start")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a new database server that does not wait for the disk; ended afterwards."""
    program, user, port = postgres(), server_user(), free_port()
    assert program
    # Not pytest's folder: pytest closes that to other users again.
    with tempfile.TemporaryDirectory(prefix="trainboard-postgres-") as data:
        if user:
            shutil.chown(data, user)
        initdb = str(Path(program).with_name("initdb"))
        make = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(make, user=user, check=True, capture_output=True, cwd="/")
        serve = [program, "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1", "-F"]
        process = subprocess.Popen(serve, user=user, stderr=subprocess.DEVNULL, cwd="/")
        try:
            address = f"postgres://postgres@127.0.0.1:{port}"
            wait_for(f"{address}/postgres", process)
            yield f"{address}/trainboard"
        finally:
            process.terminate()
            process.wait(10)


def run_pytest(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n0",
            "--no-header",
            "-p",
            "no:cacheprovider",
            *arguments,
        ],
        env={**os.environ, "TRAINBOARD_DATABASE_URL": url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_everything_the_store_does_on_sqlite_it_does_on_postgresql(server):
    names = ("test_store.py", "test_seal.py", "test_model.py", "../query/test_model.py")
    done = run_pytest(server, *(str(HERE / name) for name in names))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def test_two_writers_of_one_run_lose_nothing(server):
    done = run_pytest(server, f"{HERE / 'writers.py'}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
