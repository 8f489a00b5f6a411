"""The websocket of a page: it says what it watches and hears, at most ten times a second, what happens."""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

import msgspec
from channels.db import database_sync_to_async

from runs import live
from runs.outbox import Outbox
from runs.socket import SocketConsumer
from runs.workers import overview_message

log = logging.getLogger(__name__)

NOT_LOGGED_IN = 4403
#: Seconds between two messages about the same run.
EVERY = 0.1
#: The most runs one page may watch, and the longest message it may send, in characters.
MOST_RUNS = 1000
LONGEST = 100_000
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Watch:
    """What a page looks at."""

    runs: frozenset[str] = frozenset()
    project: str | None = None
    console: bool = False

    def groups(self) -> set[str]:
        groups = {live.run_group(run) for run in self.runs}
        return groups | ({live.project_group(self.project)} if self.project else set())


class LiveConsumer(SocketConsumer):
    """Collects what happens in an outbox; a task of its own empties it as fast as the browser takes it."""

    joined: frozenset[str] = frozenset()
    #: The group of this log-in, whose end ends this connection, and that of the person.
    own: frozenset[str] = frozenset()
    _sending: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        live.use_this_loop()
        await self.accept()
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(NOT_LOGGED_IN, "log in first")
            return
        self.outbox, self._waiting = Outbox(), asyncio.Event()
        session = live.session_group(self.scope["session"].session_key or "")
        self.own = frozenset({session, live.user_group(user.pk)})
        self.joined = frozenset({live.WORKERS})
        for group in self.own | self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        self._put(await database_sync_to_async(overview_message)())
        self._sending = asyncio.create_task(self._send_what_waits())

    async def disconnect(self, code: int) -> None:
        if self._sending is not None:
            self._sending.cancel()
        for group in self.joined | self.own:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._sending is None:
            return
        try:
            watch = parse_watch(text_data)
        except ValueError as error:
            await self.send(json.dumps({"type": "error", "reason": str(error)}))
            return
        await self._follow(watch)

    async def live_message(self, message: dict[str, Any]) -> None:
        """Something happened, says the channel layer."""
        if self._sending is not None:
            self._put(message["content"])

    async def live_logged_out(self, message: dict[str, Any]) -> None:
        """The person has logged out: this page hears nothing any more."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
            await self.close(NOT_LOGGED_IN, "logged out")

    async def _follow(self, watch: Watch) -> None:
        wanted = frozenset(watch.groups() | {live.WORKERS})
        self.outbox.console = watch.console
        self.outbox.forget_runs_except(set(watch.runs))
        for group in wanted - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = wanted

    def _put(self, content: dict[str, Any]) -> None:
        self.outbox.put(content)
        self._waiting.set()

    async def _send_what_waits(self) -> None:
        """The first message of a quiet time goes at once; while the browser is slow, the outbox merges."""
        try:
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                for message in self.outbox.take():
                    await self.send(_encoder.encode(message).decode())
                await asyncio.sleep(EVERY)
        except Exception as problem:
            # A browser that went away while it was being told something; disconnect() follows.
            log.debug("a page can no longer be told anything: %s", problem)


def parse_watch(text: str | None) -> Watch:
    """The page's message {"watch": {"runs", "project", "console"}}. Raises ValueError with a sentence."""
    if text is None:
        raise ValueError("pages send text, not binary frames")
    if len(text) > LONGEST:
        raise ValueError(f"the message has {len(text)} characters; the most is {LONGEST}")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the message is not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("watch"), dict):
        raise ValueError('the message must be {"watch": {…}}')
    watch = message["watch"]
    project, console = watch.get("project"), watch.get("console", False)
    if project is not None and not _is_name(project, 60):
        raise ValueError("“project” must be the slug of a project or null")
    if not isinstance(console, bool):
        raise ValueError("“console” must be true or false")
    return Watch(_run_ids(watch.get("runs", [])), project, console)


def _run_ids(runs: Any) -> frozenset[str]:
    if not isinstance(runs, list) or not all(_is_name(run, 16) for run in runs):
        raise ValueError("“runs” must be a list of run ids")
    if len(runs) > MOST_RUNS:
        raise ValueError(f"a page can watch {MOST_RUNS} runs, not {len(runs)}")
    return frozenset(runs)


def _is_name(value: Any, longest: int) -> bool:
    """Ids and slugs are ASCII letters, digits, - and _: what a group of the channel layer may be called."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isascii():
        return False
    return value.replace("-", "").replace("_", "").isalnum()
