"""Archives through the real HTTP server: out of the kernel, any stretch, to the end or visibly not."""

import asyncio
import http.client
import os
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from dashboard.archive_sending import STRETCH, ArchiveSending
from dashboard.up.http_protocol import EXTENSION, FileSendingProtocol
from runs.exports.archive import Archive
from runs.exports.parts import Part
from runs.exports.response import SLOT, Outgoing
from runs.exports.zip_layout import zip_layout
from tests.live import wait_for

SIZE = 2 * STRETCH + 12_345


class Page:
    """An application that answers every request with the archive of its parts, from the byte in the query on."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.archives: list[Archive] = []
        self.kernel: list[bool] = []

    async def __call__(self, scope, receive, send) -> None:
        archive = Archive(self.parts, zip_layout, datetime(2026, 11, 26, tzinfo=UTC))
        self.archives.append(archive)
        self.kernel.append(EXTENSION in scope.get("extensions", {}))
        start = int(scope["query_string"] or 0)
        length = str(archive.length - start).encode()
        scope[SLOT].append(Outgoing(archive, start, archive.length))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def page(tmp_path) -> Page:
    (tmp_path / "weights").write_bytes(os.urandom(SIZE))
    return Page([Part("model.safetensors", SIZE, tmp_path / "weights"), Part("README.md", 2, data=b"hi")])


@pytest.fixture(params=[FileSendingProtocol, "h11"], ids=["kernel", "blocks"])
def port(request, page) -> int:
    """Of a server whose pages are ``page``, with and without sendfile."""
    config = uvicorn.Config(ArchiveSending(page), http=request.param, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
        thread.start()
        wait_for(lambda: server.started, "the server")
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def expected(page: Page) -> bytes:
    with Archive(page.parts, zip_layout, datetime(2026, 11, 26, tzinfo=UTC)) as archive:
        return b"".join(archive.blocks())


def test_every_byte_arrives_and_the_connection_stays_open(page, port):
    whole = expected(page)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for start in (0, 1000, SIZE + 60):
        connection.request("GET", f"/?{start}")
        assert connection.getresponse().read() == whole[start:]
    connection.close()
    assert len(page.archives) == 3
    assert len(set(page.kernel)) == 1
    wait_for(lambda: all(part.file.closed for one in page.archives for part in one._parts[:1]), "closing")


def test_a_client_that_goes_away_leaves_no_file_open(page, port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.recv(1000)
    wait_for(lambda: page.archives and page.archives[0]._parts[0].file.closed, "the file to be closed")


def test_a_file_that_becomes_shorter_breaks_off_instead_of_lying(page, port, tmp_path):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    response = connection.getresponse()
    os.truncate(Path(tmp_path / "weights"), SIZE - 5)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()
