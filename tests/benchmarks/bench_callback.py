"""What the callback costs the training thread: ``python -m tests.benchmarks.bench_callback``.

Measures one ``on_log`` and one ``on_step_end`` with a real BridgeClient (spool on disk, a Trainboard server)
between pauses as a training has them, and prints them beside one bare queue put; then how long the end of
the process waits until the server has everything.
"""

import statistics
import tempfile
import time
from pathlib import Path
from queue import SimpleQueue

from tests.benchmarks.live_server import new_run, quantile, report, running, set_up
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Metrics

COUNT = 2000
PAUSE = 0.002


def microseconds(call, count: int = COUNT) -> list[float]:
    """The seconds of ``count`` single calls in µs, with a pause between them in which other threads run."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        times.append(1e6 * (time.perf_counter() - began))
        time.sleep(PAUSE)
    return sorted(times)


def describe(name: str, times: list[float], base: float, reach: str = "") -> None:
    median, high = statistics.median(times), quantile(times, 0.99)
    report(name, f"{median:.1f} · {high:.1f} µs", reach, f"median · 99 %; {median / base:.1f} × a queue put")


def last_steps(url: str, folder: Path) -> list[float]:
    """Milliseconds that ``close`` takes right after a last log, for each of some trainings."""
    times = []
    for i in range(10):
        client = connected_client(url, folder, *new_run(f"exit {i}"))
        client.emit(Metrics(1, time.time(), {"train/loss": 0.5}))
        began = time.perf_counter()
        assert client.close(10)
        times.append(1000 * (time.perf_counter() - began))
    return times


def connected_client(url: str, folder: Path, run: str, token: str) -> BridgeClient:
    client = BridgeClient(url, token, run, 1, "trainer", folder / f"{run}.spool")
    while not client.connected:
        time.sleep(0.01)
    return client


def bench_hooks(url: str, folder: Path) -> None:
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from trainer_bridge.callback import BridgeCallback
    from trainer_bridge.control import Control

    client = connected_client(url, folder, *new_run("hooks"))
    callback = BridgeCallback(client, Control(client.emit))
    args = TrainingArguments(output_dir=str(folder / "out"), report_to="none", use_cpu=True)
    state, control = TrainerState(global_step=1, epoch=0.1, max_steps=10), TrainerControl()
    logs = {"loss": 0.5, "grad_norm": 1.5, "learning_rate": 1e-3, "epoch": 0.1}
    queue: SimpleQueue = SimpleQueue()
    put = microseconds(lambda: queue.put(logs))
    base = statistics.median(put)
    describe("queue put", put, base)
    log = microseconds(lambda: callback.on_log(args, state, control, logs=logs))
    describe("on_log", log, base, "≤ 40 · 200 µs")
    describe("on_step_end", microseconds(lambda: callback.on_step_end(args, state, control)), base)
    assert client.close(10)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        set_up(folder / "data")
        with running(folder / "data") as live:
            bench_hooks(live.url, folder)
            exits = last_steps(live.url, folder)
            figure = f"{statistics.median(exits):.0f} · {max(exits):.0f} ms"
            report("exit waits after the last log, server up", figure, "≤ 100 ms", "median · worst of 10")


if __name__ == "__main__":
    main()
