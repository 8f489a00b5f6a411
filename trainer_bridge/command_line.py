"""``python -m trainer_bridge command RUN learning_rate scale=0.5``: ask something of a run from a terminal."""

import json
import urllib.parse
from collections.abc import Iterable
from typing import Any

from trainer_bridge.person_call import call


def command(run: str, kind: str, settings: Iterable[str], server: str, token: str) -> int:
    """Send the command and print how far it came; the exit code, 1 where it was refused.

    "resume" is one too; its settings are those of the run that are to be otherwise, and ``confirm=true``.
    """
    address = f"runs/{urllib.parse.quote(run, safe='')}"
    if kind == "resume":
        answer = call(run, server, token, f"{address}/resume", lambda: _resume_body(settings))
        said = answer and f"{answer['name']} is {answer['state']}"
    else:
        answer = call(run, server, token, f"{address}/commands", lambda: _body(kind, settings))
        said = answer and f"{answer['kind']} {answer['status']}, number {answer['id']}"
    if said:
        print(said)
    return 0 if said else 1


def _body(kind: str, settings: Iterable[str]) -> bytes:
    return json.dumps({"kind": kind, "args": dict(map(_setting, settings))}).encode()


def _resume_body(settings: Iterable[str]) -> bytes:
    changes = dict(map(_setting, settings))
    return json.dumps({"confirm": changes.pop("confirm", False), "set": changes}).encode()


def _setting(text: str) -> tuple[str, Any]:
    """``scale=0.5`` → ("scale", 0.5); what is no JSON is a text. Raises ValueError."""
    name, found, value = text.partition("=")
    if not found:
        raise ValueError(f"“{text}” is no setting; write it like scale=0.5.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
