"""POST /api/v1/runs/start: the server makes the run, or knows it already, and gives a secret to report with."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from trainer_bridge.address import is_local
from trainer_bridge.join.local import Meta
from trainer_bridge.rest import PATIENCE, ServerAway

#: Answers that say "later", not "no".
_LATER = (408, 425, 429)


class StartRefused(Exception):
    """The server does not take this run; the text is its reason."""


@dataclass(frozen=True)
class Started:
    """The run as the server has it; ``url`` is its page as this machine reaches it."""

    run: str
    name: str
    attempt: int
    token: str
    url: str


def start(server: str, token: str, meta: Meta) -> Started:
    """Ask for a place for this run. Raises ServerAway (try again), StartRefused (do not)."""
    if not token:
        raise StartRefused(
            "no token was given; set TRAINBOARD_TOKEN to one of `manage.py token --name me --scopes write`"
        )
    body = {name: getattr(meta, name) for name in ("project", "name", "tags", "config", "attempt", "host")}
    answer = _post(server, token, {**body, "id": meta.run})
    try:
        run = str(answer["run"])
        page = f"{server.rstrip('/')}/r/{run}"
        return Started(run, str(answer["name"]), int(answer["attempt"]), str(answer["token"]), page)
    except (KeyError, TypeError, ValueError) as error:
        raise ServerAway(f"{server} is no Trainboard: its answer lacks {error}") from error


def _post(server: str, token: str, body: dict[str, Any]) -> Any:
    proxies = urllib.request.ProxyHandler({}) if is_local(server) else urllib.request.ProxyHandler()
    # The scheme was checked by bridge_url.
    request = urllib.request.Request(  # noqa: S310
        f"{server.rstrip('/')}/api/v1/runs/start",
        data=json.dumps(body, default=str).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.build_opener(proxies).open(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServerAway(str(getattr(error, "reason", error))) from error


def _refusal(error: urllib.error.HTTPError) -> Exception:
    with error:
        text = _reason(error.read(100_000))
    if 400 <= error.code < 500 and error.code not in _LATER:
        return StartRefused(text or f"it answered {error.code}")
    return ServerAway(f"it answered {error.code}: {text}")


def _reason(data: bytes) -> str:
    try:
        answer = json.loads(data)
        problems = [f"{field}: {text}" for field, text in answer.get("problems", {}).items()]
        return " ".join([str(answer["error"]), *problems])
    except (ValueError, KeyError, AttributeError, TypeError):
        return data[:200].decode(errors="replace")
