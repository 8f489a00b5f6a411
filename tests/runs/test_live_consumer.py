"""A page's websocket: who may open it, what it hears."""

import asyncio
import json
import re
import time

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from django.test import Client

from dashboard.asgi import application
from runs import live, live_consumer
from runs.models import Project
from runs.states import State, transition
from tests.runs.sockets import HOST, OURS, Socket, bridge, closed_with, connected, hello, page, said, told
from trainer_bridge import protocol
from trainer_bridge.protocol import Batch, Console, ConsoleLine, Metrics

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING)


@pytest.fixture
def attempt_and_token(run, make_attempt):
    return make_attempt(run)


async def watch(socket, *run_ids, project=None, console=False):
    wanted = {"runs": list(run_ids), "project": project, "console": console}
    await socket.send_to(text_data=json.dumps({"watch": wanted}))
    # A wrong message is answered, so its answer says that the right one before was dealt with.
    await socket.send_to(text_data="?")
    await told(socket, "error")


def update(run, start, end, **extra):
    return {"type": "update", "run": run.pk, "from": start, "to": end, **extra}


async def test_two_pages_hear_what_a_training_sends(run, attempt_and_token, user):
    attempt, token = attempt_and_token
    pages = [await sync_to_async(page)(user) for _ in range(2)]
    events = [
        Metrics(step=3, time=9.0, values={"train/loss": 0.5}),
        Console([ConsoleLine(1.0, "stdout", "hi")]),
    ]
    async with connected(*pages, bridge(token)) as (first, second, trainer):
        await watch(first, run.pk)
        await watch(second, run.pk, console=True)
        await hello(trainer, attempt)
        await trainer.send_to(bytes_data=protocol.encode(Batch(1, events)))
        await said(trainer)
        without_console = update(run, 0, 1, step=3, points={"train/loss": [[3, None, 9.0, 0.5]]})
        assert await told(first, "update") == without_console
        lines = {"first": 0, "lines": [[1.0, "stdout", "hi"]]}
        assert await told(second, "update") == {**without_console, "console": lines}


async def test_a_page_hears_only_what_it_watches(run, make_run, user):
    other = await sync_to_async(make_run)(State.RUNNING)
    async with connected(await sync_to_async(page)(user)) as (socket,):
        await watch(socket, run.pk)
        await live.apublish(update(other, 0, 1))
        await watch(socket, other.pk)
        await live.apublish(update(run, 0, 1))
        await live.apublish(update(other, 1, 2))
        assert await told(socket, "update") == update(other, 1, 2)
        assert await socket.receive_nothing(timeout=0.2)


async def test_a_transition_and_a_changed_list_are_told(run, user):
    async with connected(await sync_to_async(page)(user)) as (socket,):
        await watch(socket, run.pk, project="digits")
        await sync_to_async(transition)(run.pk, State.STOPPING, reason="stop asked by ada")
        assert await told(socket, "update") == update(run, 0, 1, state="stopping", reason="stop asked by ada")
        await sync_to_async(live.runs_changed)("digits")
        assert await told(socket, "runs") == {"type": "runs", "project": "digits"}


async def test_slots_are_told_at_once(user):
    async with connected(await sync_to_async(page)(user)) as (socket,):
        message = await told(socket, "workers")
        none = {"total": 0, "busy": 0, "queued": 0, "warming": False, "draining": 0, "held": None}
        assert message == {"type": "workers", **none}


async def test_many_updates_become_few_messages(run, user):
    async with connected(await sync_to_async(page)(user)) as (socket,):
        await watch(socket, run.pk)
        began = time.monotonic()
        for version in range(200):
            await live.apublish(update(run, version, version + 1, points={"a": [[version, None, 1.0, 1.0]]}))
        messages, points = 0, 0
        while points < 200:
            message = await told(socket, "update")
            messages += 1
            points += len(message["points"]["a"])
        # At most one in each EVERY seconds, however slow this machine is; far fewer than 200.
        assert messages <= (time.monotonic() - began) / live_consumer.EVERY + 2
        assert messages < 100
        assert message["to"] == 200


