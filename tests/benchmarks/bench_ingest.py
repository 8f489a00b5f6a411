"""Eight training processes pour 10 metrics a step into one server, until everything is durably committed.

Run: python tests/benchmarks/bench_ingest.py [steps of each process]. Beside it stands what SQLite itself
takes as ready blobs with one durable commit for as many points, and an empty round trip over the same
websocket.
"""

import multiprocessing
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.benchmarks.live_server import cpu, memory, new_run, report, running, set_up, web

CLIENTS = 8
KEYS = [f"train/metric_{k}" for k in range(10)]
#: Points of one commit of the raw writes, about what one commit of the server holds.
TOGETHER = 40_000
Spent = tuple[float, float, float, bool]


def noisy_rows(count: int, seed: int) -> list[dict[str, float]]:
    """Ten noisy curves, as rows by step."""
    rng = random.Random(seed)
    return [{key: 2.5 * step**-0.15 + rng.gauss(0, 0.05) for key in KEYS} for step in range(1, count + 1)]


def pour(url: str, run: str, token: str, steps: int, folder: str, ready: Barrier) -> Spent:
    """One training: (begin, end, seconds of CPU, whether all was acknowledged)."""
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.protocol import Metrics

    rows = noisy_rows(steps, seed=hash(run) % 1000)
    client = BridgeClient(url, token, run, 1, "trainer", Path(folder) / f"{run}.spool")
    while not client.connected:
        time.sleep(0.01)
    ready.wait(120)
    begun, cpu_begun = time.time(), time.process_time()
    for step, row in enumerate(rows, 1):
        client.emit(Metrics(step, time.time(), dict(row), step / 500))
    whole = client.flush(300)
    spent = begun, time.time(), time.process_time() - cpu_begun, whole
    client.close(10)
    return spent


def _pour_into(queue: "multiprocessing.Queue[Spent]", *arguments: object) -> None:
    queue.put(pour(*arguments))  # type: ignore[arg-type]


def all_clients(url: str, runs: list[tuple[str, str]], steps: int, folder: str) -> list[Spent]:
    """Start the processes, which begin together, and wait for them."""
    context = multiprocessing.get_context("spawn")
    queue, ready = context.Queue(), context.Barrier(len(runs))
    processes = [
        context.Process(target=_pour_into, args=(queue, url, run, token, steps, folder, ready))
        for run, token in runs
    ]
    for process in processes:
        process.start()
    spent = [queue.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return spent


def raw_writes(folder: Path, points: int) -> float:
    """Points/s that SQLite takes as blobs of 8 bytes a point, one durable commit for TOGETHER points."""
    blob = os.urandom(8 * TOGETHER)
    database = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, data BLOB)")
    begun = time.perf_counter()
    for _ in range(points // TOGETHER):
        database.execute("INSERT INTO raw (data) VALUES (?)", [blob])
    spent = time.perf_counter() - begun
    database.close()
    return points / spent


def round_trip(url: str, run: str, token: str, folder: str) -> float:
    """Milliseconds (median) from an empty event to its acknowledgement, nothing else going on."""
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.protocol import Progress

    client = BridgeClient(url, token, run, 1, "trainer", Path(folder) / f"{run}.spool")
    client.flush(10)
    times = []
    for step in range(50):
        time.sleep(0.02)
        begun = time.perf_counter()
        client.emit(Progress(step, time.time(), 50))
        client.flush(10)
        times.append(1000 * (time.perf_counter() - begun))
    client.close(10)
    return statistics.median(times)


def folder_bytes(folder: Path) -> int:
    """Bytes of everything in the data folder, write-ahead log and free pages included."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    points = CLIENTS * steps * len(KEYS)
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name) / "data"
        folder.mkdir()
        set_up(folder)
        runs = [new_run(f"run {i}") for i in range(CLIENTS + 1)]
        empty = folder_bytes(folder)
        with running(folder) as live:
            trip = round_trip(live.url, *runs.pop(), name)
            server = cpu(web(live))
            spent = all_clients(live.url, runs, steps, name)
            server = cpu(web(live)) - server
            held = (folder_bytes(folder) - empty) / points
            resident = memory(web(live))
        lost = check_stored([run for run, _ in runs], steps)
        raw = raw_writes(Path(name), points)
        stored = (folder_bytes(folder) - empty) / points
    seconds = max(end for _, end, _, _ in spent) - min(begin for begin, _, _, _ in spent)
    clients = sum(used for _, _, used, _ in spent)
    print(f"{points:,} points of {CLIENTS} processes; lost or doubled: {lost}; all acknowledged: "
          f"{all(whole for *_, whole in spent)}")  # fmt: skip
    report("ingest, 8 processes, 10 metrics a step",
           f"{points / seconds / 1000:,.0f}k points/s", "≥ 500k", f"raw blobs {raw / 1000:,.0f}k points/s")  # fmt: skip
    report("… CPU a point, clients and server", f"{(clients + server) / points * 1e6:.2f} µs", "≤ 2.5 µs",
           f"clients {clients / points * 1e6:.2f}, server {server / points * 1e6:.2f}; "
           f"{(clients + server) / seconds:.2f} cores used")  # fmt: skip
    report("… data folder a point (step, time, epoch, value)", f"{stored:.1f} B", "≤ 12 B",
           f"{held:.1f} B with the write-ahead log while it runs; a bare value has 8")  # fmt: skip
    report("memory of the server afterwards", f"{resident:.0f} MB", "≤ 300 MB")
    report("an event to its acknowledgement, idle", f"{trip:.1f} ms", "", "one durable commit")


def check_stored(runs: list[str], steps: int) -> int:
    """By how many points the summaries are off what was sent."""
    from runs import series

    found = series.summaries(runs)
    return sum(
        abs(steps - found[run][key].count) if key in found[run] else steps for run in runs for key in KEYS
    )


if __name__ == "__main__":
    main()
