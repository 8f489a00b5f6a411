"""Both ends of the server's websockets, against the real ASGI application."""

import json
from contextlib import asynccontextmanager

from asgiref.testing import ApplicationCommunicator
from django.test import Client

from dashboard.asgi import application
from trainer_bridge import protocol

#: Seconds until a test gives up; machines that run tests are busy.
PATIENCE = 20
HOST = (b"host", b"127.0.0.1:8000")
OURS = (b"origin", b"http://127.0.0.1:8000")


class Socket(ApplicationCommunicator):
    """A client's websocket. (channels.testing has one too, but it imports daphne, which we do not need.)"""

    def __init__(self, app, path, headers):
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(app, scope)

    async def connect(self, timeout=PATIENCE):
        """Whether the server accepts."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(timeout))["type"] == "websocket.accept"

    async def send_to(self, text_data=None, bytes_data=None):
        content = {"bytes": bytes_data} if text_data is None else {"text": text_data}
        await self.send_input({"type": "websocket.receive", **content})

    async def receive_from(self, timeout=PATIENCE):
        """The next frame, text or bytes."""
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return message.get("text") or message["bytes"]

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(PATIENCE)


def bridge(token, *headers):
    """A bridge's websocket with this ingest token, not connected yet."""
    bearer = (b"authorization", f"Bearer {token}".encode())
    return Socket(application, "/ws/bridge/", [HOST, bearer, *headers])


def page(user, *headers):
    """A page's websocket with the session of ``user``, not connected yet."""
    client = Client()
    client.force_login(user)
    cookie = (b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode())
    return Socket(application, "/ws/live/", [HOST, cookie, *(headers or (OURS,))])


async def said(socket):
    """The next frame of the server to a bridge."""
    return protocol.decode_server_frame(await socket.receive_from(timeout=PATIENCE))


async def closed_with(socket):
    """The code with which the server closes."""
    message = await socket.receive_output(timeout=PATIENCE)
    assert message["type"] == "websocket.close"
    return message["code"]


async def told(socket, kind):
    """The next message of this type to a page; others are passed over."""
    while True:
        message = json.loads(await socket.receive_from(timeout=PATIENCE))
        if message["type"] == kind:
            return message


async def hello(socket, attempt, source="trainer", **changes):
    """Say hello and give back the answer."""
    fields = {"version": protocol.VERSION, "run": attempt.run_id, "attempt": attempt.number, "source": source}
    await socket.send_to(bytes_data=protocol.encode(protocol.Hello(**fields | changes)))
    return await said(socket)


@asynccontextmanager
async def connected(*sockets):
    """The sockets, connected, and disconnected at the end."""
    for socket in sockets:
        assert await socket.connect()
    yield sockets
    for socket in sockets:
        await socket.disconnect()
