"""What the callback costs the training thread: ``python -m tests.benchmarks.bench_callback``.

Measures one ``on_log`` and one ``on_step_end`` with a real BridgeClient (spool on disk, server here) between
pauses as a training has them, and prints them beside one bare queue put.
"""

import statistics
import tempfile
import time
from pathlib import Path
from queue import SimpleQueue

from tests.trainer_bridge.bridge_server import BridgeServer

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


def describe(name: str, times: list[float], base: float) -> str:
    median, high = statistics.median(times), times[int(len(times) * 0.99)]
    return f"{name:<14} median {median:6.1f} µs   99 % {high:7.1f} µs   {median / base:5.1f} × a queue put"


def main() -> None:
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from trainer_bridge.callback import TrainboardCallback
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.control import Control

    server = BridgeServer().start()
    with tempfile.TemporaryDirectory() as folder:
        client = BridgeClient(server.url, "secret", "run1", 1, "trainer", Path(folder) / "trainer.spool")
        callback = TrainboardCallback(client, Control(client.emit))
        args = TrainingArguments(output_dir=folder, report_to="none", use_cpu=True)
        state, control = TrainerState(global_step=1, epoch=0.1, max_steps=10), TrainerControl()
        logs = {"loss": 0.5, "grad_norm": 1.5, "learning_rate": 1e-3, "epoch": 0.1}
        queue: SimpleQueue = SimpleQueue()
        put = microseconds(lambda: queue.put(logs))
        base = statistics.median(put)
        print(describe("queue put", put, base))
        log = microseconds(lambda: callback.on_log(args, state, control, logs=logs))
        print(describe("on_log", log, base))
        print(describe("on_step_end", microseconds(lambda: callback.on_step_end(args, state, control)), base))
        print(f"delivered: {client.close(10)}; {len(server.arrivals)} events")
    server.stop()


if __name__ == "__main__":
    main()
