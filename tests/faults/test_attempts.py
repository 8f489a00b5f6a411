"""Two attempts of one run write at once, batches come twice or in the wrong order."""

import random

import pytest
from websockets.sync.client import connect

from runs import series
from runs.models import Attempt, Run, RunWarning, Source
from runs.states import State
from tests.faults.conftest import assert_all_there_once, stored_lines, stored_steps
from tests.faults.test_connection import keep_logging
from tests.live import wait_for
from trainer_bridge import protocol
from trainer_bridge.client import deliver
from trainer_bridge.protocol import Ack, Batch, Hello, Metrics, Refused, Welcome
from trainer_bridge.spool import Spool

pytestmark = pytest.mark.faults


def test_of_two_attempts_that_write_at_once_the_older_is_refused(web, sending):
    older = sending()
    keep_logging(older, 0.2)
    assert older.client.flush(10)
    rewound = len(older.steps) // 2
    newer = sending(number=2)
    newer.client.emit(protocol.State("running", time=1.0, resumed_step=rewound))
    newer.steps += range(rewound + 1)  # what the shown history has of the first attempt
    newer.lines += [f"line {step}" for step in range(0, rewound + 1, 10)]
    keep_logging(newer, 0.3)
    keep_logging(older, 0.3)
    keep_logging(newer, 0.3)
    wait_for(lambda: older.client.refused, "the refusal")
    assert older.client.refused == "attempt 2 of this run has taken over from attempt 1"
    assert newer.client.flush(10)
    assert not newer.client.refused
    assert stored_steps(newer.run) == newer.steps
    first = stored_steps(newer.run, attempt=1)
    assert first == older.steps[: len(first)]
    assert len(first) > rewound  # the abandoned stretch can still be read
    assert series.check() == []


def batch(first, count):
    events = [
        Metrics(step=n, time=1000.0 + n, values={"train/loss": float(n)}) for n in range(first, first + count)
    ]
    return protocol.encode(Batch(first, events))


def firsts_of_a_confused_bridge(last, early):
    """Where the batches of one connection begin: twice, overlapping, rightly; ``early``: with a gap at last."""
    yield from random.choices([max(1, last - 19), max(1, last - 4), last + 1], k=3)
    yield last + 1
    if early:
        yield 1000


def test_batches_that_come_twice_and_in_the_wrong_order(web, running, sending):
    """What a bridge does that forgets what it sent; a gap ends the connection, and the answer says what is there."""
    attempt = sending().attempt
    token = attempt_token(attempt)
    acknowledged, refused, connections = 0, 0, 0
    while acknowledged < 200:
        connections += 1
        with connect(
            f"ws://127.0.0.1:{web.port}/ws/bridge/", additional_headers=token, compression=None
        ) as socket:
            socket.send(protocol.encode(Hello(protocol.VERSION, running.pk, 1, "trainer")))
            answer = protocol.decode_server_frame(socket.recv(timeout=10))
            assert isinstance(answer, Welcome)
            assert answer.last == acknowledged
            for first in firsts_of_a_confused_bridge(acknowledged, early=connections % 2 == 1):
                socket.send(batch(first, 10))
                answer = protocol.decode_server_frame(socket.recv(timeout=10))
                if first > acknowledged + 1:
                    assert isinstance(answer, Refused)
                    refused += 1
                    break
                assert isinstance(answer, Ack)
                assert answer.last == max(acknowledged, first + 9)
                acknowledged = answer.last
    assert refused
    assert Source.objects.get(attempt=attempt).last == acknowledged
    assert stored_steps(running) == list(range(1, acknowledged + 1))
    assert series.check() == []


def attempt_token(attempt):
    """A fresh secret for the attempt, as a header."""
    from runs import access

    token = access.new_ingest_token()
    Attempt.objects.filter(pk=attempt.pk).update(token_hash=access.hash_token(token))
    return {"Authorization": f"Bearer {token}"}


def test_a_bridge_of_a_later_version_is_told_both_and_its_events_wait(web, sending, monkeypatch, caplog):
    monkeypatch.setattr(protocol, "VERSION", protocol.VERSION + 1)
    sent = sending()
    sent.log(*range(300))
    assert not sent.client.flush(0.5)
    reason = "the bridge speaks protocol version 2, this server version 1: update the trainboard package on the server"
    assert reason in caplog.text
    assert caplog.text.count(reason) < 3  # said, not repeated with every try
    assert stored_steps(sent.run) == []
    # The server is updated.
    monkeypatch.undo()
    assert sent.client.flush(20)
    assert_all_there_once(sent)
    assert Run.objects.get().state == State.RUNNING
    assert not RunWarning.objects.exists()


def test_an_event_of_a_later_version_is_left_out_alone_and_named(web, running, tmp_path, sending):
    """A newer package left it in the spool; an older one delivers it."""
    attempt = sending().attempt
    token = attempt_token(attempt)["Authorization"].partition(" ")[2]
    spool = Spool(tmp_path / "later.spool")
    known = [protocol.encode(Metrics(step=n, time=1.0, values={"train/loss": float(n)})) for n in range(20)]
    spool.append([*known[:10], b"\x81\xa4type\xa8hologram", *known[10:]])
    spool.close()
    assert deliver(web.url, token, running.pk, 1, "other", tmp_path / "later.spool", 20)
    assert stored_steps(running) == list(range(20))
    assert "hologram" in RunWarning.objects.get().text
    assert stored_lines(running) == []
