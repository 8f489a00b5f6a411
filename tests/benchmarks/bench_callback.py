"""What the callback costs the training thread: ``python -m tests.benchmarks.bench_callback``.

Measures one ``on_log`` and one ``on_step_end`` with a real BridgeClient (spool on disk, a Trainboard server)
between pauses as a training has them, and prints them beside one bare queue put; then what a step of the
digits recipe takes with and without it, logged each step; then how long the end of the process waits until the
server has everything.
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


def bench_steps(url: str, folder: Path, rounds: int = 5) -> None:
    """Whole steps of a real training, alternately with and without the callback, as time and as CPU."""
    import torch

    torch.set_num_threads(1)
    with_it, without = [], []
    train(folder, ())
    for i in range(rounds):
        without.append(train(folder, ()))
        client = connected_client(url, folder, *new_run(f"steps {i}"))
        with_it.append(train(folder, (client,)))
        assert client.close(10)
    wall = [statistics.median(times[0] for times in found) for found in (without, with_it)]
    spent = [statistics.median(times[1] for times in found) for found in (without, with_it)]
    report("a step of digits, logged each step", f"{wall[1]:.2f} ms", "nothing added",
           f"{wall[1] / wall[0]:.3f} × {wall[0]:.2f} ms without; CPU {spent[1] / spent[0]:.3f} ×")  # fmt: skip


def train(folder: Path, clients: tuple[BridgeClient, ...]) -> tuple[float, float]:
    """Milliseconds and CPU milliseconds (all threads) of one step, over 200 steps."""
    from trainer_bridge.callback import BridgeCallback
    from trainer_bridge.control import Control
    from trainer_bridge.spec import build_trainer

    never = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    spec = {"recipe": "digits-vit", "args": {"num_train_epochs": 10, "logging_steps": 1} | never}
    callbacks = [BridgeCallback(client, Control(client.emit)) for client in clients]
    trainer = build_trainer(spec, folder / "steps", callbacks).trainer
    began, cpu = time.perf_counter(), time.process_time()
    trainer.train()
    steps = trainer.state.global_step
    return 1000 * (time.perf_counter() - began) / steps, 1000 * (time.process_time() - cpu) / steps


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        set_up(folder / "data")
        with running(folder / "data") as live:
            bench_hooks(live.url, folder)
            bench_steps(live.url, folder)
            exits = last_steps(live.url, folder)
            figure = f"{statistics.median(exits):.0f} · {max(exits):.0f} ms"
            report("exit waits after the last log, server up", figure, "≤ 100 ms", "median · worst of 10")


if __name__ == "__main__":
    main()
