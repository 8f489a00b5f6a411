"""From a log call in a training to the eyes of somebody who watches: 10 logs a second on one machine.

Run: python tests/benchmarks/bench_latency.py [logs]. First to a websocket client that watches the run as a
page does, then, where Chromium is installed, to the run's page: until the frame after the chart drew the
point. Beside it stands an empty round trip over a websocket of the same library.
"""

import json
import logging
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import serve

from tests.benchmarks.live_server import new_run, quantile, report, running, session_cookie, set_up
from tests.needs import chromium

KEY = "train/loss"
PAUSE = 0.1
#: In the page: when the frame came after which each step was drawn, by the wall clock, in ms.
WATCH = """(key) => {
  const seen = (window.seenSteps = {});
  const drawn = (plot) => {
    const x = plot.data?.[0]?.x;
    if (!x?.length) return;
    const step = x[x.length - 1];
    requestAnimationFrame(() => { seen[step] ??= Date.now(); });
  };
  const attach = () => {
    const plot = document.querySelector(`figure[data-key="${key}"] .chart-plot`);
    if (plot?.on && !plot.watched) {
      plot.watched = true;
      plot.on("plotly_afterplot", () => drawn(plot));
    }
  };
  setInterval(attach, 20);
}"""


def main() -> None:
    logs = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        set_up(folder / "data")
        cookie = session_cookie()
        first, second = new_run("told"), new_run("painted")
        with running(folder / "data") as live:
            told = bench_messages(live.url, folder, first, cookie, logs)
            limit = f"an empty websocket round trip {empty_round_trip():.1f} ms"
            show("log call → message of the page's websocket", told, (0.5, 0.95), "≤ 100 · 250 ms", limit)
            if chromium() is None:
                print("log call → painted: not measured, Chromium is not installed")
                return
            painted = bench_page(live.url, folder, second, cookie, logs)
            limit = "a chart redraws once a second"
            show("log call → painted on the run's page", painted, (0.5, 0.95), "p95 ≤ 1,000 ms", limit)


def show(what: str, times: list[float], shares: tuple[float, float], reach: str, beside: str) -> None:
    low, high = (1000 * quantile(times, share) for share in shares)
    report(what, f"{low:.0f} · {high:.0f} ms", reach, f"p50 · p95 of {len(times)}; {beside}")


def log_steadily(url: str, folder: Path, run: tuple[str, str], logs: int) -> dict[int, float]:
    """Ten logs a second; when each step was logged, by the wall clock."""
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.protocol import Metrics

    client = BridgeClient(url, run[1], run[0], 1, "trainer", folder / f"{run[0]}.spool")
    while not client.connected:
        time.sleep(0.01)
    called = {}
    for step in range(1, logs + 1):
        time.sleep(PAUSE)
        called[step] = time.time()
        client.emit(Metrics(step, called[step], {KEY: 1 / step}, step / 500))
    client.close(10)
    return called


def bench_messages(url: str, folder: Path, run: tuple[str, str], cookie: str, logs: int) -> list[float]:
    """Seconds from each log call to the message that carries its point."""
    with watcher(url, cookie, [run[0]]) as socket:
        heard: dict[int, float] = {}
        thread = threading.Thread(target=listen, args=(socket, run[0], heard))
        thread.start()
        called = log_steadily(url, folder, run, logs)
        time.sleep(1)
    thread.join(5)
    missing = called.keys() - heard.keys()
    assert not missing, f"steps {sorted(missing)[:5]} … were never told"
    return [heard[step] - called[step] for step in called]


def watcher(url: str, cookie: str, runs: list[str]) -> ClientConnection:
    """A websocket that watches runs as a page does."""
    headers = {"Cookie": f"sessionid={cookie}", "Origin": url}
    address = f"{url.replace('http', 'ws', 1)}/ws/live/"
    socket = connect(address, additional_headers=headers, proxy=None, legacy=True)
    socket.send(json.dumps({"watch": {"runs": runs, "project": None, "console": True}}))
    return socket


def listen(socket: ClientConnection, run: str, heard: dict[int, float]) -> None:
    """Note when each step came, until the socket closes."""
    for text in socket:
        now, message = time.time(), json.loads(text)
        if message["type"] == "update" and message["run"] == run:
            for point in message.get("points", {}).get(KEY, []):
                heard.setdefault(point[0], now)


def empty_round_trip(count: int = 200) -> float:
    """Milliseconds (median) of an empty message there and back, both ends in this process."""
    logging.getLogger("websockets.server").setLevel(logging.WARNING)
    with serve(lambda socket: [socket.send(text) for text in socket], "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", proxy=None, legacy=True) as socket:
            times = [_one_trip(socket) for _ in range(count)]
        server.shutdown()
    return 1000 * statistics.median(times)


def _one_trip(socket: ClientConnection) -> float:
    begun = time.perf_counter()
    socket.send("")
    socket.recv()
    return time.perf_counter() - begun


def bench_page(url: str, folder: Path, run: tuple[str, str], cookie: str, logs: int) -> list[float]:
    """Seconds from each log call to the first frame that shows its step, or a later one, in the chart."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page = context.new_page()
        page.goto(f"/r/{run[0]}/charts")
        page.evaluate(WATCH, KEY)
        called: dict[int, float] = {}
        thread = threading.Thread(target=lambda: called.update(log_steadily(url, folder, run, logs)))
        thread.start()
        page.wait_for_timeout(1000 * (PAUSE * logs + 4))
        thread.join(30)
        seen: dict[str, Any] = page.evaluate("window.seenSteps")
        browser.close()
    shown = {int(step): at / 1000 for step, at in seen.items()}
    # The chart appears with the first points; what counts is a chart that is there.
    steps = [step for step in called if step > 20]
    return [min(at for step, at in shown.items() if step >= one) - called[one] for one in steps]


if __name__ == "__main__":
    main()
