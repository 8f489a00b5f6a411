"""A TCP proxy that cuts connections after so many bytes, wherever in a message that is."""

import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable

#: Closing with a linger of zero sends a reset: what was on its way is gone, as when a cable is pulled.
_RESET = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Forwards to ``port``. Connection n is cut after ``upward[n]`` bytes of the client's or ``downward[n]``
    of the server's; those that come after the lists stay.
    """

    def __init__(self, port: int, *, upward: Iterable[int] = (), downward: Iterable[int] = ()) -> None:
        self._target = port
        self._upward, self._downward = deque(upward), deque(downward)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                self._forward(client, server, self._upward)
                self._forward(server, client, self._downward)

    def _forward(self, source: socket.socket, target: socket.socket, limits: "deque[int]") -> None:
        most = limits.popleft() if limits else None
        threading.Thread(target=self._pump, args=(source, target, most), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, most: int | None) -> None:
        left = most
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data if left is None else data[:left])
                if left is not None and (left := left - len(data)) <= 0:
                    self.cuts += 1
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RDWR)
            end.close()
