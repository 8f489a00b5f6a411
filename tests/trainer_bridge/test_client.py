"""Every event reaches the server once and in order, whatever happens to the server, the network or the
process.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

from trainer_bridge.blocks import unpack
from trainer_bridge.client import BridgeClient, DeliveryRefused, deliver
from trainer_bridge.protocol import Command, Console, ConsoleLine, Metrics, MetricsBlock, Refused, Warning
from trainer_bridge.spool_file import SpoolBusy, leftover

KEY = ("run1", 1, "trainer")


@pytest.fixture
def connect(server, tmp_path):
    clients = []

    def make(**options) -> BridgeClient:
        client = BridgeClient(server.url, "secret", *KEY, tmp_path / "trainer.spool", **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close(0)


def metrics(step: int) -> Metrics:
    return Metrics(step=step, time=1.0, values={"train/loss": float(step)})


def steps(server) -> list[int]:
    return [metrics.step for event in server.events[KEY] for metrics in measured(event)]


def measured(event) -> list[Metrics]:
    if isinstance(event, MetricsBlock):
        return unpack(event)
    return [event] if isinstance(event, Metrics) else []


def test_events_arrive_with_the_token(server, connect):
    client = connect()
    for step in range(100):
        client.emit(metrics(step))
    assert client.flush(10)
    assert steps(server) == list(range(100))
    assert server.tokens == ["Bearer secret"]


def test_an_event_is_on_its_way_within_milliseconds(server, connect):
    client = connect()
    client.emit(metrics(0))
    assert client.flush(10)
    waits = []
    for step in range(1, 21):
        began = time.perf_counter()
        client.emit(metrics(step))
        server.wait_for(lambda step=step: len(server.events[KEY]) > step)
        waits.append(time.perf_counter() - began)
        time.sleep(0.015)
    assert sorted(waits)[10] < 0.05


def test_a_server_away_at_the_start_gets_everything_when_it_comes(server, connect):
    server.stop()
    client = connect()
    for step in range(50):
        client.emit(metrics(step))
    assert not client.flush(0.3)
    server.start()
    assert client.flush(15)
    assert steps(server) == list(range(50))


def test_a_cut_before_the_acknowledgement_doubles_nothing(server, connect):
    client = connect()
    for step in range(30):
        client.emit(metrics(step))
        if step == 10:
            server.cut_after = 1
        time.sleep(0.002)
    assert client.flush(15)
    assert steps(server) == list(range(30))
    assert server.connections >= 2
    assert server.gaps == []


def test_a_server_that_restarts_again_and_again_misses_nothing(server, connect):
    client = connect()
    step = 0
    for _ in range(4):
        for _ in range(50):
            client.emit(metrics(step))
            step += 1
            time.sleep(0.001)
        server.stop()
        for _ in range(20):
            client.emit(metrics(step))
            step += 1
        server.start()
    assert client.flush(20)
    assert steps(server) == list(range(step))
    assert server.gaps == []


WRITER = """
import sys, time
from trainer_bridge.blocks import unpack
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Metrics
client = BridgeClient(sys.argv[1], "secret", "run1", 1, "trainer", sys.argv[2])
for step in range(5000):
    client.emit(Metrics(step=step, time=1.0, values={"train/loss": float(step)}))
