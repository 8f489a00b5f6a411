"""What the server's websockets have in common."""

from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer


class SocketConsumer(AsyncWebsocketConsumer):
    """A consumer without a hop to another thread before every message.

    Channels closes old database connections there; ours are used through ``database_sync_to_async`` and the
    writer, which look after them.
    """

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand a message of the socket or of the channel layer to its method."""
        await getattr(self, get_handler_name(message))(message)
