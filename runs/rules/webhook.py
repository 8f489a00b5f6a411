"""One call of a webhook: signed, to an address that was looked at, without following it anywhere else.

The server calls an address that a person typed, so it must not become a way into what only the server can reach. The
name is resolved here, each address is judged, and the connection goes to that very address: a name that points
somewhere else a moment later changes nothing.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

#: Seconds for connecting and for each answer.
TIMEOUT = 10.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotSent(Exception):
    """The call did not succeed; the text says why."""


def address_problem(url: str) -> str:
    """Why ``url`` cannot be a webhook as it is written, "" if it can. Looks nothing up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"“{url}” is no address. Write it like https://example.org/hook."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"“{url}” is no web address. Write it like https://example.org/hook."
    if parts.username or parts.password:
        return (
            "The address holds a user name or password, which would be shown to everybody here. Take it out."
        )
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url or port == 0:
        return "The address is too long or holds characters that no address has."
    return _literal_problem(parts.hostname)


def _literal_problem(host: str) -> str:
    try:
        return forbidden(ipaddress.ip_address(host))
    except ValueError:
        return ""


def forbidden(address: Address) -> str:
    """Why this server calls no webhook at ``address``, "" where it does."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in ipaddress.ip_network(network) for network in settings.WEBHOOK_NETWORKS):
        return ""
    if plain.is_global and not plain.is_multicast:
        return ""
    return (
        f"{plain} is not on the public internet. Whoever runs this server can allow its network in "
        "TRAINBOARD_WEBHOOK_NETWORKS."
    )


def secret_of(project_id: int) -> str:
    """What the webhooks of a project are signed with; it follows from the server's secret key."""
    return salted_hmac("runs.rules.webhook", str(project_id), algorithm="sha256").hexdigest()


def signature(secret: str, moment: int, body: bytes) -> str:
    """``t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>``."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def call(url: str, content: dict[str, Any], *, project_id: int, delivery_id: int) -> None:
    """POST ``content`` as JSON. Raises NotSent unless the answer is 2xx; what it says beside is not read."""
    if wrong := address_problem(url):
        raise NotSent(wrong)
    parts = urlsplit(url)
    body = json.dumps(content).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Trainboard",
        "X-Trainboard-Event": str(content.get("event", "")),
        "X-Trainboard-Delivery": str(delivery_id),
        "X-Trainboard-Signature": signature(secret_of(project_id), int(time.time()), body),
    }
    try:
        status, reason = _post(parts, body, headers)
    except (OSError, http.client.HTTPException) as problem:
        raise NotSent(f"{type(problem).__name__}: {problem}") from problem
    if not 200 <= status < 300:
        raise NotSent(f"answered {status} {reason}".rstrip())


def _post(parts: SplitResult, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    kind = _Https if parts.scheme == "https" else _Http
    connection = kind(host, port, timeout=TIMEOUT)
    connection.address = _looked_up(host, port)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.reason
    finally:
        connection.close()


def _looked_up(host: str, port: int) -> str:
    """An address of ``host`` that may be called. One forbidden address among them forbids the name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        raise NotSent(f"the name {host} was not found: {problem}") from problem
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if wrong := forbidden(ipaddress.ip_address(address.partition("%")[0])):
            raise NotSent(wrong)
    return addresses[0]


class _Http(http.client.HTTPConnection):
    """Connects to ``address``, whatever the name means by now."""

    address = ""

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _Https(_Http):
    def connect(self) -> None:
        super().connect()
        # The certificate is for the name, not for the address.
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
