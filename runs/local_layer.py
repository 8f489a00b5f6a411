"""The channel layer of one process, for messages that nobody changes.

The one that comes with Channels copies each message deeply for every receiver, starts a task for each, looks
through all channels with every message, and forgets who joined a group a day ago: a training that runs longer
would no longer hear commands. Twenty pages that watch twenty busy runs cost a core that way.
"""

import asyncio
import time
from typing import Any

from channels.layers import InMemoryChannelLayer

#: Seconds between two looks for channels whose receiver is gone.
CLEAN_EVERY = 30.0


class LocalLayer(InMemoryChannelLayer):
    """Receivers of one ``group_send`` share the message and must not change it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(group_expiry=10**9, **options)
        self._cleaned_at = time.monotonic()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Put the message into the queue of each member; one whose queue is full misses it."""
        self._clean_expired()
        entry = (time.time() + self.expiry, message)
        for channel in self.groups.get(group, ()):
            if channel not in self.channels:
                self.channels[channel] = asyncio.Queue(self.get_capacity(channel))
            if not self.channels[channel].full():
                self.channels[channel].put_nowait(entry)

    def _clean_expired(self) -> None:
        if time.monotonic() - self._cleaned_at >= CLEAN_EVERY:
            self._cleaned_at = time.monotonic()
            super()._clean_expired()
