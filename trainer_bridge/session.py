"""One connection of a bridge: the handshake, batches out, acknowledgements and commands in."""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from trainer_bridge import protocol
from trainer_bridge.protocol import (
    Ack,
    Command,
    Hello,
    Ping,
    ProtocolError,
    Refused,
    Welcome,
    decode_server_frame,
)
from trainer_bridge.spool import Spool

#: Seconds for connecting, and for the server's answer to Hello.
PATIENCE = 10.0
#: Seconds of silence after which the source says that it lives.
PING_EVERY = 5.0
#: The most batches on their way without an acknowledgement.
WINDOW = 8
#: Seconds without any acknowledgement of what was sent, after which the connection is given up.
STALLED = 60.0
#: Seconds between two batches while few events come. Each batch costs a commit of the server and some of this
#: process' time, which is the training's too.
CALM = 0.05
#: So many events that wait are sent at once.
MANY = 100
#: The most bytes of events in one frame (one event may be larger): a commit of the server holds a frame of
#: each bridge, and its memory a few.
FRAME_BYTES = 512 * 1024

CONNECTION_ERRORS = (OSError, WebSocketException, TimeoutError, ProtocolError)


class Refusal(RuntimeError):
    """The server did not take a frame; another try may help."""


class FinalRefusal(Refusal):
    """The server wants nothing of this source, and will not. ``over``: its run goes on without it, or is gone."""

    def __init__(self, reason: str, over: bool = False) -> None:
        super().__init__(reason)
        self.over = over


class Session:
    """One connection. ``sent`` is the highest number sent on it; ``changed`` wakes whoever waits for
    anything.
    """

    def __init__(
        self,
        spool: Spool,
        changed: threading.Condition,
        on_command: Callable[[Command], None],
        stopping: Callable[[], bool],
        hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        """``hurried``: whether somebody waits until everything is acknowledged."""
        self._spool, self._changed, self._on_command, self._stopping = spool, changed, on_command, stopping
        self._hurried = hurried
        self._connection: ClientConnection | None = None
        self._in_flight: deque[int] = deque()
        self._error: Exception | None = None
        self._heard_at = time.monotonic()
        self.sent = 0
        self.acknowledged_any = False
        #: Up to this number events go one by one, because the server refused some batch.
        self.narrow_until = 0
        #: What is sent in the place of events that the server refused, by number.
        self.replaced: dict[int, bytes] = {}

    def open(self, url: str, token: str, hello: Hello, local: bool) -> Welcome:
        """Connect and say hello. Raises CONNECTION_ERRORS, Refusal, FinalRefusal."""
        self._connection = connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            proxy=None if local else True,
            compression=None,
            open_timeout=PATIENCE,
            close_timeout=2,
            max_size=protocol.MAX_FRAME,
            legacy=True,  # a connection, not a context manager that connects again by itself
        )
        # A server that takes nothing makes a send fail instead of block for ever.
        limit = struct.pack("ll", int(PATIENCE), 0)
        self._connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        # A server that knows the token not says why and closes before it hears Hello: its word is read all
        # the same.
        with contextlib.suppress(ConnectionClosed):
            self._connection.send(protocol.encode(hello))
        answer = self._decode(self._connection.recv(timeout=PATIENCE))
        if not isinstance(answer, Welcome):
            raise ProtocolError(f"the server answered Hello with {type(answer).__name__}")
        return answer

    def send_until_over(self, last: int) -> None:
        """Send what stands after ``last`` and everything that comes, until stopped. Raises what ended it."""
        self.sent = last
        threading.Thread(target=self._receive, name="bridge-receive", daemon=True).start()
        silent_since = self._heard_at = time.monotonic()
        sent_at = 0.0
        while True:
            with self._changed:
                wait = silent_since + PING_EVERY - time.monotonic()
                if self._changed.wait_for(lambda: self._over() or self._sendable(), wait):
                    # What comes soon after a batch waits for company.
                    wait = sent_at + CALM - time.monotonic()
                    self._changed.wait_for(lambda: self._over() or self._presses(), wait)
                if self._error is not None:
                    raise self._error
                if self._stopping():
                    return
            self._check_stalled()
            if self._sendable():
                self._send_batch()
                sent_at = time.monotonic()
            elif time.monotonic() - silent_since >= PING_EVERY:
                self._send(protocol.encode(Ping()))
            else:
                continue
            silent_since = time.monotonic()

    def close(self) -> None:
        """Disconnect; may be called in any state."""
        if self._connection is not None:
            self._connection.close()

    def _over(self) -> bool:
        return self._error is not None or self._stopping()

    def _sendable(self) -> bool:
        narrow = self.sent < self.narrow_until
        return self._spool.last > self.sent and len(self._in_flight) < (1 if narrow else WINDOW)

    def _presses(self) -> bool:
        return self._hurried() or self._spool.last - self.sent >= MANY

    def _check_stalled(self) -> None:
        if self._in_flight and time.monotonic() - self._heard_at > STALLED:
            raise TimeoutError(f"nothing was acknowledged for {STALLED:.0f} s")

    def _send_batch(self) -> None:
        most = 1 if self.sent < self.narrow_until else protocol.MAX_BATCH_EVENTS
        payloads = self._spool.pending(self.sent, most, FRAME_BYTES)
        if not payloads:
            return
        first = self.sent + 1
        events = [msgspec.Raw(self.replaced.get(first + i, payload)) for i, payload in enumerate(payloads)]
        frame = msgspec.msgpack.encode({"type": "batch", "first": first, "events": events})
        with self._changed:
            if not self._in_flight:
                self._heard_at = time.monotonic()
            self.sent += len(payloads)
            self._in_flight.append(self.sent)
        self._send(frame)

    def _send(self, frame: bytes) -> None:
        if self._connection is None:
            return
        try:
            self._connection.send(frame)
        except ConnectionClosed as closed:
            # The server may have said why before it closed; the receiving thread comes to it now.
            with self._changed:
                self._changed.wait_for(lambda: self._error is not None, 2)
            raise self._error or closed from closed

    # --- what the server says -----------------------------------------------------------------------------

    def _receive(self) -> None:
        """Take frames until the connection ends; runs on a thread of its own."""
        connection = self._connection
        error: Exception = ConnectionError("the server closed the connection")
        try:
            while connection is not None:
                self._take(self._decode(connection.recv()))
        except ConnectionClosed as closed:
            error = ConnectionError(f"the connection was closed: {closed}")
        except Exception as raised:
            error = raised
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

    def _decode(self, data: bytes | str) -> protocol.ServerFrame:
        frame = decode_server_frame(data.encode() if isinstance(data, str) else data)
        if isinstance(frame, Refused):
            raise FinalRefusal(frame.reason, frame.over) if frame.final else Refusal(frame.reason)
        return frame

    def _take(self, frame: protocol.ServerFrame) -> None:
        if isinstance(frame, Command):
            self._on_command(frame)
        elif isinstance(frame, Ack):
            self._spool.acknowledge(frame.last)
            with self._changed:
                while self._in_flight and self._in_flight[0] <= frame.last:
                    self._in_flight.popleft()
                self._heard_at = time.monotonic()
                self.acknowledged_any = True
                self._changed.notify_all()
