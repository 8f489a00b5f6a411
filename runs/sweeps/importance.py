"""The importance of a sweep's hyperparameters: computed in a process of its own, kept by the results it is of.

``look`` returns at once, whatever it knows: a page asks again while it says "computing".
"""

import json
import logging
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from runs.sweeps.importance_child import LEAST

log = logging.getLogger(__name__)
METHODS = ("fanova", "ped-anova", "plain")
#: Answers that are kept; one of 12 hyperparameters has about 2 kB.
KEPT = 200
#: Seconds that one computation may take; fANOVA of 1,000 trials and 12 hyperparameters takes about 4.
TIME_LIMIT = 120.0
#: What no page asked for again in so many seconds is not begun.
UNWANTED_AFTER = 6.0


@dataclass(frozen=True)
class Measured:
    """What is known of some trials: a value, or None, for each hyperparameter, and the objective."""

    params: list[dict[str, Any]]
    x: list[list[Any]]
    y: list[float]
    greater: bool


@dataclass(frozen=True)
class Importance:
    """``state`` is "ready", "computing", "few" or "failed"; ``rows`` as in importance_child, ``n`` trials long.

    While newer results are being computed ``rows`` are those of the same question before.
    """

    state: str
    method: str
    n: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""


_answers: OrderedDict[str, Importance] = OrderedDict()
_latest: dict[str, Importance] = {}
#: Key of what is asked → when a page asked last; a page that waits asks every second.
_pending: dict[str, float] = {}
_lock = threading.Lock()
# Few at a time, so that a page of sweeps never takes the machine from the trainings.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="importance")


def look(question: str, measured: Measured, method: str) -> Importance:
    """The importance by ``method``. ``question`` names what is asked (sweep and brush), however far its trials are."""
    n = len(measured.y)
    if n < LEAST:
        return Importance(
            "few", method, n, text=f"Importance needs {LEAST} measured trials; there {_are(n)}."
        )
    asked = {
        "method": method,
        "params": measured.params,
        "x": measured.x,
        "y": measured.y,
        "greater": measured.greater,
    }
    text = json.dumps(asked)
    key = blake2b(text.encode(), digest_size=16).hexdigest()
    with _lock:
        if (known := _answers.get(key)) is not None:
            _answers.move_to_end(key)
            return known
        before = _latest.get(f"{question} {method}")
        is_new = key not in _pending
        _pending[key] = time.monotonic()
    if is_new:
        _pool.submit(_compute, key, f"{question} {method}", text, n, method)
    return Importance("computing", method, before.n if before else n, before.rows if before else [])


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _compute(key: str, question: str, text: str, n: int, method: str) -> None:
    if _is_unwanted(key):
        return
    try:
        answer = Importance("ready", method, n, _child(text))
    except (subprocess.SubprocessError, ValueError, OSError) as problem:
        log.warning("importance by %s failed: %s", method, problem)
        answer = Importance(
            "failed", method, n, text="The computation ended early; the log of the server says more."
        )
    with _lock:
        _pending.pop(key, None)
        for kept, name in ((_answers, key), (_latest, question)):
            kept[name] = answer
            while len(kept) > KEPT:
                kept.pop(next(iter(kept)))


def _is_unwanted(key: str) -> bool:
    """Whether the pages have gone on to another brush while this waited for its turn."""
    with _lock:
        if time.monotonic() - _pending.get(key, 0.0) < UNWANTED_AFTER:
            return False
        _pending.pop(key, None)
        return True


def _child(text: str) -> list[dict[str, Any]]:
    """Raises SubprocessError with what the child said last, and ValueError for an answer that is no JSON."""
    command: Sequence[str] = [sys.executable, "-m", "runs.sweeps.importance_child"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIME_LIMIT)  # noqa: S603
    if done.returncode:
        raise subprocess.SubprocessError(
            done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
        )
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return rows
