"""How smooth the charts are in a real Chromium: drawing, crosshair, live updates, many runs.

Run: python tests/benchmarks/bench_charts.py [part …], parts: wide, many, live. A data folder of its own is
filled, a server started on it. Chromium draws without a GPU here, so figures are those of a slow machine;
beside them stands what one empty animation frame takes.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.benchmarks.live_server import new_run, quantile, report, running, session_cookie, set_up
from tests.live import wait_for
from tests.needs import chromium

WIDE = (20, 30, 2000)  # runs, keys, points of each
MANY = (100, 9, 1000)
SHORT, LONG = 1_000, 50_000
PAUSE = 0.1

#: Before any script of the page: long tasks, and when the last chart in view was drawn.
OBSERVE = """
window.longTasks = [];
const noted = (list) => longTasks.push(...list.getEntries().map((entry) => [entry.startTime, entry.duration]));
new PerformanceObserver(noted).observe({ type: "longtask", buffered: true });
"""
#: How many charts of the page lie in the window, and how many of them are drawn with all lines.
DRAWN = """(lines) => {
  const charts = [...document.querySelectorAll(".chart")].filter((chart) => {
    const box = chart.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && box.width > 0;
  });
  // Of many runs some share a trace, with a gap after each.
  const count = (chart) => (chart.querySelector(".chart-plot").data ?? [])
    .filter(({ mode }) => mode === "lines")
    .reduce((sum, { y }) => sum + Math.max(1, y.filter(Number.isNaN).length), 0);
  const drawn = charts.filter((chart) => count(chart) >= lines);
  return charts.length && drawn.length === charts.length ? charts.length : 0;
}"""
#: Moves the pointer over a chart, a step an animation frame; how long each frame took, in ms.
CROSSHAIR = """async (count) => {
  const overlay = document.querySelector(".chart-overlay");
  const box = overlay.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const frames = [], work = [];
  let last = await frame();
  for (let at = 0; at < count; at++) {
    const clientX = box.left + box.width * (0.1 + (0.8 * at) / count);
    const begun = performance.now();
    overlay.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY: box.top + 50, bubbles: true }));
    document.body.offsetWidth;
    work.push(performance.now() - begun);
    const now = await frame();
    frames.push(now - last);
    last = now;
  }
  overlay.dispatchEvent(new PointerEvent("pointerleave"));
  return { frames, work };
}"""


def main() -> None:
    parts = sys.argv[1:] or ["wide", "many", "live"]
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        folder = Path(name)
        set_up(folder)
        cookie = session_cookie()
        wide = fill("wide", *WIDE) if "wide" in parts else []
        many = fill("many", *MANY) if "many" in parts else []
        live_runs = [history(count) for count in (SHORT, LONG)] if "live" in parts else []
        with running(folder) as live:
            wait_for(worker_is_ready, "the worker, whose warming up takes a core", 120)
            with chrome(live.url, cookie) as context:
                if wide:
                    bench_drawing(context, "wide", wide, f"{WIDE[1]} charts × {WIDE[0]} runs", "≤ 1,000 ms")
                if many:
                    bench_drawing(context, "many", many, f"{MANY[0]} runs overlaid", "smooth")
                if live_runs:
                    bench_live(context, live.url, folder, live_runs)


def worker_is_ready() -> bool:
    from django.db import connection

    from runs.models import Worker

    ready = Worker.objects.filter(state="ready").exists()
    connection.close()
    return ready


@contextmanager
def chrome(url: str, cookie: str) -> Iterator[Any]:
    """A window of a Chromium that is logged in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        context.add_init_script(OBSERVE)
        yield context
        browser.close()


# --- data ---


def fill(slug: str, runs: int, keys: int, points: int) -> list[str]:
    """A project of finished runs with noisy curves; the ids of its runs."""
    from django.db import transaction

    from runs.models import Attempt, Project, Run
    from runs.series import append_many

    project = Project.objects.create(slug=slug, name=slug)
    made = []
    for number in range(runs):
        run = Run.objects.create(
            project=project, name=f"{slug}-{number}", mark=number + 1, state="finished", max_steps=points
        )
        Attempt.objects.create(run=run, number=1, token_hash=run.pk)
        with transaction.atomic():
            append_many([(run.pk, 1, [block(keys, points, number)])])
        made.append(run.pk)
    return made


