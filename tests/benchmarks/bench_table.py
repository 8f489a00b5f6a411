"""The runs table with 10,000 runs of 20 settings and 20 metrics: what the server spends on a page, a filter, an order.

Run: python -m tests.benchmarks.bench_table [RUNS] [FOLDER]. A folder that many_runs.py filled is used as it is.
Times are medians of the whole request in this process, template and compression included; beside them stands what
SQLite itself
takes for a query of the same meaning over the tables as they are.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.live_server import memory, report, set_up
from tests.benchmarks.many_runs import METRICS, fill

REPEATS = 9
PAGE = "/p/bench/runs"
FETCH = {"x-requested-with": "fetch"}
FILTER = 'state:finished and eval/f1 > 0.8 and (learning_rate < 1e-3 or tag:"base")'
#: What the two of them come to in SQL.
RAW_SORT = """
SELECT r.id FROM runs_run r LEFT JOIN runs_series s ON s.run_id = r.id AND s.key = 'eval/f1'
WHERE r.project_id = 1 ORDER BY s.max DESC LIMIT 200"""
RAW_FILTER = """
SELECT r.id FROM runs_run r JOIN runs_series s ON s.run_id = r.id AND s.key = 'eval/f1'
WHERE r.project_id = 1 AND r.state = 'finished' AND s.max > 0.8
AND (json_extract(r.spec, '$.args.learning_rate') < 1e-3 OR r.tags LIKE '%"base"%')"""


def timed(action: Callable[[], Any]) -> tuple[float, float]:
    """(milliseconds of wall time, of CPU), medians."""
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as made:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else made).resolve()
        set_up(folder)
        if len(sys.argv) < 3:
            fill(count)
        measure(folder)


def measure(folder: Path) -> None:
    from django.contrib.auth import get_user_model
    from django.test import Client

    person, _ = get_user_model().objects.get_or_create(username="bench")
    client = Client(HTTP_HOST="127.0.0.1", HTTP_ACCEPT_ENCODING="gzip")
    client.force_login(person)
    raw = sqlite3.connect(folder / "trainboard.sqlite3")
    client.get("/healthz")
    before, begun = memory(psutil.Process()), time.perf_counter()
    get(client, PAGE)
    cold = 1000 * (time.perf_counter() - begun)
    report(
        "first look after a start: columns read",
        f"{cold:.0f} ms",
        "",
        "in the background when the server starts",
    )
    report("… memory they take, with the page", f"{memory(psutil.Process()) - before:.0f} MB", "")
    columns = ",".join([*METRICS, *settings()])
    tell("first page", client, PAGE, raw, RAW_SORT)
    tell("first page, 40 columns", client, f"{PAGE}?cols={columns}", raw, RAW_SORT)
    tell("sort by a metric, then a name", client, f"{PAGE}?sort=-eval/f1,name", raw, RAW_SORT, FETCH)
    tell("filter of four terms", client, f"{PAGE}?q={FILTER}", raw, RAW_FILTER, FETCH)
    both = f"{PAGE}?q={FILTER}&sort=-eval/f1&cols={columns}"
    tell("filter and sort, 40 columns", client, both, raw, RAW_FILTER, FETCH)
    tell("page 40 of the scroll", client, f"{PAGE}?sort=-eval/f1&page=40", raw, RAW_SORT, FETCH)
    tell("group by two settings", client, f"{PAGE}?group=learning_rate,optim", raw, RAW_SORT, FETCH)
    tell("completion while typing", client, f"{PAGE}/assist?q=eval/f1>0.8 lear&at=16", raw, RAW_FILTER)
    tell("REST, 200 rows", client, f"/api/v1/projects/bench/runs?q={FILTER}&sort=-eval/f1", raw, RAW_FILTER)
    after_a_batch(client)


def settings() -> list[str]:
    from runs.models import Run

    spec = Run.objects.values_list("spec", flat=True).first() or {}
    return [f"{group}.{name}" for group in ("params", "args") for name in spec[group]]


def get(client: Any, address: str, headers: dict[str, str] | None = None) -> None:
    answer = client.get(address, headers=headers or {})
    assert answer.status_code == 200, (address, answer.status_code)


def tell(
    what: str,
    client: Any,
    address: str,
    raw: sqlite3.Connection,
    query: str,
    headers: dict[str, str] | None = None,
) -> None:
    wall, cpu = timed(lambda: get(client, address, headers))
    limit, _ = timed(lambda: raw.execute(query).fetchall())
    report(what, f"{wall:.0f} ms ({cpu:.0f} CPU)", "≤ 100 ms", f"such a query in SQLite alone {limit:.0f} ms")


def after_a_batch(client: Any) -> None:
    """A page while trainings report: the columns of those runs are read again."""
    from django.db.models import F

    from runs.models import Run

    ids = list(Run.objects.values_list("pk", flat=True)[:64])

    def changed() -> None:
        Run.objects.filter(pk__in=ids).update(version=F("version") + 1)
        get(client, f"{PAGE}?sort=-eval/f1", FETCH)

    wall, cpu = timed(changed)
    report("sort while 64 runs report", f"{wall:.0f} ms ({cpu:.0f} CPU)", "≤ 100 ms")


if __name__ == "__main__":
    main()
