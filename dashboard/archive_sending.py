"""Archives on their way to a browser, past Django: its pages decide who gets what, this sends it.

A page that answers with an archive leaves it in the request's scope (runs/exports/response.py). Files in it go out of
the kernel where the server can do that, else block by block out of a thread, so the event loop stays free.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from dashboard.guards import App, Message, Receive, Scope, Send
from dashboard.up.http_protocol import EXTENSION
from runs.exports.archive import Piece
from runs.exports.response import SLOT, Outgoing

#: Bytes that one message to the server asks for.
STRETCH = 8 * 1024 * 1024


class ArchiveSending:
    """ASGI: the application ``app``, whose answers may be archives."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outgoing: list[Outgoing] = []

        async def send_archive(message: Message) -> None:
            if not outgoing or message["type"] != "http.response.body" or message.get("more_body"):
                return await send(message)
            with outgoing[0].archive:
                await _send(outgoing[0], EXTENSION in scope.get("extensions", {}), send)
            return None

        try:
            await self.app({**scope, SLOT: outgoing}, receive, send_archive)
        finally:
            for left in outgoing:
                left.archive.close()


async def _send(outgoing: Outgoing, by_kernel: bool, send: Send) -> None:
    """The whole body. An error after its beginning closes the connection: the length was promised."""
    ahead: list[asyncio.Future[Any]] = []
    try:
        for piece in outgoing.archive.pieces(outgoing.start, outgoing.stop):
            if piece.ahead:
                ahead.append(_in_thread(piece.ahead))
            if by_kernel and piece.file:
                await _send_file(piece, send)
            else:
                await _send_blocks(piece, send)
    finally:
        for future in ahead:
            future.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_file(piece: Piece, send: Send) -> None:
    for start in range(piece.start, piece.stop, STRETCH):
        count = min(STRETCH, piece.stop - start)
        piece.read_ahead(start + count, STRETCH)
        await send(
            {"type": EXTENSION, "file": piece.file, "offset": start, "count": count, "more_body": True}
        )


async def _send_blocks(piece: Piece, send: Send) -> None:
    blocks = piece.blocks()
    while (block := await _in_thread(_next, blocks)) is not None:
        await send({"type": "http.response.body", "body": block, "more_body": True})


def _next(blocks: Iterator[bytes]) -> bytes | None:
    return next(blocks, None)


def _in_thread(function: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().run_in_executor(None, function, *args)
