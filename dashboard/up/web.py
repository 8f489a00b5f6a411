"""One web process: uvicorn with the ASGI application."""

import socket

import uvicorn

from dashboard.up import tether
from dashboard.up.http_protocol import FileSendingProtocol
from trainer_bridge.protocol import MAX_FRAME

#: Seconds an unfinished response gets at the end; open websockets are closed at once.
GRACE = 5


def serve(listener: socket.socket, *, tethered: bool) -> None:
    """Answer on a bound socket until SIGTERM. ``tethered``: a child of `up`, begins at its word."""
    config = uvicorn.Config(
        "dashboard.asgi:application",
        http=FileSendingProtocol,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    config.load()
    _load_pages()
    if tethered:
        tether.wait_for_go()
        tether.stop_with_parent()
    uvicorn.Server(config).run(sockets=[listener])


def _load_pages() -> None:
    """Import every page and the API now, not at the first request."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
