"""How long an errand takes from the click to its start in a warm child, to its first word, and to its result.

    python -m tests.benchmarks.bench_errands [number]

A rehearsal of the smallest digits run, asked for over REST as the New run page asks, once while nothing trains and once
beside a training that holds the only device slot.
"""

import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from playwright.sync_api import APIRequestContext, sync_playwright

from tests.live import LiveTrainboard, wait_for

SMALL = {"hidden_size": 4, "num_hidden_layers": 1}
SPEC = {"recipe": "digits-vit", "params": SMALL, "args": {"num_train_epochs": 1}}
LONG = {"recipe": "digits-vit", "params": SMALL, "args": {"num_train_epochs": 3000}}
ENDED = ("done", "failed", "cancelled")


def main(number: int = 10) -> None:
    """Print medians in seconds, and how much slower it is beside a training."""
    folder = Path(tempfile.mkdtemp()) / "data"
    with LiveTrainboard(folder) as live, sync_playwright() as playwright:
        api = playwright.request.new_context(base_url=live.url)
        api.get(live.link)
        wait_for(lambda: "warm after" in live.text, "the warm worker", timeout=120)
        alone = measure(api, number)
        run = post(api, "runs", {"project": post(api, "projects", {"name": "bench"})["slug"], "spec": LONG})[
            "id"
        ]
        wait_for(lambda: get(api, f"runs/{run}")["step"] > 0, "the training", timeout=60)
        beside = measure(api, number)
        post(api, f"runs/{run}/commands", {"kind": "kill"})
    for name, before, after in zip(("started", "result"), alone, beside, strict=True):
        print(f"{name}: {before:.3f} s alone, {after:.3f} s beside a training ({after / before:.1f} times)")


def measure(api: APIRequestContext, number: int) -> tuple[float, float]:
    """Medians of the seconds from asking to the start, and to the result."""
    started, ended = [], []
    for _ in range(number):
        began = time.time()
        errand = post(api, "errands", {"kind": "rehearsal", "payload": {"spec": SPEC}})["id"]
        state = wait_for(lambda errand=errand: ended_state(api, errand), "a rehearsal", timeout=60)
        assert state["state"] == "done", state
        started.append(moment(state["started_at"]) - began)
        ended.append(moment(state["ended_at"]) - began)
    return statistics.median(started), statistics.median(ended)


def ended_state(api: APIRequestContext, errand: str) -> dict | None:
    state = get(api, f"errands/{errand}")
    return state if state["state"] in ENDED else None


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def get(api: APIRequestContext, path: str) -> dict:
    return api.get(f"/api/v1/{path}").json()


def post(api: APIRequestContext, path: str, body: dict) -> dict:
    token = next(c["value"] for c in api.storage_state()["cookies"] if c["name"] == "csrftoken")
    answer = api.post(f"/api/v1/{path}", data=body, headers={"X-CSRFToken": token})
    assert answer.ok, answer.text()
    return answer.json()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
