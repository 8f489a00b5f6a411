"""The disk of the server, or of the training machine, is full for a while."""

import json
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from runs import access
from runs.models import Attempt, Run, RunWarning
from runs.states import State
from tests.faults.conftest import assert_acknowledged_there, assert_all_there_once, stored_steps
from tests.live import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow_faults]


@contextmanager
def no_space(pid):
    """The kernel refuses that process to write anything beyond the first page of a file."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def post(url, token, body):
    """(status, answer) of a REST call."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_server_whose_disk_is_full_acknowledges_nothing_and_says_why(web, sending, caplog):
    _, token = access.issue_api_token(User.objects.create_user("ada"), "t", ["read", "write"])
    sent = sending()
    sent.log(*range(500))
    assert sent.client.flush(10)
    with no_space(web.pid):
        for first in range(500, 6000, 500):
            sent.log(*range(first, first + 500))
            time.sleep(0.03)
        assert not sent.client.flush(1)
        assert_acknowledged_there(sent)
        wait_for(lambda: "the server cannot store" in caplog.text, "the reason at the bridge")
        status, answer = post(f"{web.url}/api/v1/projects", token, {"name": "meanwhile"})
        assert status == 507
        assert answer["error"].startswith("The server cannot store anything now: ")
        with urllib.request.urlopen(f"{web.url}/healthz", timeout=5) as page:
            assert page.status == 200
    assert sent.client.flush(20)
    assert_all_there_once(sent)
    assert post(f"{web.url}/api/v1/projects", token, {"name": "after"})[0] == 201
    assert Run.objects.get().state == State.RUNNING


TRAINING = """
import resource, sys, time
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Metrics
server, token, run, spool = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
client = BridgeClient(server, token, run, 1, "trainer", spool)
for step in range(5000):
    client.emit(Metrics(step=step, time=1000.0 + step, values={"train/loss": float(step)}))
    if step % 500 == 0:
        time.sleep(0.05)
print("trained to the end", flush=True)
print("waiting", client._spool.waiting, client._spool.problem, file=sys.stderr)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(client.close(20), client._spool.dropped)
"""


def test_a_training_machine_whose_disk_is_full_goes_on_and_loses_nothing(web, running, tmp_path):
    """The server is away as well, so that everything has to wait somewhere."""
    token = access.new_ingest_token()
    Attempt.objects.create(run=running, number=1, token_hash=access.hash_token(token))
    web.kill()
    command = [sys.executable, "-c", TRAINING, web.url, token, running.pk, str(tmp_path / "spool")]
    training = subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert training.stdout.readline() == "trained to the end\n"
        assert (tmp_path / "spool").stat().st_size <= 20_000
        web.start()
        training.stdin.write("\n")
        training.stdin.flush()
        assert training.stdout.readline() == "True 0\n"
    finally:
        training.kill()
        training.wait()
    assert stored_steps(running) == list(range(5000))
    assert "wait in memory" in RunWarning.objects.get().text
