"""A real bridge and a real server that is killed in the middle: nothing lost, nothing doubled."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from runs import series
from runs.models import ConsoleBlock, Run
from runs.states import State
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Console, ConsoleLine, Metrics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow_faults]

EVENTS = 3000


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(port):
    """A web process on the test database, killed at the end without a chance to tidy up."""
    database = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "TRAINBOARD_DATA_DIR": str(settings.DATA_DIR),
        "TRAINBOARD_DATABASE_URL": f"sqlite:///{database}",
    }
    command = [sys.executable, "-m", "uvicorn", "dashboard.asgi:application", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment, cwd=settings.BASE_DIR)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}/api/v1/runs", process)
        yield
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(url, process):
    for _ in range(400):
        assert process.poll() is None
        try:
            urllib.request.urlopen(url)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)


def test_a_server_killed_mid_run_has_every_event_once(make_run, make_attempt, tmp_path):
    run = make_run(State.RUNNING)
    _, token = make_attempt(run)
    port = free_port()
    client = BridgeClient(f"http://127.0.0.1:{port}", token, run.pk, 1, "trainer", tmp_path / "spool")

    def emit(steps):
        for step in steps:
            client.emit(Metrics(step=step, time=float(step), values={"train/loss": float(step)}))
            if step % 10 == 0:
                client.emit(Console([ConsoleLine(float(step), "stdout", f"line {step}")]))

    try:
        with server(port):
            emit(range(EVENTS // 3))
            assert client.flush(20)
            emit(range(EVENTS // 3, EVENTS * 2 // 3))
        emit(range(EVENTS * 2 // 3, EVENTS))
        with server(port):
            assert client.flush(20)
    finally:
        client.close(1)
    (found,) = series.read([run.pk], ["train/loss"], max_points=EVENTS)
    assert found.step.tolist() == list(range(EVENTS))
    assert found.y.tolist() == [float(step) for step in range(EVENTS)]
    lines = [text for block in ConsoleBlock.objects.order_by("first") for _, _, text in block.lines]
    assert lines == [f"line {step}" for step in range(0, EVENTS, 10)]
    assert Run.objects.get().console_lines == EVENTS // 10
