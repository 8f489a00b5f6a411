"""What browsers and bridges are told while it happens, over the channel layer.

A live message is a hint: it may be lost, and whoever missed one fetches what it lacks. So nothing here waits
for a browser, and nothing fails because a message could not be told.
"""

import asyncio
import hashlib
import logging
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from runs.models import Command, Run
from trainer_bridge import protocol

log = logging.getLogger(__name__)

WORKERS = "workers"
#: The server's event loop. Channel layers belong to one loop; code in other threads hands its messages over.
_loop: asyncio.AbstractEventLoop | None = None


def run_group(run_id: str) -> str:
    return f"run.{run_id}"


def project_group(slug: str) -> str:
    return f"project.{slug}"


def bridge_group(run_id: str) -> str:
    return f"bridge.{run_id}"


def session_group(session_key: str) -> str:
    """The pages of one log-in; the key itself is a secret and stays out of the channel layer."""
    return f"session.{hashlib.sha256(session_key.encode()).hexdigest()[:40]}"


def user_group(user_id: int) -> str:
    """The pages of one person, whatever log-in they belong to."""
    return f"user.{user_id}"


def use_this_loop() -> None:
    """Called on the server's event loop, so that other threads find it."""
    global _loop
    _loop = asyncio.get_running_loop()


async def apublish(content: dict[str, Any]) -> None:
    """Tell the browsers that watch it: an "update", "runs" or "workers" message of docs/architecture.md."""
    await _send(_group_of(content), {"type": "live.message", "content": content})


def publish(content: dict[str, Any]) -> None:
    """The same from synchronous code: after the commit, from any thread, without waiting."""
    transaction.on_commit(
        lambda: _hand_over(_group_of(content), {"type": "live.message", "content": content})
    )


def runs_changed(slug: str) -> None:
    """A run of this project was created, deleted or renamed."""
    publish({"type": "runs", "project": slug})


def state_changed(run_id: str, **extra: Any) -> None:
    """Tell that a run moved by one version. Call it in the transaction of the change."""
    run = Run.objects.filter(pk=run_id).only("version", "state", "reason").first()
    if run is None:
        return
    versions = {"from": run.version - 1, "to": run.version}
    publish({"type": "update", "run": run_id, **versions, "state": run.state, "reason": run.reason, **extra})


def errand_changed(user_id: int, errand_id: str, state: str, progress: str) -> None:
    """Tell the pages of the person who asked for it how far an errand is."""
    content = {"type": "errand", "errand": errand_id, "state": state, "progress": progress}
    message = {"type": "live.message", "content": content}
    transaction.on_commit(partial(_hand_over, user_group(user_id), message))


def notified(user_id: int, unread: int, text: str) -> None:
    """Tell the pages of a person how many notifications are unread, and what a new one says ("": none is new)."""
    content = {"type": "notice", "unread": unread, "text": text}
    message = {"type": "live.message", "content": content}
    transaction.on_commit(partial(_hand_over, user_group(user_id), message))


def run_changed(run_id: str, **extra: Any) -> None:
    """Something new stands beside the run (``extra`` says what pages should fetch): one version more."""
    with transaction.atomic():
        Run.objects.filter(pk=run_id).update(version=F("version") + 1)
        state_changed(run_id, **extra)


def logged_out(session_key: str) -> None:
    """Close the open websockets of a log-in that has ended."""
    transaction.on_commit(partial(_hand_over, session_group(session_key), {"type": "live.logged.out"}))


def command_soon(command: Command) -> None:
    """Push a command to the bridges of its run, after the commit."""
    frame = protocol.encode(command_frame(command))
    message = {"type": "bridge.command", "kind": command.kind, "frame": frame}
    group = bridge_group(command.run_id)
    transaction.on_commit(lambda: _hand_over(group, message))


def command_frame(command: Command) -> protocol.Command:
    """The protocol's message for a stored command."""
    kind: Any = command.kind
    return protocol.Command(id=command.pk, kind=kind, args=command.args)


def _group_of(content: dict[str, Any]) -> str:
    if content["type"] == "update":
        return run_group(content["run"])
    if content["type"] == "runs":
        return project_group(content["project"])
    return WORKERS


def _hand_over(group: str, message: dict[str, Any]) -> None:
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(_send(group, message), _loop)
    else:
        # A process that serves no browsers: with Redis the message reaches those that do.
        async_to_sync(_send)(group, message)


async def _send(group: str, message: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except Exception as problem:  # a layer that is away must not fail what is already committed
        log.warning("a live message to %s was not sent: %s", group, problem)
