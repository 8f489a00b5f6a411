"""How fast the metric store is, each figure beside what it should reach and what the machine itself can do.

Run as `python tests/benchmarks/bench_store.py` from the repository's root. It makes a data folder of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
KEY = "train/loss"


def set_up(folder: str) -> None:
    """Django on the data folder; tables made if there are none."""
    os.environ["TRAINBOARD_DATA_DIR"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def report(what: str, figure: str, reach: str, limit: str = "") -> None:
    print(f"{what:<56} {figure:>18}   reach {reach:<16} {limit}", flush=True)


def milliseconds(call: Callable[[], object], times: int = 9) -> tuple[float, float, float]:
    """In ms: the first call, the median of the following, and their median CPU time (for busy machines)."""
    spent, cpu = [], []
    for _ in range(times):
        start, cpu_start = time.perf_counter(), time.process_time()
        call()
        spent.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - cpu_start) * 1000)
    return spent[0], statistics.median(spent[1:]), statistics.median(cpu[1:])


def losses(n: int, seed: int = 0):
    """Steps, times and values of a noisy loss curve, as a Trainer would log it every step at 10 Hz."""
    import numpy as np

    rng = np.random.default_rng(seed)
    steps = np.arange(1, n + 1)
    times = 1.79e9 + np.cumsum(rng.normal(0.1, 0.01, n).clip(0.01))
    values = 2.5 * steps**-0.15 + rng.normal(0, 0.05, n)
    return steps.tolist(), times.tolist(), values.tolist()


def events(n: int, keys: int = 1, seed: int = 0) -> list:
    from trainer_bridge.protocol import Metrics

    columns = [losses(n, seed + k) for k in range(keys)]
    names = [KEY, *(f"train/metric_{k}" for k in range(1, keys))]
    steps, times, _ = columns[0]
    values = zip(*(column[2] for column in columns), strict=True)
    return [
        Metrics(step=s, time=t, epoch=s / 500, values=dict(zip(names, row, strict=True)))
        for s, t, row in zip(steps, times, values, strict=True)
    ]


def new_run(name: str):
    from runs.models import Project, Run

    project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    return Run.objects.create(project=project, name=name)


def fill(run_id: str, metrics: list, size: int) -> float:
    """Append in batches, one commit each; seconds."""
    from django.db import transaction

    from runs import series

    start = time.perf_counter()
    for i in range(0, len(metrics), size):
        with transaction.atomic():
            series.append(run_id, 1, metrics[i : i + size])
    return time.perf_counter() - start


def raw_writes(points: int, size: int) -> float:
    """Points/s when as many numbers (step, time, value) go into SQLite as ready blobs, one commit a batch."""
    from django.db import connection, transaction

    blob = os.urandom(24 * size)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, data BLOB)")
        start = time.perf_counter()
        for _ in range(points // size):
            with transaction.atomic():
                cursor.execute("INSERT INTO raw (data) VALUES (%s)", [blob])
        spent = time.perf_counter() - start
        cursor.execute("DROP TABLE raw")
    return points / spent


def bench_append() -> None:
    for size in (10, 100, 1000, 5000):
        steps = min(20_000, size * 200)
        metrics = events(steps, keys=10)
        cpu = time.process_time()
        spent = fill(new_run(f"append {size}").id, metrics, size)
        cpu = time.process_time() - cpu
        points = 10 * steps
        raw = raw_writes(points, size * 10) / 1000
        report(
            f"append, 10 metrics a step, {size} steps a commit",
            f"{points / spent / 1000:,.0f}k points/s",
            "≥ 500k all in",
            f"{cpu / points * 1e6:.2f} µs CPU a point; raw blobs {raw:,.0f}k points/s",
        )


def bench_live() -> None:
    """64 runs that each bring one step of 10 metrics to one commit."""
    from django.db import transaction

    from runs import series

    ids = [new_run(f"live {i}").id for i in range(64)]
    metrics = events(100, keys=10)
    start, cpu = time.perf_counter(), time.process_time()
    for event in metrics:
        with transaction.atomic():
            series.append_many((run_id, 1, [event]) for run_id in ids)
    spent, cpu = (time.perf_counter() - start) / 100, (time.process_time() - cpu) / 100
    report(
        "append_many, 64 runs × 1 step × 10 metrics, one commit",
        f"{spent * 1000:.1f} ms",
        "≤ 100 ms (10 Hz)",
        f"{cpu * 1000:.1f} ms CPU",
    )


def bench_long(n: int = 1_000_000) -> str:
    from runs import series

    run = new_run("long")
    metrics = events(n)
    metrics[777_777 % n].values[KEY] = 99.0
    spent = fill(run.id, metrics, 5000)
    report(f"append, 1 metric, {n:,} steps, 5,000 a commit", f"{n / spent / 1000:,.0f}k points/s", "")
    start = time.perf_counter()
    series.compact(run.id)
    report("compact the same run", f"{(time.perf_counter() - start) * 1000:.0f} ms", "")
    return run.id


def bench_long_reads(run_id: str, n: int = 1_000_000) -> None:
    from runs import series
    from runs.series.wire import encode_array

    (data,) = series.read([run_id], [KEY])
    spike = "spike there" if 99.0 in data.y else "SPIKE LOST"
    body = json.dumps({"x": encode_array(data.x), "y": encode_array(data.y)}).encode()
    _, warm, cpu = milliseconds(lambda: series.read([run_id], [KEY]))
    cold = cold_read(run_id)
    memory = memory_limit(n)
    report(f"read {n:,} points → {len(data.x):,}, cold (new process)", f"{cold:.1f} ms", "≤ 25 ms", spike)
    report(
        f"read {n:,} points → {len(data.x):,}, warm",
        f"{warm:.1f} ms",
        "≤ 10 ms",
        f"{cpu:.1f} ms CPU; in memory {memory:.1f} ms",
    )
    report(
        "… on the wire, deflated",
        f"{len(zlib.compress(body, 6)) / 1000:.1f} kB",
        "≤ 30 kB",
        f"x and y of {len(data.x):,} points, {len(body) / 1000:.1f} kB before",
    )
    for axis in ("epoch", "relative"):
        _, warm, cpu = milliseconds(lambda axis=axis: series.read([run_id], [KEY], x=axis))
        report(f"… by {axis}, warm", f"{warm:.1f} ms", "≤ 10 ms", f"{cpu:.1f} ms CPU")
    window = (n * 0.5, n * 0.51 - 1)
    _, warm, cpu = milliseconds(lambda: series.read([run_id], [KEY], x_range=window, max_points=n))
    (part,) = series.read([run_id], [KEY], x_range=window, max_points=n)
    what = f"window of 1 % at full resolution ({len(part.x):,} points)"
    report(what, f"{warm:.1f} ms", "≤ 10 ms", f"{cpu:.1f} ms CPU")


def memory_limit(n: int) -> float:
    """Milliseconds to downsample the bare values, were they in memory."""
    import numpy as np
    from tsdownsample import MinMaxDownsampler

    values = np.array(losses(n)[2])
    return milliseconds(lambda: MinMaxDownsampler().downsample(values, n_out=1500))[1]


def cold_read(run_id: str) -> float:
    """Milliseconds of the first read of a process that has connected to the database."""
    done = subprocess.run(
        [sys.executable, __file__, "--cold", run_id],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def print_cold(run_id: str) -> None:
    from runs import series
    from runs.models import Run

    Run.objects.get(id=run_id)
    start = time.perf_counter()
    series.read([run_id], [KEY])
    print((time.perf_counter() - start) * 1000)


def bench_many(runs: int = 100, n: int = 10_000) -> None:
    from runs import series

    ids = []
    for i in range(runs):
        run = new_run(f"many {i}")
        fill(run.id, events(n, seed=i), 1000)
        ids.append(run.id)
    first, warm, cpu = milliseconds(lambda: series.read(ids, [KEY], max_points=500))
    report(
        f"read {runs} runs × {n:,} → 500 each, while running",
        f"{warm:.1f} ms",
        "≤ 80 ms",
        f"{cpu:.1f} ms CPU; first {first:.1f} ms",
    )
    for run_id in ids:
        series.compact(run_id)
    first, warm, cpu = milliseconds(lambda: series.read(ids, [KEY], max_points=500))
    report(
        f"read {runs} runs × {n:,} → 500 each, ended",
        f"{warm:.1f} ms",
        "≤ 80 ms",
        f"{cpu:.1f} ms CPU; first {first:.1f} ms",
    )


def bench_size(n: int = 200_000) -> None:
    """The growth of the whole data folder by one noisy loss curve."""
    from django.db import connection

    from runs import series

    def folder() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(
            p.stat().st_size for p in Path(os.environ["TRAINBOARD_DATA_DIR"]).rglob("*") if p.is_file()
        )

    before = folder()
    run = new_run("size")
    fill(run.id, events(n), 100)
    series.compact(run.id)
    report(
        f"stored bytes a point, {n:,} points",
        f"{(folder() - before) / n:.2f} B",
        "≤ 12 B",
        "24 B as raw float64",
    )


def main() -> None:
    if sys.argv[1:2] == ["--cold"]:
        set_up(os.environ["TRAINBOARD_DATA_DIR"])
        print_cold(sys.argv[2])
        return
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as folder:
        set_up(folder)
        bench_append()
        bench_live()
        bench_long_reads(bench_long())
        bench_many()
        bench_size()


if __name__ == "__main__":
    main()
