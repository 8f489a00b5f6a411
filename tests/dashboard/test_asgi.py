"""The ASGI application's edges: bodies too large, unknown sockets, start and stop."""

import asyncio
import json

import pytest
from asgiref.testing import ApplicationCommunicator

from dashboard import lifespan
from dashboard.asgi import application
from dashboard.guards import is_ours

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 1024 * 1024


def post(*headers):
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/projects", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), *headers],
    }  # fmt: skip
    return ApplicationCommunicator(application, scope)


async def answered(request):
    start = await request.receive_output(5)
    body = await request.receive_output(5)
    return start["status"], json.loads(body["body"])


@pytest.mark.parametrize("length", [b"1048577", b"9" * 30, b"-5", b"many"])
async def test_a_body_that_says_it_is_too_large_is_not_read(length):
    request = post((b"content-length", length))
    status, answer = await answered(request)
    assert (status, answer["error"]) == (413, "The request's body is too large: the most is 1024 KiB.")


async def test_a_body_that_grows_too_large_is_cut_off():
    request = post((b"transfer-encoding", b"chunked"))
    for _ in range(3):
        await request.send_input({"type": "http.request", "body": b"x" * (LIMIT // 2), "more_body": True})
    assert (await answered(request))[0] == 413
    await request.wait(5)


async def test_an_unknown_socket_is_turned_away():
    scope = {
        "type": "websocket",
        "path": "/ws/nowhere/",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
    }
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(5))["type"] == "websocket.close"


async def test_the_reconciler_starts_and_stops_with_the_server_and_survives_failures(monkeypatch, caplog):
    rounds = []

    def reconcile(server_start, now):
        rounds.append(server_start)
        raise RuntimeError("the database is away")

    monkeypatch.setattr(lifespan, "RECONCILE_EVERY", 0.01)
    monkeypatch.setattr(lifespan.dispatch, "reconcile", reconcile)
    monkeypatch.setattr(lifespan.dispatch, "forget_the_future", lambda: None)
    server = ApplicationCommunicator(application, {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    assert await server.receive_output(5) == {"type": "lifespan.startup.complete"}
    async with asyncio.timeout(5):
        while len(rounds) < 2:
            await asyncio.sleep(0.01)
    await server.send_input({"type": "lifespan.shutdown"})
    assert await server.receive_output(5) == {"type": "lifespan.shutdown.complete"}
    assert "the reconciler failed" in caplog.text
    # What bridges said while it failed may be lost: time begins anew, and nobody was silent.
    assert rounds[1] > rounds[0]


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("https://localhost", "localhost", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("http://evil.example", "evil.example", False),
        ("null", "127.0.0.1:8000", False),
        ("", "", False),
        ("https://proxy.example", "127.0.0.1:8000", True),
    ],
)
def test_which_pages_may_open_a_socket(settings, origin, host, ours):
    settings.CSRF_TRUSTED_ORIGINS = ["https://proxy.example"]
    assert is_ours(origin, host) is ours