def block(keys: int, points: int, seed: int):
    import numpy as np

    from trainer_bridge.protocol import MetricsBlock

    rng = np.random.default_rng(seed)
    steps = np.arange(1, points + 1, dtype="<i8")
    times = 1.79e9 + steps * 0.1
    values = 2.5 * steps[:, None] ** -0.15 + rng.normal(0, 0.05, (points, keys)) + seed / 100
    names = [f"{('eval', 'train', 'system')[key % 3]}/metric_{key}" for key in range(keys)]
    columns = (column.astype("<f8").tobytes() for column in (times, values, steps / 500))
    at, measured, epochs = columns
    return MetricsBlock(keys=names, steps=steps.tobytes(), times=at, values=measured, epochs=epochs)


def history(points: int) -> tuple[str, str, int]:
    """A running run with that many points of ten series: (id, token, last step)."""
    from django.db import transaction

    from runs.models import Run
    from runs.series import append_many

    run, token = new_run(f"history-{points}")
    with transaction.atomic():
        append_many([(run, 1, [block(10, points, 1)])])
    Run.objects.filter(pk=run).update(step=points, max_steps=2 * points)
    return run, token, points


# --- measuring ---


def bench_drawing(context: Any, slug: str, runs: list[str], what: str, reach: str) -> None:
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(size(answer)) if "/api/v1/series" in answer.url else None)
    page.goto(f"/p/{slug}/runs?show={','.join(runs)}", wait_until="commit")
    page.wait_for_function(DRAWN, arg=len(runs), timeout=60_000)
    spent = page.evaluate("performance.now()")
    count = page.evaluate(DRAWN, len(runs))
    told = f"{count} in view; {len(sizes)} requests of series"
    report(f"{what}: opened → all in view drawn", f"{spent:.0f} ms", reach, told)
    page.wait_for_timeout(500)
    moved = page.evaluate(CROSSHAIR, 60)
    frames, work = moved["frames"], moved["work"]
    idle = page.evaluate(EMPTY_FRAMES)
    beside = (
        f"p50 · p95; its script {quantile(work, 0.5):.1f} · {quantile(work, 0.95):.1f}; empty {idle:.1f} ms"
    )
    report(
        f"{what}: frame of the crosshair",
        f"{quantile(frames, 0.5):.1f} · {quantile(frames, 0.95):.1f} ms",
        "≤ 17 ms",
        beside,
    )
    longest = page.evaluate("Math.max(0, ...longTasks.map(([, duration]) => duration))")
    report(f"{what}: longest task while it was drawn", f"{longest:.0f} ms", "", "")
    page.close()


EMPTY_FRAMES = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const first = await frame();
  for (let at = 0; at < 30; at++) await frame();
  return (performance.now() - first) / 30;
}"""


def size(answer: Any) -> int:
    return int(answer.headers.get("content-length", 0))


def bench_live(context: Any, url: str, folder: Path, runs: list[tuple[str, str, int]]) -> None:
    """Ten logs a second of ten series: the page's CPU for an update, with a short and a long history."""
    costs = []
    for run, token, last in runs:
        page = context.new_page()
        page.goto(f"/r/{run}/charts")
        page.wait_for_function(DRAWN, arg=1, timeout=60_000)
        page.wait_for_timeout(2000)
        page.evaluate("longTasks.length = 0")
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        before = task_time(session)
        logs = 100
        thread = threading.Thread(target=log, args=(url, folder, run, token, last, logs))
        thread.start()
        page.wait_for_timeout(1000 * logs * PAUSE + 2000)
        thread.join()
        costs.append(1000 * (task_time(session) - before) / logs)
        longest = page.evaluate("Math.max(0, ...longTasks.map(([, duration]) => duration))")
        what = f"live, history of {last:,} points"
        report(f"{what}: longest task", f"{longest:.0f} ms", "≤ 50 ms", "0: none over 50 ms")
        report(f"{what}: CPU of the page for an update", f"{costs[-1]:.1f} ms", "", "drawing included")
        page.close()
    ratio = costs[1] / costs[0]
    report("live: an update at 50,000 points to one at 1,000", f"{ratio:.2f}", "≈ 1", "")


def task_time(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def log(url: str, folder: Path, run: str, token: str, last: int, logs: int) -> None:
    from trainer_bridge.client import BridgeClient
    from trainer_bridge.protocol import Metrics

    client = BridgeClient(url, token, run, 1, "trainer", folder / f"{run}.spool")
    names = [f"{('eval', 'train', 'system')[key % 3]}/metric_{key}" for key in range(10)]
    for step in range(last + 1, last + logs + 1):
        time.sleep(PAUSE)
        client.emit(Metrics(step, time.time(), dict.fromkeys(names, 1 / step), step / 500))
    client.close(10)


if __name__ == "__main__":
    main()
