"""Where the server is: its addresses for REST and for the bridge, and whether a proxy stands between."""

import ipaddress
import random
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def bridge_url(server: str) -> str:
    """The websocket address of the bridge at a server URL. Raises ValueError for anything but http(s)."""
    parts = urlsplit(server)
    scheme = _WEBSOCKET_SCHEMES.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise ValueError(f"the server's address must begin with http:// or https://, not {server!r}")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/ws/bridge/", "", ""))


def is_local(server: str) -> bool:
    """Whether the server is on this machine, so that no proxy of the environment may be asked for it."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def delays(first: float = 0.1, most: float = 10.0) -> Iterator[float]:
    """Seconds to wait before each next try: doubling up to ``most``, each jittered by half."""
    delay = first
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311 (spreads reconnections, guards nothing)
        delay = min(delay * 2, most)
