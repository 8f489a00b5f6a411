"""The connection is cut, the server stands still or is killed again and again, while a training sends."""

import random
import time

import pytest

from runs.models import Run
from runs.states import State
from tests.faults.conftest import assert_acknowledged_there, assert_all_there_once
from tests.faults.cutting_proxy import CuttingProxy
from tests.faults.web import HEARTBEAT_TIMEOUT

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("direction", ["upward", "downward"])
def test_connections_cut_in_the_middle_of_a_message(web, sending, direction):
    # Some end within the handshake (about 250 bytes each way), some within a batch or its acknowledgement.
    longest = 20_000 if direction == "upward" else 330
    limits = [random.randint(1, longest) for _ in range(10)]
    proxy = CuttingProxy(web.port, **{direction: limits})
    sent = sending(proxy.url)
    step, until = 0, time.monotonic() + 15
    while proxy.cuts < len(limits) and time.monotonic() < until:
        sent.log(*range(step, step := step + 100))
        time.sleep(0.01)
    assert sent.client.flush(30), f"{proxy.cuts} cuts at {limits}"
    assert proxy.cuts == len(limits), limits
    assert_all_there_once(sent)
    proxy.close()


def keep_logging(sent, seconds):
    """About 500 steps a second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        step = len(sent.steps)
        sent.log(*range(step, step + 50))
        time.sleep(0.1)


def stand_still(web, sent, seconds):
    keep_logging(sent, 0.3)
    web.pause()
    try:
        keep_logging(sent, seconds)
    finally:
        web.go_on()
    # The reconciler looks a few more times.
    keep_logging(sent, 1.5)
    assert sent.client.flush(30)
    assert_all_there_once(sent)
    assert "crashed" not in web.text
    assert Run.objects.get().state == State.RUNNING


@pytest.mark.slow_faults
def test_a_server_that_stands_still_for_a_while(web, sending):
    stand_still(web, sending(), HEARTBEAT_TIMEOUT + 0.5)


@pytest.mark.slow_faults
def test_a_server_that_stands_still_for_a_minute(web, sending):
    stand_still(web, sending(), 60)


@pytest.mark.slow_faults
def test_a_server_killed_and_restarted_twenty_times(web, sending):
    sent = sending()
    for _ in range(20):
        web.start()
        keep_logging(sent, random.uniform(0, 0.5))
        web.kill()
        assert_acknowledged_there(sent)
    web.start()
    assert sent.client.flush(30)
    assert_all_there_once(sent)
    assert Run.objects.get().state == State.RUNNING
