"""64 trainings that log ten times a second while 20 pages watch them and somebody clicks through the pages.

Run: python tests/benchmarks/bench_soak.py [--minutes 1] [--runs 64] [--watchers 20]. Counts what was lost,
the memory of the server over time, and how long pages took; beside it the same pages on the idle server.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.benchmarks.live_server import (
    cpu,
    memory,
    new_run,
    quantile,
    report,
    running,
    session_cookie,
    set_up,
    web,
)
from tests.live import LiveTrainboard

KEYS = [f"train/metric_{k}" for k in range(10)]
PAUSE = 0.1
#: Trainings in one process, each with a bridge of its own.
TOGETHER = 8
#: Runs that one page watches.
WATCHED = 20
Run = tuple[str, str]


@dataclass
class Seen:
    """What happened meanwhile: page times in s, memory in MB once a second."""

    pages: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def train(url: str, runs: list[Run], seconds: float, folder: str, queue: Any) -> None:
    """Some trainings at once; puts (steps logged, whether all was acknowledged, CPU seconds)."""
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.protocol import Console, ConsoleLine, Metrics

    clients = [BridgeClient(url, token, run, 1, "trainer", Path(folder) / run) for run, token in runs]
    steps = int(seconds / PAUSE)
    begun = time.monotonic()
    for step in range(1, steps + 1):
        for i, client in enumerate(clients):
            now = time.time()
            client.emit(Metrics(step, now, dict.fromkeys(KEYS, (step + i) ** -0.3), step / 500))
            if step % 10 == 0:
                client.emit(Console([ConsoleLine(now, "stdout", f"step {step} of run {i}")]))
        time.sleep(max(0, begun + step * PAUSE - time.monotonic()))
    whole = [client.flush(60) for client in clients]
    for client in clients:
        client.close(5)
    queue.put((steps, all(whole), time.process_time()))


async def watch(url: str, cookie: str, runs: list[str], counts: list[int], number: int) -> None:
    """One page's websocket; counts its messages."""
    headers = {"Cookie": f"sessionid={cookie}", "Origin": url}
    address = f"{url.replace('http', 'ws', 1)}/ws/live/"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        await socket.send(json.dumps({"watch": {"runs": runs, "project": "bench", "console": True}}))
        with suppress(ConnectionClosed):
            async for _ in socket:
                counts[number] += 1


def watch_all(url: str, cookie: str, runs: list[str], watchers: int, seconds: float, queue: Any) -> None:
    """All pages in one process; puts how many messages each heard."""
    counts = [0] * watchers

    async def together() -> None:
        tasks = []
        for number in range(watchers):
            first = number * 7 % len(runs)
            some = (runs + runs)[first : first + WATCHED]
            tasks.append(asyncio.create_task(watch(url, cookie, some, counts, number)))
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(together())
    queue.put(counts)


def paths(runs: list[str]) -> list[str]:
    """What somebody looks at."""
    one = [f"/r/{run}/{part}" for run in runs[:4] for part in ("charts", "overview", "console")]
    return ["/p/bench/runs", "/", *one, f"/api/v1/runs/{runs[0]}"]


def click_through(url: str, cookie: str, runs: list[str], seconds: float, seen: Seen) -> None:
    """A page every quarter of a second."""
    end = time.monotonic() + seconds
    for path in cycle(paths(runs)):
        if time.monotonic() > end:
            return
        begun = time.perf_counter()
        request = urllib.request.Request(url + path, headers={"Cookie": f"sessionid={cookie}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
            seen.pages.append(time.perf_counter() - begun)
        except OSError as problem:
            seen.failures.append(f"{path}: {problem}")
        time.sleep(0.25)


def look_at_memory(process: psutil.Process, seconds: float, seen: Seen) -> None:
    """The server's memory once a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.memory.append(memory(process))
        time.sleep(1)


def soak(live: LiveTrainboard, runs: list[Run], cookie: str, args: argparse.Namespace, folder: str) -> None:
    seconds, ids = 60 * args.minutes, [run for run, _ in runs]
    idle, busy = Seen(), Seen()
    click_through(live.url, cookie, ids, 5, idle)
    context = multiprocessing.get_context("spawn")
    trained, watched = context.Queue(), context.Queue()
    parts = [runs[i : i + TOGETHER] for i in range(0, len(runs), TOGETHER)]
    processes = [
        context.Process(target=train, args=(live.url, part, seconds, folder, trained)) for part in parts
    ]
    arguments = (live.url, cookie, ids, args.watchers, seconds, watched)
    processes.append(context.Process(target=watch_all, args=arguments))
    used, begun = cpu(web(live)), time.monotonic()
    for process in processes:
        process.start()
    observer = threading.Thread(target=look_at_memory, args=(web(live), seconds, busy))
    observer.start()
    click_through(live.url, cookie, ids, seconds, busy)
    counts = watched.get(timeout=60)
    done = [trained.get(timeout=120) for _ in parts]
    used, lasted = cpu(web(live)) - used, time.monotonic() - begun
    for process in processes:
        process.join()
    observer.join()
    tell(ids, args, done, counts, idle, busy, used / lasted)


def tell(
    ids: list[str],
    args: argparse.Namespace,
    done: list[tuple[int, bool, float]],
    counts: list[int],
    idle: Seen,
    busy: Seen,
    cores: float,
) -> None:
    from runs import series

    steps = done[0][0]
    found = series.summaries(ids)
    off = sum(abs(steps - (found[run][key].count if key in found[run] else 0)) for run in ids for key in KEYS)
    points = steps * len(ids) * len(KEYS)
    report(
        f"{len(ids)} runs × {steps} steps: points lost or doubled",
        f"{off} of {points:,}",
        "0",
        f"all acknowledged: {all(whole for _, whole, _ in done)}; {cores:.2f} cores of the server",
    )
    quarter = max(len(busy.memory) // 4, 1)
    early, late = (
        statistics.median(busy.memory[quarter : 2 * quarter]),
        statistics.median(busy.memory[-quarter:]),
    )
    report(
        "memory of the server, most", f"{max(busy.memory):.0f} MB", "≤ 300 MB, flat",
        f"second quarter {early:.0f}, last {late:.0f}",
    )  # fmt: skip
    median, high = (1000 * quantile(busy.pages, share) for share in (0.5, 0.95))
    report(
        "page requests", f"{median:.0f} · {high:.0f} ms", "p95 ≤ 200 ms",
        f"p50 · p95 of {len(busy.pages)}, {len(busy.failures)} failed; "
        f"idle p95 {1000 * quantile(idle.pages, 0.95):.0f} ms",
    )  # fmt: skip
    report(
        f"messages a second to each of {len(counts)} pages", f"{min(counts) / args.minutes / 60:.0f}", "",
        f"fewest; most {max(counts) / args.minutes / 60:.0f}; {WATCHED} runs each",
    )  # fmt: skip
    print(*busy.failures[:5], sep="\n")


def tell_troubles(log: list[str]) -> None:
    """What the server complained about: every word from its first error on, bounded."""
    first = next((i for i, line in enumerate(log) if " ERROR " in line or "Traceback" in line), None)
    if first is not None:
        print("the server's log from its first error on:", *log[first : first + 80], sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--watchers", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        set_up(folder / "data")
        cookie = session_cookie()
        runs = [new_run(f"run {i}") for i in range(args.runs)]
        with running(folder / "data") as live:
            soak(live, runs, cookie, args, name)
        tell_troubles(live.log)


if __name__ == "__main__":
    main()
