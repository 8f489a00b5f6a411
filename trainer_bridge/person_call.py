"""One REST call from a terminal, on a person's behalf; what the server refuses becomes lines to print."""

import http.client
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from trainer_bridge.address import bridge_url, is_local

#: Seconds that the server gets: a sweep of hundreds of trials is checked trial by trial.
PATIENCE = 60.0


def call(
    about: str, server: str, token: str, path: str, body: Callable[[], bytes], kind: str = "application/json"
) -> dict[str, Any] | None:
    """POST what ``body`` gives to ``path`` of the API; the answer, or None when it was refused, which is printed.

    ``about`` names in those lines what was sent, such as a file.
    """
    try:
        bridge_url(server)  # says what is wrong with an address
        return _post(server, token, path, body(), kind)
    except urllib.error.HTTPError as error:
        _say(*_refusal(about, error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        _say(f"{about}: {getattr(error, 'reason', None) or error}")
    return None


def _post(server: str, token: str, path: str, data: bytes, kind: str) -> dict[str, Any]:
    # The scheme was checked by bridge_url.
    request = urllib.request.Request(  # noqa: S310
        f"{server.rstrip('/')}/api/v1/{path}",
        data=data,
        headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
    )
    proxies = urllib.request.ProxyHandler({}) if is_local(server) else urllib.request.ProxyHandler()
    with urllib.request.build_opener(proxies).open(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def _refusal(about: str, error: urllib.error.HTTPError) -> list[str]:
    """What the server says against it, a line a problem."""
    with error:
        data = error.read(1_000_000)
    try:
        answer = json.loads(data)
        return [f"{about}: {answer['error']}", *(f"  {k}: {text}" for k, text in answer["problems"].items())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{about}: the server answered {error.code}: {data[:200].decode(errors='replace')}"]


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)
