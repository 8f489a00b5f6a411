"""A real websocket server for the bridge protocol, with the server's bookkeeping and every fault on
demand.
"""

import threading
from collections import defaultdict

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from trainer_bridge import protocol
from trainer_bridge.protocol import Ack, Batch, Command, Hello, Refused, Welcome


class BridgeServer:
    """Keeps events per (run, attempt, source), exactly once; survives ``stop`` and ``start`` like a database
    does.
    """

    def __init__(self) -> None:
        self.events: dict[tuple[str, int, str], list] = defaultdict(list)
        self.arrivals: list = []  # the events of all sources in the order in which they came
        self.changed = threading.Condition()
        self.tokens: list[str] = []
        self.pings = 0
        self.connections = 0
        self.gaps: list[str] = []
        self.cut_after: int | None = None  # drop the connection before acknowledging this many more batches
        self.refusal: Refused | None = None  # the answer to every Hello
        self.unwelcome: Refused | None = None  # said before any Hello, as to an unknown token
        self.refuse_when = None  # predicate on an event: refuse the batch that holds one
        self.port = 0
        self._server = None
        self._open: dict[tuple[str, int, str], ServerConnection] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "BridgeServer":
        self._server = serve(
            self._handle, "127.0.0.1", self.port, max_size=protocol.MAX_FRAME, compression=None
        )
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Away at once, without a goodbye to anybody."""
        if self._server is not None:
            self._server.shutdown()
            self._server.socket.close()
            self._server = None
        for connection in list(self._open.values()):
            connection.close_socket()

    def command(self, key: tuple[str, int, str], command: Command) -> None:
        self._open[key].send(protocol.encode(command))

    def wait_for(self, predicate, timeout: float = 10.0) -> None:
        with self.changed:
            assert self.changed.wait_for(predicate, timeout), (
                f"waited {timeout} s in vain; {dict(self.events)}"
            )

    def of(self, kind: type, source: str | None = None) -> list:
        """All stored events of a type."""
        return [
            event
            for key, events in list(self.events.items())
            for event in list(events)
            if isinstance(event, kind) and source in (None, key[2])
        ]

    def _handle(self, connection: ServerConnection) -> None:
        self.connections += 1
        self.tokens.append(connection.request.headers.get("Authorization", ""))
        try:
            if self.unwelcome is not None:
                connection.send(protocol.encode(self.unwelcome))
                return
            hello = protocol.decode_client_frame(connection.recv())
            assert isinstance(hello, Hello)
            if self.refusal is not None:
                connection.send(protocol.encode(self.refusal))
                return
            key = (hello.run, hello.attempt, hello.source)
            self._open[key] = connection
            connection.send(protocol.encode(Welcome(protocol.VERSION, len(self.events[key]))))
            for data in connection:
                self._take(connection, key, protocol.decode_client_frame(data))
        except (ConnectionClosed, EOFError):
            pass

    def _take(self, connection: ServerConnection, key, frame) -> None:
        if not isinstance(frame, Batch):
            self.pings += 1
            return
        if self.refuse_when is not None and any(map(self.refuse_when, frame.events)):
            connection.send(protocol.encode(Refused("an event is not to my taste")))
            return
        with self.changed:
            stored = self.events[key]
            if frame.first > len(stored) + 1:
                self.gaps.append(f"{key}: {frame.first} after {len(stored)}")
            new = frame.events[len(stored) + 1 - frame.first :]
            stored.extend(new)
            self.arrivals.extend(new)
            self.changed.notify_all()
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after <= 0:
                self.cut_after = None
                connection.close_socket()
                return
        connection.send(protocol.encode(Ack(len(stored))))
