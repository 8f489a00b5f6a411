"""HTTP/1.1 of uvicorn that can also send a stretch of a file without reading it into this process.

It is ASGI's extension "zero copy send", which uvicorn leaves out: a message {"type": "http.response.zerocopysend",
"file", "offset", "count", "more_body"} goes to the kernel's sendfile. An application that finds the extension in its
scope may send such messages in place of "http.response.body".
"""

import asyncio
import os
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

EXTENSION = "http.response.zerocopysend"


class _Stretch:
    """In place of bytes for h11, which only counts them."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class FileSendingProtocol(H11Protocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._application: Any = self.app  # type: ignore[has-type]
        self.app = self._with_files

    async def _with_files(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_any(message: Any) -> None:
            if message["type"] == EXTENSION:
                await self._send_stretch(message)
            else:
                await send(message)

        scope = {**scope, "extensions": {**scope.get("extensions", {}), EXTENSION: {}}}
        await self._application(scope, receive, send_any)

    async def _send_stretch(self, message: dict[str, Any]) -> None:
        """Raises ConnectionError when the client has gone, OSError when the file is shorter."""
        if self.transport.is_closing():
            raise ConnectionResetError("The client has gone.")
        if self.flow.write_paused:
            await self.flow.drain()
        count = message["count"]
        self.conn.send_with_data_passthrough(h11.Data(data=_Stretch(count)))  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        sent = await loop.sendfile(self.transport, message["file"], message["offset"], count)
        if sent < count:
            # The length was promised; only closing tells the client that it did not come.
            self.transport.abort()
            raise OSError(f"{os.fspath(message['file'].name)} became shorter while it was sent")
