"""The page of a sweep of many trials: python -m tests.benchmarks.bench_sweep_page [TRIALS] [HYPERPARAMETERS].

A server on a fresh data folder, Chromium without a GPU; a hand drags a brush up and down an axis. Interactive is when
the page says that it is ready (data-ready), which is after plots, parallel coordinates and table have what they show.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.live_server import quantile, report, running, session_cookie, set_up
from tests.benchmarks.many_trials import fill
from tests.live import wait_for

LOADS = 5
MOVES = 60

#: The times between frames while a hand drags, and the longest task, in ms.
_FRAMES = """() => { window.frames = []; let last = performance.now();
  const tick = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); }"""
_READY = """() => new Promise((done) => { const page = document.getElementById("sweep-page");
  const look = () => ("ready" in page.dataset ? done(performance.now()) : setTimeout(look, 5)); look(); })"""


def server_times(client: Any, path: str) -> tuple[list[float], int]:
    """Milliseconds of LOADS requests, and bytes of the last answer as it travels."""
    times = []
    for _ in range(LOADS):
        begun = time.perf_counter()
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, path
    return times, len(answer.content)


def processor(page: Any) -> Any:
    """A function that gives the milliseconds of processor that the page's own thread has used."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return found["ScriptDuration"] * 1000

    return used


def drag(page: Any) -> list[float]:
    """Brush the first axis up and down; the frame times."""
    box = page.locator("#parallel svg").bounding_box()
    axes = page.locator("#parallel .grip").count()
    x, top = box["x"] + box["width"] / axes / 2, box["y"] + 40
    page.mouse.move(x, top)
    page.mouse.down()
    page.evaluate(_FRAMES)
    for move in range(MOVES):
        page.mouse.move(x, top + 20 + 130 * abs((move % 40) / 20 - 1))
        page.wait_for_timeout(16)
    frames = page.evaluate("window.frames.slice(2)")
    page.mouse.up()
    return frames


def in_browser(url: str, cookie: str, path: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page = context.new_page()
        ready = []
        for _ in range(LOADS):
            page.goto(url + path, wait_until="commit")
            page.wait_for_selector("#sweep-page", state="attached")
            ready.append(page.evaluate(_READY))
        used = processor(page)
        page.goto(url + path)
        page.evaluate(_READY)
        report("… of it scripts, on the processor", f"{used():.0f} ms", "500 ms")
        report("time to interactive, median (most)", f"{median(ready):.0f} ({max(ready):.0f}) ms", "1500 ms")
        page.wait_for_timeout(3000)
        before = used()
        frames = drag(page)
        report(
            "scripts for one move of a brush, on the processor",
            f"{(used() - before) / MOVES:.1f} ms",
            "16 ms",
        )
        report("frames while a brush moves, median", f"{median(frames):.0f} ms", "33 ms")
        report("… of a hundred the fifth longest", f"{quantile(frames, 0.95):.0f} ms", "50 ms")
        browser.close()


def main(trials: int, dims: int) -> None:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        set_up(folder)
        sweep, cookie = fill(trials, dims), session_cookie()
        from django.test import Client

        client = Client(SERVER_NAME="localhost")
        client.cookies["sessionid"] = cookie
        for what, path in {"page": "", "curves": "/curves", "importance": "/importance"}.items():
            times, size = server_times(client, f"/s/{sweep}{path}")
            report(f"server, {what}, median", f"{median(times):.0f} ms, {size / 1000:.0f} kB", "200 ms")
        with running(folder) as live:
            # The worker imports torch at first, with all the processor there is.
            wait_for(lambda: "warm after" in live.text, "the worker to be warm", timeout=120)
            in_browser(live.url, cookie, f"/s/{sweep}")


if __name__ == "__main__":
    main(*[int(text) for text in sys.argv[1:3]] or [1000, 12])
