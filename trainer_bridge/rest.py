"""The REST calls of a worker, with nothing but the standard library."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from trainer_bridge import protocol
from trainer_bridge.address import is_local

#: The header that says which version of the protocol a worker speaks.
VERSION_HEADER = "Trainboard-Protocol"
#: Seconds that the server gets to answer.
PATIENCE = 10.0


class ServerAway(Exception):
    """The server could not be reached, or is not itself; trying again may help."""


class NotAllowed(Exception):
    """The server turns this worker away; the text is its reason."""


class Waiting(NamedTuple):
    """What waits for a worker: queued runs, and errands; recipes that others wait for and it has not."""

    runs: int
    errands: int
    missing: tuple[str, ...] = ()


class WorkerApi:
    """Calls ``/api/v1/workers/<name>/…`` with a bearer token. Every call raises ServerAway or NotAllowed."""

    def __init__(self, server: str, token: str, name: str) -> None:
        self._base = f"{server.rstrip('/')}/api/v1/workers/{quote(name, safe='')}"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._headers[VERSION_HEADER] = str(protocol.VERSION)
        proxies = urllib.request.ProxyHandler({}) if is_local(server) else urllib.request.ProxyHandler()
        self._opener = urllib.request.build_opener(proxies)

    def heartbeat(self, state: str, slots: int, busy: int, info: dict[str, Any]) -> Waiting:
        """Say that the worker lives; how much waits for one."""
        answer = self._post("heartbeat", {"state": state, "slots": slots, "busy": busy, "info": info}) or {}
        missing = tuple(map(str, answer.get("missing", ())))
        return Waiting(int(answer.get("queued", 0)), int(answer.get("errands", 0)), missing)

    def claim(
        self, request: str, room: int = 1, largest: int = 1, labels: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """The next run to train, or None when the queue has none for this worker.

        ``room`` and ``largest`` are the device slots that one run may take now, and at most. ``request`` is a random
        id: after ServerAway the same one asks for the run that may have been given.
        """
        offer = {"room": room, "largest": largest, "labels": list(labels)}
        return self._post("claim", {"request": request, **offer})

    def claim_errand(self) -> dict[str, Any] | None:
        """The next errand, or None when none waits."""
        return self._post("errands", {})

    def tell_errand(self, errand: str, attempt: int, **word: Any) -> bool:
        """A word about an errand (``progress``, or ``result``, ``failure`` and ``details``); whether it is wanted."""
        answer = self._post(f"errands/{quote(errand, safe='')}", {"attempt": attempt, **word})
        return bool(answer and answer["wanted"])

    def report_recipes(self, report: bytes) -> None:
        """The own recipes and scripts that there are now (JSON of trainer_bridge/own/wire.py)."""
        self._send("PUT", "recipes", report)

    # --- checkpoints (keeper.py) ---

    def chores(self) -> dict[str, Any]:
        """Which checkpoints to send and which to take away: {"uploads": […], "removals": […]}."""
        return self._post("chores", {}) or {"uploads": [], "removals": []}

    def begin_upload(self, checkpoint: str, files: list[tuple[str, int, str]]) -> dict[str, int]:
        """Announce (name, bytes, SHA-256) of every file; how many bytes of each the server has."""
        answer = self._post(f"checkpoints/{quote(checkpoint, safe='')}", {"files": files})
        return answer["received"] if answer else {}

    def send_part(self, checkpoint: str, name: str, offset: int, data: bytes) -> int:
        """Bytes of a file from ``offset`` on; how many the server has now."""
        query = urlencode({"file": name, "offset": offset})
        answer = self._send("PUT", f"checkpoints/{quote(checkpoint, safe='')}/part?{query}", data)
        return int(answer["received"]) if answer else offset

    def finish_upload(self, checkpoint: str) -> None:
        """Everything was sent."""
        self._post(f"checkpoints/{quote(checkpoint, safe='')}/finish", {})

    def tell_removed(self, checkpoint: str, action: str) -> None:
        """What was due is taken away."""
        self._post(f"checkpoints/{quote(checkpoint, safe='')}/removed", {"action": action})

    def run_files(self, run: str, path: str) -> list[tuple[str, int, str]]:
        """(name, bytes, SHA-256) of the files of a checkpoint on the server that an attempt here goes on from."""
        answer = self._send("GET", f"runs/{quote(run, safe='')}/checkpoint?{urlencode({'path': path})}", None)
        return [(name, size, sha) for name, size, sha in answer["files"]] if answer else []

    def run_part(self, run: str, path: str, name: str, offset: int) -> bytes:
        """Bytes of one of them from ``offset`` on."""
        query = urlencode({"path": path, "file": name, "offset": offset})
        return self._answer("GET", f"runs/{quote(run, safe='')}/checkpoint/part?{query}", None)[1]

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any] | None:
        return self._send("POST", what, json.dumps(body).encode())

    def _send(self, method: str, what: str, data: bytes | None) -> dict[str, Any] | None:
        status, body = self._answer(method, what, data)
        try:
            return json.loads(body) if status == 200 else None
        except ValueError as error:
            raise ServerAway(str(error)) from error

    def _answer(self, method: str, what: str, data: bytes | None) -> tuple[int, bytes]:
        # The scheme is checked by bridge_url when the worker starts.
        request = urllib.request.Request(  # noqa: S310
            f"{self._base}/{what}", data=data, headers=self._headers, method=method
        )
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerAway(str(getattr(error, "reason", error))) from error


def _refusal(error: urllib.error.HTTPError) -> Exception:
    with error:
        text = error.read(2000).decode(errors="replace")
    if error.code in (401, 403, 409):
        return NotAllowed(_sentence(text) or f"it answered {error.code}: {text[:500]}")
    return ServerAway(f"the server answered {error.code}: {text[:500]}")


def _sentence(text: str) -> str:
    """The sentence of an error as the REST API writes it; "" for what is none."""
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    return str(said.get("error", "")) if isinstance(said, dict) else ""
