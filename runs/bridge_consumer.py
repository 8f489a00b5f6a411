"""The server's end of a bridge: one websocket of one source of one attempt."""

import asyncio
import logging
import time
from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from runs import live, series
from runs.access import attempt_for
from runs.commands import open_commands
from runs.ingest import Applied, BatchRefused, Sender, apply_batch, heard, last_number
from runs.models import Attempt
from runs.socket import SocketConsumer
from runs.sweeps import bell
from runs.versions import version_problem
from runs.workers import announce_overview
from runs.writer import writer
from trainer_bridge import protocol

log = logging.getLogger(__name__)

WRONG_TOKEN = 4401
PROTOCOL_ERROR = 4400
REFUSED = 4409
#: What a server closes with when the fault is its own; the bridge then tries again with the same events.
SERVER_FAULT = 1011
#: The most bytes that may stand in the close of a websocket.
LONGEST_REASON = 123
#: Seconds in which a new connection has to say Hello.
HELLO_WITHIN = 10.0
#: Seconds between two signs of life that are stored while nothing else comes.
HEARD_EVERY = 5.0


class BridgeConsumer(SocketConsumer):
    """Takes numbered events, stores them, acknowledges after the commit; pushes commands the other way."""

    attempt: Attempt | None = None
    sender: Sender | None = None
    closed = False
    heard_at = 0.0
    _hello_timer: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        live.use_this_loop()
        await self.accept()
        self.attempt = await _attempt_of(_bearer(self.scope))
        if self.attempt is None:
            await self._refuse(
                "the ingest token is unknown: it was revoked, or belongs to a deleted run or another server",
                WRONG_TOKEN,
                final=True,
            )
            return
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(HELLO_WITHIN, lambda: loop.create_task(self._no_hello()))

    async def disconnect(self, code: int) -> None:
        self.closed = True
        self._stop_timer()
        if self.sender is not None and self.attempt is not None:
            await self.channel_layer.group_discard(live.bridge_group(self.attempt.run_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closed:
            return
        try:
            if bytes_data is None:
                raise protocol.ProtocolError("the bridge sends binary frames, this one is text")
            await self._handle(protocol.decode_client_frame(bytes_data))
        except protocol.ProtocolError as error:
            await self._refuse(str(error), PROTOCOL_ERROR)
        except BatchRefused as refusal:
            await self._refuse(str(refusal), REFUSED, final=refusal.final, over=refusal.over)
        except Exception as problem:
            # Not the bridge's fault: no Refused, or it would leave the event out after some tries.
            log.exception("a frame of run %s could not be stored", self.attempt and self.attempt.run_id)
            await self._end(SERVER_FAULT, f"the server cannot store: {problem}")

    async def bridge_command(self, message: dict[str, Any]) -> None:
        """A command from the channel layer."""
        if self._takes(message["kind"]) and not self.closed:
            await self.send(bytes_data=message["frame"])

    async def _handle(self, frame: protocol.ClientFrame) -> None:
        if isinstance(frame, protocol.Hello):
            await self._hello(frame)
        elif self.sender is None:
            raise protocol.ProtocolError(f"the first frame must be hello, not {type(frame).__name__.lower()}")
        elif isinstance(frame, protocol.Batch):
            await self._batch(self.sender, frame)
        else:
            await self._ping(self.sender)

    async def _hello(self, hello: protocol.Hello) -> None:
        attempt = self._checked(hello)
        self.sender = Sender(attempt.pk, hello.source, hello.late)
        last = await writer.submit(partial(last_number, self.sender), attempt.run_id)
        self._stop_timer()
        await self.send(bytes_data=protocol.encode(protocol.Welcome(protocol.VERSION, last)))
        # The group first: a command given in between comes twice rather than never.
        await self.channel_layer.group_add(live.bridge_group(attempt.run_id), self.channel_name)
        for command in await database_sync_to_async(open_commands)(attempt.run_id):
            if self._takes(command.kind):
                await self.send(bytes_data=protocol.encode(live.command_frame(command)))

    def _checked(self, hello: protocol.Hello) -> Attempt:
        """The attempt that Hello names, if the token is for it and the version is one of ours."""
        if self.sender is not None:
            raise protocol.ProtocolError("hello may be said once")
        if problem := version_problem(hello.version, "bridge"):
            # Not final: the events wait on the training's disk until one of the two was updated.
            raise BatchRefused(problem)
        attempt = self.attempt
        if attempt is None or (hello.run, hello.attempt) != (attempt.run_id, attempt.number):
            raise BatchRefused(f"the token is not for attempt {hello.attempt} of run {hello.run}", final=True)
        return attempt

    async def _batch(self, sender: Sender, batch: protocol.Batch) -> None:
        await self._tell(await writer.submit(partial(apply_batch, sender, batch), self._run_id()))

    async def _ping(self, sender: Sender) -> None:
        if time.monotonic() - self.heard_at >= HEARD_EVERY:
            self.heard_at = time.monotonic()
            await self._tell(await writer.submit(partial(heard, sender), self._run_id()), acknowledge=False)

    async def _tell(self, applied: Applied, acknowledge: bool = True) -> None:
        """After the commit: the bridge may forget the events, browsers hear of them."""
        self.heard_at = time.monotonic()
        if acknowledge:
            await self.send(bytes_data=protocol.encode(protocol.Ack(applied.last)))
        if applied.update is not None:
            await live.apublish(applied.update)
        if applied.slots_changed:
            await database_sync_to_async(announce_overview)()
        if applied.concerns_sweep:
            bell.ring()
        if applied.ended:
            # Nothing more comes: what waits in small pieces is packed, which no reader notices.
            await writer.submit(partial(series.compact, self._run_id()), self._run_id())

    def _takes(self, kind: str) -> bool:
        """The training process ("trainer") takes all commands but kill, which its supervisor takes.

        A run that was started elsewhere has no supervisor: each of its processes ends itself.
        """
        if self.sender is None or self.attempt is None:
            return False
        is_trainer = self.sender.source == "trainer"
        return (self.attempt.run.is_external or not is_trainer) if kind == "kill" else is_trainer

    def _run_id(self) -> str:
        return self.attempt.run_id if self.attempt else ""

    async def _no_hello(self) -> None:
        if self.sender is None and not self.closed:
            await self._refuse(f"no hello came within {HELLO_WITHIN:.0f} s", PROTOCOL_ERROR)

    async def _refuse(self, reason: str, code: int, final: bool = False, over: bool = False) -> None:
        log.warning("a bridge of run %s was refused: %s", self._run_id() or "unknown", reason)
        await self.send(bytes_data=protocol.encode(protocol.Refused(reason, final, over)))
        await self._end(code)

    async def _end(self, code: int, reason: str = "") -> None:
        self.closed = True
        self._stop_timer()
        await self.close(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))

    def _stop_timer(self) -> None:
        if self._hello_timer is not None:
            self._hello_timer.cancel()


def _bearer(scope: dict[str, Any]) -> str:
    """The token of the Authorization header; "" when there is none."""
    value = dict(scope["headers"]).get(b"authorization", b"").decode("latin1")
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@database_sync_to_async
def _attempt_of(token: str) -> Attempt | None:
    return attempt_for(token)
