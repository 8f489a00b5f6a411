"""The bridge's end at the training: events go queue → spool → websocket, and are kept until the server
acknowledges.

``emit`` is one queue put, whatever the disk and the network do. Two threads serve it: the first writes what
is queued into the spool, the second holds the connection and sends from the spool. So a slow network never
delays what must survive a kill, and a slow disk never delays training.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

from trainer_bridge import protocol
from trainer_bridge.address import bridge_url, delays, is_local
from trainer_bridge.outgoing import Outgoing, encoded_warning
from trainer_bridge.protocol import Command, Event, Hello, Welcome
from trainer_bridge.session import CONNECTION_ERRORS, FinalRefusal, Refusal, Session
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import leftover

log = logging.getLogger("trainer_bridge")

#: Seconds in which events are gathered into one write and one frame once they come faster than that.
GATHER = 0.01
#: The most events written at once.
GROUP = 2000
#: Seconds between two fsyncs of the spool.
SYNC_EVERY = 1.0
#: So often the server may refuse one single event before a warning takes its place.
REFUSALS = 3

OnCommand = Callable[[Command], None]


class _Marker:
    """Stands in the queue; ``written`` is set when everything before it is in the spool."""

    def __init__(self, *, last: bool) -> None:
        self.written = threading.Event()
        self.last = last


class DeliveryRefused(RuntimeError):
    """The server will never take these events; the text is its reason."""


class BridgeClient:
    """Delivers the events of one source of one attempt, each once and in order, for as long as the process
    lives.

    ``server`` is the address people use, like "http://127.0.0.1:8000". ``on_command`` is called on a thread
    of the client; ``late`` marks what a process left that has ended. ``refused`` says why the server wants nothing of
    this source ("" while it does), ``over`` that its run goes on without it, ``connected`` whether the connection
    stands now.
    """

    def __init__(
        self,
        server: str,
        token: str,
        run: str,
        attempt: int,
        source: str,
        spool: Path | str,
        on_command: OnCommand | None = None,
        late: bool = False,
    ) -> None:
        """Open the spool and begin. Raises ValueError (address), SpoolBusy (another process has the
        spool).
        """
        self.run, self.attempt, self.source, self._server = run, attempt, source, server
        self._url, self._token = bridge_url(server), token
        self._on_command, self._late = on_command, late
        self._queue: SimpleQueue[Event | _Marker] = SimpleQueue()
        # The queue put is the whole of ``emit``.
        self.emit: Callable[[Event], None] = self._queue.put
        self._spool = Spool(spool)
        self._outgoing = Outgoing()
        self._changed = threading.Condition()
        self._stopping = False
        self._flushing = 0
        self._welcomed = False
        self._offline = self._told_back = False
        self._trouble = ""
        self._seen_problem, self._seen_dropped = "", 0
        self._narrow_until, self._refusals = 0, 0
        self._replaced: dict[int, bytes] = {}
        self.refused = ""
        self.over = False
        self.connected = False
        self._threads = [
            threading.Thread(target=target, name=f"bridge-{source}-{name}", daemon=True)
            for name, target in (("spool", self._spool_loop), ("network", self._network_loop))
        ]
        for thread in self._threads:
            thread.start()

    def flush(self, timeout: float) -> bool:
        """Wait until the server has acknowledged everything emitted so far; say whether it has."""
        return self._flush(_Marker(last=False), timeout)

    def close(self, timeout: float) -> bool:
        """Deliver what is there within ``timeout`` seconds, then disconnect and release the spool.

        Returns whether everything was delivered; what was not stays in the spool, for ``deliver``.
        """
        if not self._threads[0].is_alive():
            return self._spool.acknowledged >= self._spool.last
        delivered = self._flush(_Marker(last=True), timeout)
        self._threads[0].join(5)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._threads[1].join(1)
        self._spool.close()
        return delivered

    def _flush(self, marker: _Marker, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        self._queue.put(marker)
        # Writing to the spool is not cut short: it is what makes the events survive.
        if not marker.written.wait(max(timeout, 5)):
            return False
        mark = self._spool.mark()
        with self._changed:
            self._flushing += 1
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._spool.is_acknowledged(mark) or bool(self.refused), deadline - time.monotonic()
            )
            self._flushing -= 1
        return self._spool.is_acknowledged(mark)

    # --- queue → spool ------------------------------------------------------------------------------------

    def _spool_loop(self) -> None:
        ended, written_at, synced_at = False, 0.0, 0.0
        while not ended:
            group, markers = self._next_group(written_at + GATHER)
            ended = any(marker.last for marker in markers)
            self._store(group)
            written_at = time.monotonic()
            for marker in markers:
                marker.written.set()
            if written_at - synced_at >= SYNC_EVERY:
                self._spool.sync()
                synced_at = time.monotonic()

    def _next_group(self, not_before: float) -> tuple[list[Event], list[_Marker]]:
        """What is queued, after waiting for something (up to a second) and, when busy, for more of it."""
        group: list[Event] = []
        markers: list[_Marker] = []
        try:
            item = self._queue.get(timeout=SYNC_EVERY)
            if not isinstance(item, _Marker):
                time.sleep(max(not_before - time.monotonic(), 0))
            while True:
                (markers if isinstance(item, _Marker) else group).append(item)  # type: ignore[arg-type]
                if len(group) >= GROUP:
                    break
                item = self._queue.get_nowait()
        except Empty:
            pass
        return group, markers

    def _store(self, events: list[Event]) -> None:
        try:
            payloads = list(self._outgoing.payloads_of(events))
            self._spool.append(payloads + self._disk_warnings())
        except Exception:
            log.exception("%d events of run %s could not be kept", len(events), self.run)
        with self._changed:
            self._changed.notify_all()

    def _disk_warnings(self) -> list[bytes]:
        """What a person should know about the spool's disk since the last look."""
        spool, texts = self._spool, []
        if spool.cut_bytes:
            texts.append(f"{spool.cut_bytes} damaged bytes at the end of {spool.path} were left out.")
            spool.cut_bytes = 0
        if spool.dropped > self._seen_dropped:
            self._seen_dropped = spool.dropped
            texts.append(
                f"{spool.dropped} events were dropped: the disk refuses and the memory set aside is full."
            )
        elif spool.problem and not self._seen_problem:
            texts.append(f"Events wait in memory ({spool.waiting} now), not on the disk: {spool.problem}.")
        self._seen_problem = spool.problem
        for text in texts:
            log.warning("run %s: %s", self.run, text)
        return [encoded_warning("spool", text) for text in texts]

    # --- spool → network ----------------------------------------------------------------------------------

    def _network_loop(self) -> None:
        pauses = delays()
        while not self._stopping:
            began = time.monotonic()
            session = Session(
                self._spool,
                self._changed,
                self._handle_command,
                stopping=lambda: self._stopping,
                hurried=lambda: self._flushing > 0,
            )
            try:
                self._converse(session)
            except FinalRefusal as refusal:
                self.over = refusal.over
                self._note_final(str(refusal))
                return
            except Refusal as refusal:
                self._note_refusal(session, str(refusal))
            except CONNECTION_ERRORS as error:
                self._note_offline(error)
            except Exception:
                log.exception("run %s: the connection to %s failed", self.run, self._server)
            finally:
                self.connected = False
                session.close()
            if session.acknowledged_any or time.monotonic() - began > 10:
                pauses = delays()
                self._trouble, self._told_back = "", False
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, next(pauses))

    def _converse(self, session: Session) -> None:
        hello = Hello(protocol.VERSION, self.run, self.attempt, self.source, self._late)
        welcome = session.open(self._url, self._token, hello, is_local(self._server))
        self._settle(welcome)
        with self._changed:
            self.connected = True
            self._changed.notify_all()
        if self._offline and not self._told_back:
            log.info("run %s: connected to %s again", self.run, self._server)
            self._told_back = True
        self._offline = False
        session.narrow_until, session.replaced = self._narrow_until, self._replaced
        session.send_until_over(welcome.last)

    def _settle(self, welcome: Welcome) -> None:
        """Bring the spool's numbers and the server's together."""
        spool = self._spool
        if not self._welcomed and welcome.last > spool.opened_last:
            # An earlier spool of this source is gone: what this process wrote comes after what the server
            # has.
            spool.renumber(spool.opened_last, welcome.last + 1)
        elif welcome.last < spool.first - 1:
            # The server went back to an older state, to before what this file still has.
            lost = spool.first - 1 - welcome.last
            spool.renumber(spool.first - 1, welcome.last + 1)
            spool.append(
                [encoded_warning("server lost", f"The server lost {lost} events that it had acknowledged.")]
            )
        spool.acknowledge(welcome.last)
        self._welcomed = True

    def _handle_command(self, command: Command) -> None:
        if self._on_command is None:
            return
        try:
            self._on_command(command)
        except Exception:
            log.exception("run %s: the command %s failed", self.run, command.kind)

    def _note_offline(self, error: Exception) -> None:
        if not self._offline and not self._stopping:
            self._warn_once(
                f"no connection to {self._server} ({error}); events wait on the disk, training goes on"
            )
        self._offline = True

    def _warn_once(self, trouble: str) -> None:
        """Log a trouble, but not again with every try that meets it."""
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("run %s: %s", self.run, trouble)

    def _note_final(self, reason: str) -> None:
        log.error("run %s: the server wants no more of this run (%s); training goes on", self.run, reason)
        with self._changed:
            self.refused = reason
            self._changed.notify_all()

    def _note_refusal(self, session: Session, reason: str) -> None:
        """The server did not take a frame: send one event at a time, to find the one, and then leave that one
        out.
        """
        self._warn_once(f"the server refused a message: {reason}")
        number = self._spool.acknowledged + 1
        if session.sent != number or self._narrow_until < number:
            self._narrow_until, self._refusals = max(session.sent, self._narrow_until), 0
            return
        self._refusals += 1
        if self._refusals >= REFUSALS:
            self._replaced[number] = encoded_warning(
                "refused event", f"The server refused an event: {reason}"
            )
            self._refusals = 0


def deliver(
    server: str,
    token: str,
    run: str,
    attempt: int,
    source: str,
    spool: Path | str,
    timeout: float,
    late: bool = False,
) -> bool:
    """Send what a dead process left in its spool; say whether the server has all of it now.

    ``late``: nothing of its attempt lives any more.
    Raises SpoolBusy (the process still lives), DeliveryRefused (the server will never take it).
    """
    if not leftover(Path(spool)):
        return True
    client = BridgeClient(server, token, run, attempt, source, spool, late=late)
    delivered = client.close(timeout)
    if client.refused:
        raise DeliveryRefused(client.refused)
    return delivered
