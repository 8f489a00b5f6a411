"""The server's end of a bridge, through the real ASGI application and the real writer."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from runs import bridge_consumer, commands
from runs.models import Attempt, Command, Run, Source
from runs.states import State
from tests.runs.sockets import bridge, closed_with, connected, hello, said
from trainer_bridge import protocol
from trainer_bridge.protocol import Ack, Batch, Metrics, Refused, Welcome

pytestmark = pytest.mark.django_db(transaction=True)


def batch(first, *steps):
    events = [Metrics(step=step, time=1.0, values={"train/loss": 1.0}) for step in steps]
    return protocol.encode(Batch(first, events))


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING)


@pytest.fixture
def attempt_and_token(run, make_attempt):
    return make_attempt(run)


def stored(run):
    run = Run.objects.get(pk=run.pk)
    return run.version, run.step, Source.objects.count()


async def test_hello_batch_ack_and_again_after_a_reconnection(run, attempt_and_token):
    attempt, token = attempt_and_token
    async with connected(bridge(token)) as (socket,):
        assert await hello(socket, attempt) == Welcome(protocol.VERSION, 0)
        await socket.send_to(bytes_data=batch(1, 1, 2))
        assert await said(socket) == Ack(2)
    async with connected(bridge(token)) as (socket,):
        assert await hello(socket, attempt) == Welcome(protocol.VERSION, 2)
        await socket.send_to(bytes_data=batch(1, 1, 2))
        await socket.send_to(bytes_data=batch(3, 3))
        assert [await said(socket), await said(socket)] == [Ack(2), Ack(3)]
    assert await sync_to_async(stored)(run) == (2, 3, 1)


@pytest.mark.parametrize("token", ["wrong", ""])
async def test_a_wrong_token_is_told_before_the_connection_closes(run, token):
    async with connected(bridge(token)) as (socket,):
        refused = await said(socket)
        assert isinstance(refused, Refused)
        assert refused.final
        assert await closed_with(socket) == bridge_consumer.WRONG_TOKEN
    assert await sync_to_async(stored)(run) == (0, 0, 0)


async def test_a_token_opens_only_its_own_attempt(attempt_and_token, make_run):
    attempt, token = attempt_and_token
    other = await sync_to_async(make_run)(State.RUNNING)
    async with connected(bridge(token)) as (socket,):
        refused = await hello(socket, attempt, run=other.pk)
        assert (refused.final, refused.reason) == (True, f"the token is not for attempt 1 of run {other.pk}")


async def test_an_attempt_that_was_taken_over_is_refused_for_good(run, attempt_and_token, make_attempt):
    attempt, token = attempt_and_token
    await sync_to_async(make_attempt)(run, 2)
    async with connected(bridge(token)) as (socket,):
        refused = await hello(socket, attempt)
        reason = "attempt 2 of this run has taken over from attempt 1"
        assert refused == Refused(reason, final=True, over=True)


@pytest.mark.parametrize(
    ("version", "where"), [(0, "where it trains"), (protocol.VERSION + 1, "on the server")]
)
async def test_another_version_is_refused_with_both_versions_and_the_cure(attempt_and_token, version, where):
    attempt, token = attempt_and_token
    async with connected(bridge(token)) as (socket,):
        refused = await hello(socket, attempt, version=version)
        assert refused.reason == (
            f"the bridge speaks protocol version {version}, this server version {protocol.VERSION}: "
            f"update the trainboard package {where}"
        )
        # The events must be kept until then.
        assert not refused.final


BAD_FRAMES = {
    "not MessagePack": {"bytes_data": b"\xc1\xc1"},
    "text": {"text_data": '{"type": "batch"}'},
    "unknown type": {"bytes_data": b"\x81\xa4type\xa3foo"},
    "no events": {"bytes_data": b"\x83\xa4type\xa5batch\xa5first\x01\xa6events\x90"},
    "too large": {"bytes_data": b"\x00" * (protocol.MAX_FRAME + 1)},
    "number 0": {"bytes_data": protocol.encode(Batch(0, [Metrics(step=1, time=1.0, values={})]))},
    "negative step": {"bytes_data": protocol.encode(Batch(1, [Metrics(step=-1, time=1.0, values={})]))},
    "hello twice": {"bytes_data": protocol.encode(protocol.Hello(1, "r", 1, "trainer"))},
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_malformed_frame_is_refused_logged_and_changes_nothing(run, attempt_and_token, frame, caplog):
    attempt, token = attempt_and_token
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        await socket.send_to(**frame)
        refused = await said(socket)
        assert isinstance(refused, Refused)
        assert not refused.final
        assert refused.reason in caplog.text
        assert await closed_with(socket) == bridge_consumer.PROTOCOL_ERROR
    assert await sync_to_async(stored)(run) == (0, 0, 1)


async def test_events_before_hello_are_refused(run, attempt_and_token):
    async with connected(bridge(attempt_and_token[1])) as (socket,):
        await socket.send_to(bytes_data=batch(1, 1))
        assert (await said(socket)).reason == "the first frame must be hello, not batch"
    assert await sync_to_async(stored)(run) == (0, 0, 0)


async def test_a_gap_is_refused_and_what_came_before_stays(run, attempt_and_token):
    attempt, token = attempt_and_token
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        await socket.send_to(bytes_data=batch(1, 1))
        await socket.send_to(bytes_data=batch(5, 5))
        assert await said(socket) == Ack(1)
        assert await said(socket) == Refused("expected event 2, but the batch begins with event 5")
    assert await sync_to_async(stored)(run) == (1, 1, 1)


async def test_a_fault_of_the_server_is_not_called_a_refusal(run, attempt_and_token, monkeypatch):
    """The bridge leaves out an event that is refused again and again; a full disk must not lead to that."""

    def broken(sender, batch):
        raise OSError("disk full")

    attempt, token = attempt_and_token
    monkeypatch.setattr(bridge_consumer, "apply_batch", broken)
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        await socket.send_to(bytes_data=batch(1, 1))
        assert await closed_with(socket) == bridge_consumer.SERVER_FAULT


async def test_a_silent_connection_is_ended(attempt_and_token, monkeypatch):
    monkeypatch.setattr(bridge_consumer, "HELLO_WITHIN", 0.05)
    async with connected(bridge(attempt_and_token[1])) as (socket,):
        assert (await said(socket)).reason.startswith("no hello came")
        assert await closed_with(socket) == bridge_consumer.PROTOCOL_ERROR


async def test_a_foreign_page_cannot_open_a_bridge(attempt_and_token):
    assert not await bridge(attempt_and_token[1], (b"origin", b"http://evil.example")).connect()


async def test_a_sign_of_life_is_noted(attempt_and_token):
    attempt, token = attempt_and_token
    old = attempt.heard_at.replace(year=2020)
    await Attempt.objects.filter(pk=attempt.pk).aupdate(heard_at=old)
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        await socket.send_to(bytes_data=protocol.encode(protocol.Ping()))
        await socket.send_to(bytes_data=batch(1, 1))
        assert await said(socket) == Ack(1)
    await attempt.arefresh_from_db()
    assert attempt.heard_at > old


async def test_commands_reach_the_bridge_that_is_there_and_the_one_that_comes(run, attempt_and_token, user):
    attempt, token = attempt_and_token
    saved = await sync_to_async(commands.send_command)(run, "save", {}, user)
    async with connected(bridge(token), bridge(token)) as (trainer, supervisor):
        await hello(trainer, attempt)
        assert await said(trainer) == protocol.Command(saved.pk, "save")
        await hello(supervisor, attempt, source="supervisor")
        stop = await sync_to_async(commands.send_command)(run, "stop", {}, user)
        assert await said(trainer) == protocol.Command(stop.pk, "stop")
        kill = await sync_to_async(commands.send_command)(run, "kill", {}, user)
        assert await said(supervisor) == protocol.Command(kill.pk, "kill")
        assert await trainer.receive_nothing()


async def test_a_received_command_is_not_sent_again(run, attempt_and_token, user):
    attempt, token = attempt_and_token
    command = await sync_to_async(commands.send_command)(run, "save", {}, user)
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        await said(socket)
        ack = protocol.CommandAck(command.pk, "received", time=1.0)
        await socket.send_to(bytes_data=protocol.encode(Batch(1, [ack])))
        assert await said(socket) == Ack(1)
    async with connected(bridge(token)) as (socket,):
        await hello(socket, attempt)
        assert await socket.receive_nothing()
    assert (await Command.objects.aget()).status == "received"


async def test_twenty_bridges_at_once_lose_nothing(make_run, make_attempt):
    pairs = [await sync_to_async(lambda: make_attempt(make_run(State.RUNNING)))() for _ in range(20)]
    sockets = [bridge(token) for _, token in pairs]

    async def train(socket, attempt):
        await hello(socket, attempt)
        for number in range(1, 6):
            await socket.send_to(bytes_data=batch(number, number))
        return [await said(socket) for _ in range(5)]

    async with connected(*sockets):
        answers = await asyncio.gather(*(train(s, a) for s, (a, _) in zip(sockets, pairs, strict=True)))
    assert answers == [[Ack(n) for n in range(1, 6)]] * 20
    assert [s.last async for s in Source.objects.all()] == [5] * 20