async def test_a_slow_page_keeps_no_queue_on_the_server(run, user):
    """While sending blocks, one update waits; afterwards the page is told that it missed something."""
    gate, blocked = asyncio.Event(), asyncio.Event()
    consumers = []

    class Slow(live_consumer.LiveConsumer):
        async def connect(self):
            consumers.append(self)
            await super().connect()

        async def send(self, text_data=None, bytes_data=None, close=False):
            if '"update"' in (text_data or ""):
                blocked.set()
                await gate.wait()
            await super().send(text_data, bytes_data, close)

    headers = (await sync_to_async(page)(user)).scope["headers"]
    socket = Socket(AuthMiddlewareStack(Slow.as_asgi()), "/ws/live/", headers)
    async with connected(socket):
        await watch(socket, run.pk)
        for version in range(40):
            points = {"a": [[i, None, 1.0, 1.0] for i in range(1000)]}
            await live.apublish(update(run, version, version + 1, points=points, step=version))
            await blocked.wait()
        outbox = consumers[0].outbox
        async with asyncio.timeout(10):
            while outbox._newest.get(run.pk) != 40:
                await asyncio.sleep(0.02)
        waiting = outbox.take()
        assert len(waiting) == 1
        assert len(json.dumps(waiting)) < 500_000
        assert (waiting[0]["to"], waiting[0]["step"]) == (40, 39)
        gate.set()


async def test_a_page_without_a_session_is_turned_away(user):
    async with connected(Socket(application, "/ws/live/", [HOST, OURS])) as (socket,):
        assert await closed_with(socket) == live_consumer.NOT_LOGGED_IN


async def test_logging_out_closes_the_pages_of_that_login_only(run, user):
    here, there = await sync_to_async(page)(user), await sync_to_async(page)(user)
    async with connected(here, there):
        await watch(here, run.pk)
        await watch(there, run.pk)
        browser = Client()
        browser.cookies["sessionid"] = dict(here.scope["headers"])[b"cookie"].decode().partition("=")[2]
        answer = await sync_to_async(browser.post)("/logout/")
        assert answer.status_code == 302
        await live.apublish(update(run, 0, 1))
        assert await closed_with(here) == live_consumer.NOT_LOGGED_IN
        assert await told(there, "update") == update(run, 0, 1)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"origin", b"http://evil.example")],
        [(b"origin", b"http://127.0.0.1:9999")],
        [(b"host2", b"")],
    ],
    ids=["another host", "another port", "no origin"],
)
async def test_a_foreign_page_is_turned_away(user, headers):
    assert not await (await sync_to_async(page)(user, *headers)).connect()


async def test_a_foreign_name_that_points_here_is_turned_away(user):
    socket = await sync_to_async(page)(user)
    socket.scope["headers"] = [
        pair for pair in socket.scope["headers"] if pair[0] not in (b"host", b"origin")
    ] + [(b"host", b"evil.example:8000"), (b"origin", b"http://evil.example:8000")]
    assert not await socket.connect()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "the message is not JSON"),
        ("[" * 50_000, "the message is not JSON"),
        ("[]", 'the message must be {"watch": {…}}'),
        ('{"watch": {"runs": "a"}}', "“runs” must be a list of run ids"),
        ('{"watch": {"runs": ["a b"]}}', "“runs” must be a list of run ids"),
        ('{"watch": {"runs": [1]}}', "“runs” must be a list of run ids"),
        ('{"watch": {"project": "../x"}}', "“project” must be the slug of a project or null"),
        ('{"watch": {"console": 1}}', "“console” must be true or false"),
        (
            json.dumps({"watch": {"runs": [f"r{i}" for i in range(1001)]}}),
            "a page can watch 1000 runs, not 1001",
        ),
        (" " * 100_001, "the message has 100001 characters; the most is 100000"),
        (None, "pages send text, not binary frames"),
    ],
)
def test_a_wrong_watch_message_is_refused_with_its_reason(text, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        live_consumer.parse_watch(text)


async def test_a_wrong_message_is_answered_and_the_connection_stays(run, user):
    async with connected(await sync_to_async(page)(user)) as (socket,):
        await watch(socket, run.pk)
        await live.apublish(update(run, 0, 1))
        assert await told(socket, "update") == update(run, 0, 1)


def test_projects_with_the_longest_slug_can_be_watched():
    slug = "a" * Project._meta.get_field("slug").max_length
    assert live_consumer.parse_watch(json.dumps({"watch": {"project": slug}})).project == slug
