"""The HTTP answer that streams an archive: constant memory, any stretch of it, the event loop stays free.

Where the server offers to send archives itself (dashboard/archive_sending.py), it is handed the archive; else, as in
tests, Django streams it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from runs.exports.archive import Archive
from runs.exports.ranges import RangeNotSatisfiable, asked_range
from runs.exports.taken import note_taken

#: Key of the request's scope under which the server takes an Outgoing.
SLOT = "trainboard.outgoing"
_TYPES = {"zip": "application/zip", "tar": "application/x-tar"}


@dataclass(frozen=True)
class Outgoing:
    """The bytes from ``start`` to ``stop`` of an open archive, which whoever takes it closes."""

    archive: Archive
    start: int
    stop: int


class Stream:
    """A stretch of an open archive, block by block; the next block is read in a thread while one is sent.

    Under ASGI Django would collect a plain iterator whole before sending. Django calls ``close`` when the answer ends,
    also when it was never sent.
    """

    def __init__(self, archive: Archive, start: int, stop: int) -> None:
        self._archive = archive
        self._blocks = archive.blocks(start, stop)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        upcoming = self._begin()
        try:
            while (block := await upcoming) is not None:
                upcoming = self._begin()
                yield block
        finally:
            with suppress(Exception):
                await upcoming
            self.close()

    def _begin(self) -> "asyncio.Future[bytes | None]":
        return asyncio.get_running_loop().run_in_executor(None, _next, self._blocks)

    def close(self) -> None:
        self._archive.close()


def _next(blocks: Iterator[bytes]) -> bytes | None:
    return next(blocks, None)


def sent_home(request: HttpRequest, archive: Archive, filename: str, checkpoint_id: str) -> HttpResponseBase:
    """The answer that downloads the archive of a checkpoint. Whether the last byte arrives nobody hears: a download
    that begins counts.
    """
    answer = _archive_response(request, archive, filename)
    if request.method == "GET" and answer.status_code in (200, 206):
        note_taken(checkpoint_id)
    return answer


def _archive_response(request: HttpRequest, archive: Archive, filename: str) -> HttpResponseBase:
    """The answer that downloads ``archive`` as ``filename``: the whole of it, or the stretch that is asked for."""
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        # Keeps the gzip middleware off: weights do not shrink, and the length stays known.
        "Content-Encoding": "identity",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": archive.etag,
    }
    try:
        asked = asked_range(request.headers, archive.length, archive.etag)
    except RangeNotSatisfiable:
        archive.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{archive.length}"})
    start, stop = asked or (0, archive.length)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{archive.length}"
    headers |= {"Content-Length": str(stop - start), "Content-Type": _TYPES[filename.rpartition(".")[2]]}
    status = 206 if asked else 200
    if request.method == "HEAD":
        archive.close()
        return HttpResponse(status=status, headers=headers)
    if (slot := getattr(request, "scope", {}).get(SLOT)) is not None:
        slot.append(Outgoing(archive, start, stop))
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(Stream(archive, start, stop), status=status, headers=headers)
