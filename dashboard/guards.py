"""What is turned away before any page sees it: bodies too large, websockets opened from foreign pages."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

not_found = WebsocketDenier.as_asgi()


class OriginGuard:
    """Lets a websocket through when the page that opens it came from this very server.

    Cookies of a host are shared by all its ports, so host and port must both be the ones that were asked for;
    and the host must be one of ours, or a foreign name that points here would pass. ``required``: no Origin,
    no entry.
    """

    def __init__(self, app: App, required: bool) -> None:
        self.app, self.required = app, required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        host = header(scope, b"host") or ""
        allowed = not self.required if origin is None else is_ours(origin, host)
        await (self.app if allowed else not_found)(scope, receive, send)


def is_ours(origin: str, host: str) -> bool:
    """Whether a page of ``origin`` ("http://127.0.0.1:8000") may talk to the server called ``host``."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name, _ = split_domain_port(host)
    return urlsplit(origin).netloc.lower() == host.lower() and validate_host(name, settings.ALLOWED_HOSTS)


class BodyLimit:
    """Answers 413 to a body that is too large, before it is read or written to a disk."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = header(scope, b"content-length") or "0"
        if length.isdigit() and int(length) <= most:
            await self.app(scope, _Counted(receive, send, most), send)
        else:
            await _too_large(send, most)


class _Counted:
    """``receive`` that cuts off a body without a stated length once it grows too large."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self.receive, self.send, self.most, self.left = receive, send, most, most

    async def __call__(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request":
            self.left -= len(message.get("body", b""))
            if self.left < 0:
                await _too_large(self.send, self.most)
                return {"type": "http.disconnect"}
        return message


def header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), None)


async def _too_large(send: Send, most: int) -> None:
    error = f"The request's body is too large: the most is {most // 1024} KiB."
    body = json.dumps({"error": error, "problems": {}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send(
        {"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]}
    )
    await send({"type": "http.response.body", "body": body})
