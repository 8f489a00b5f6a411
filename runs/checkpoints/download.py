"""The HTTP answer that streams a checkpoint's zip: constant memory, the event loop stays free."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from runs.checkpoints.export import Export, OpenZip


class ZipDownload:
    """An open zip as an asynchronous stream. Each block is read in a thread, when the last is taken.

    Under ASGI Django would collect a plain iterator whole before sending. Django calls ``close`` when the
    answer ends, also when it was never sent.
    """

    def __init__(self, archive: OpenZip) -> None:
        self._archive = archive

    async def __aiter__(self) -> AsyncIterator[bytes]:
        blocks = self._archive.blocks()
        try:
            while (block := await _next_block(blocks)) is not None:
                yield block
        finally:
            self.close()

    def close(self) -> None:
        self._archive.close()


@sync_to_async(thread_sensitive=False)
def _next_block(blocks: Iterator[bytes]) -> bytes | None:
    return next(blocks, None)


def zip_response(export: Export) -> StreamingHttpResponse:
    """The answer that downloads ``export``. Raises CheckpointRefused when a file went meanwhile."""
    archive = OpenZip(export)
    return StreamingHttpResponse(
        ZipDownload(archive),
        content_type="application/zip",
        headers={
            "Content-Length": str(archive.length),
            "Content-Disposition": f'attachment; filename="{export.filename}"',
            # Keeps the gzip middleware off: weights do not shrink, and the length stays known.
            "Content-Encoding": "identity",
            "Cache-Control": "private, no-store",
        },
    )