client.flush(0.2)
print("spooled", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_delivered_by_another(server, tmp_path):
    server.stop()
    spool = tmp_path / "trainer.spool"
    process = subprocess.Popen([sys.executable, "-c", WRITER, server.url, str(spool)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"spooled\n"
    with pytest.raises(SpoolBusy):
        deliver(server.url, "secret", *KEY, spool, 1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not deliver(server.url, "secret", *KEY, spool, 0.2)
    server.start()
    assert deliver(server.url, "secret", *KEY, spool, 15)
    assert steps(server) == list(range(5000))
    assert not leftover(spool)
    connections = server.connections
    assert deliver(server.url, "secret", *KEY, spool, 15)
    assert server.connections == connections  # nothing left, so nobody was asked


def test_delivering_what_the_server_has_already_takes_no_time(server, connect, tmp_path):
    client = connect()
    client.emit(metrics(1))
    assert client.flush(10)
    copy = tmp_path / "copy.spool"
    copy.write_bytes(
        (tmp_path / "trainer.spool").read_bytes()
    )  # as a kill right after the acknowledgement left it
    began = time.monotonic()
    assert deliver(server.url, "secret", *KEY, copy, 15)
    assert time.monotonic() - began < 3
    assert steps(server) == [1]


def test_a_lost_spool_goes_on_after_the_servers_number(server, connect, tmp_path):
    first = connect()
    for step in range(5):
        first.emit(metrics(step))
    assert first.close(10)
    (tmp_path / "trainer.spool").unlink()
    second = connect()
    for step in range(5, 10):
        second.emit(metrics(step))
    assert second.flush(10)
    assert steps(server) == list(range(10))


def test_a_final_refusal_ends_the_trying_and_is_said(server, connect, caplog):
    server.refusal = Refused("the run was deleted", final=True)
    client = connect()
    client.emit(metrics(1))
    assert not client.flush(10)
    assert client.refused == "the run was deleted"
    assert "the run was deleted" in caplog.text
    time.sleep(0.3)
    assert server.connections == 1


def test_an_unknown_token_is_refused_before_hello_and_that_is_heard(server, connect):
    server.unwelcome = Refused("the ingest token is unknown", final=True)
    client = connect()
    client.emit(metrics(1))
    assert not client.flush(10)
    assert client.refused == "the ingest token is unknown"


def test_leftovers_that_are_refused_for_good_say_so(server, connect, tmp_path):
    server.refusal = Refused("the run was deleted", final=True)
    client = connect()
    client.emit(metrics(1))
    client.close(0)
    with pytest.raises(DeliveryRefused, match="deleted"):
        deliver(server.url, "secret", *KEY, tmp_path / "trainer.spool", 5)


def test_one_event_that_the_server_refuses_does_not_hold_up_the_rest(server, connect):
    server.refuse_when = lambda event: isinstance(event, Metrics) and event.step == 3
    client = connect()
    for step in range(6):
        client.emit(metrics(step))
    assert client.flush(20)
    assert steps(server) == [0, 1, 2, 4, 5]
    assert [event.code for event in server.of(Warning)] == ["refused event"]


def test_what_the_protocol_does_not_allow_is_cut_and_said_once(server, connect):
    client = connect()
    for step in (1, 2):
        client.emit(Metrics(step=step, time=1.0, values={"train/loss": 0.5, "x" * 300: 1.0}))
    client.emit(Console([ConsoleLine(1.0, "stdout", "é" * 3_000_000)]))
    client.emit(Metrics(step=3, time=1.0, values={f"train/{i}": 1.0 for i in range(300_000)}))
    assert client.flush(15)
    assert [e.values for e in server.of(Metrics) if e.step < 3] == [{"train/loss": 0.5}] * 2
    assert sum(len(e.values) for e in server.of(Metrics) if e.step == 3) == 300_000
    assert len(server.of(Console)[0].lines[0].text) == 10_000
    assert [e.code for e in server.of(Warning)] == ["cut metrics", "cut console"]


def test_a_full_disk_is_said_and_events_still_arrive(server, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    client = BridgeClient(server.url, "secret", *KEY, tmp_path / "file" / "trainer.spool")
    client.emit(metrics(1))
    assert client.close(10)
    assert steps(server) == [1]
    assert "wait in memory" in server.of(Warning)[0].text


def test_commands_reach_the_training(server, connect):
    got = []
    client = connect(on_command=got.append)
    client.emit(metrics(1))
    assert client.flush(10)
    server.command(KEY, Command(id=7, kind="stop", args={"save": True}))
    deadline = time.monotonic() + 5
    while not got and time.monotonic() < deadline:
        time.sleep(0.005)
    assert got == [Command(id=7, kind="stop", args={"save": True})]


def test_a_silent_source_says_that_it_lives(server, connect, monkeypatch):
    monkeypatch.setattr("trainer_bridge.session.PING_EVERY", 0.05)
    connect()
    time.sleep(0.5)
    assert server.pings >= 2


def test_an_address_that_is_none_is_refused_at_once(tmp_path):
    with pytest.raises(ValueError, match="http"):
        BridgeClient("localhost:8000", "secret", *KEY, tmp_path / "trainer.spool")
