"""``python -m trainer_bridge launch spec.yaml``: queue what a YAML file describes on a server."""

import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from trainer_bridge.address import bridge_url, is_local

#: Seconds that the server gets: a sweep of hundreds of trials is checked trial by trial.
PATIENCE = 60.0


def launch_file(path: str, server: str, token: str, project: str = "") -> int:
    """Send the file to the server and print the address of what it queued; the exit code, 1 where it refused.

    ``path`` "-" reads standard input. Without a ``project`` the file's own decides.
    """
    try:
        bridge_url(server)  # says what is wrong with an address
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        answer = _post(server, token, project, data)
    except urllib.error.HTTPError as error:
        return _say(*_refusal(path, error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _say(f"{path}: {getattr(error, 'reason', None) or error}")
    trials = f", {answer['trials']} trials" if answer["kind"] == "sweep" else ""
    print(f"{answer['kind']} {answer['name']}{trials}\n{answer['url']}")
    return 0


def _post(server: str, token: str, project: str, data: bytes) -> dict[str, Any]:
    query = f"?{urllib.parse.urlencode({'project': project})}" if project else ""
    # The scheme was checked by bridge_url.
    request = urllib.request.Request(  # noqa: S310
        f"{server.rstrip('/')}/api/v1/launch{query}",
        data=data,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/yaml"},
    )
    proxies = urllib.request.ProxyHandler({}) if is_local(server) else urllib.request.ProxyHandler()
    with urllib.request.build_opener(proxies).open(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def _refusal(path: str, error: urllib.error.HTTPError) -> list[str]:
    """What the server says against it, a line a problem."""
    with error:
        data = error.read(1_000_000)
    try:
        answer = json.loads(data)
        return [f"{path}: {answer['error']}", *(f"  {k}: {text}" for k, text in answer["problems"].items())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{path}: the server answered {error.code}: {data[:200].decode(errors='replace')}"]


def _say(*lines: str) -> int:
    print(*lines, sep="\n", file=sys.stderr)
    return 1
