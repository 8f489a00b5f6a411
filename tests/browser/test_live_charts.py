"""Charts of a run that logs, in a real browser: live, hidden, cut off, zoomed."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.helpers import PATIENCE_FOR_BAR, drawn_steps, wait_for_steps
from tests.browser.proxy import Proxy
from tests.live import LiveTrainboard
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Console, ConsoleLine, Exit, Metrics

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY = "train/loss"
#: The tab is out of sight when the test says so: a headless browser hides none.
HIDE = """
Object.defineProperty(document, "hidden", { get: () => Boolean(window.isOutOfSight) });
window.setSight = (seen) => {
  window.isOutOfSight = !seen;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


class Training:
    """A training outside of Trainboard, without a Trainer: ``log`` sends the next steps."""

    def __init__(self, page: Page, trainboard: LiveTrainboard, folder: Path) -> None:
        page.goto(f"{trainboard.url}/welcome")
        token = page.evaluate("document.body.dataset.csrf")
        answer = page.request.post(
            f"{trainboard.url}/api/v1/runs/start",
            data={"name": folder.name, "project": "charts"},
            headers={"X-CSRFToken": token, "Referer": trainboard.url},
        )
        assert answer.ok, answer.text()
        self.run = answer.json()["run"]
        spool = folder / "spool"
        where = (trainboard.url, answer.json()["token"], self.run, 1)
        self.client = BridgeClient(*where, "trainer", spool)
        #: The second process of the training.
        self.second = BridgeClient(*where, "rank1", folder / "spool of rank 1")
        self.step = 0

    def log(self, count: int = 1) -> range:
        """``count`` more steps, durable on the server when this returns; the steps so far."""
        for _ in range(count):
            self.step += 1
            self.client.emit(Metrics(self.step, time.time(), {KEY: 1 / self.step}, self.step / 100))
        assert self.client.flush(10)
        return range(1, self.step + 1)

    def print(self, *lines: str, client: BridgeClient | None = None) -> None:
        """Console lines, durable on the server when this returns."""
        client = client or self.client
        client.emit(Console([ConsoleLine(time.time(), "stdout", line) for line in lines]))
        assert client.flush(10)


@pytest.fixture
def training(
    context: BrowserContext, cookies: list[Any], page: Page, trainboard: LiveTrainboard, tmp_path: Path
) -> Iterator[Training]:
    context.add_cookies(cookies)
    started = Training(page, trainboard, tmp_path)
    yield started
    started.client.close(5)
    started.second.close(5)


@pytest.fixture
def proxy(trainboard: LiveTrainboard) -> Iterator[Proxy]:
    made = Proxy(trainboard.port)
    yield made
    made.close()


@pytest.mark.slow
def test_a_run_is_followed_through_everything(page: Page, training: Training, proxy: Proxy) -> None:
    page.add_init_script(HIDE)
    training.log(5)
    page.goto(f"{proxy.url}/r/{training.run}/charts")
    wait_for_steps(page, KEY, range(1, 6))
    page.evaluate("window.isSamePage = true")

    # A point is on the screen within a second; in one of three tries, because the machine may be busy.
    assert any(seconds_to_paint(page, training.log) <= 1 for _ in range(3))

    # Out of sight nothing is drawn or even heard; looked at again, all is there.
    page.evaluate("setSight(false)")
    page.wait_for_timeout(3300)
    before = drawn_steps(page, KEY)
    steps = training.log(20)
    page.wait_for_timeout(1200)
    assert drawn_steps(page, KEY) == before
    page.evaluate("setSight(true)")
    wait_for_steps(page, KEY, steps)

    # Cut off: first a ring, then a bar; mended, what was missed is filled in.
    proxy.cut()
    steps = training.log(20)
    expect(page.locator("[data-live-status]")).to_have_attribute("data-status", "lost")
    bar = page.locator("#lost-bar")
    expect(bar).to_be_visible(timeout=PATIENCE_FOR_BAR)
    expect(bar).to_contain_text("missed points will fill in")
    proxy.mend()
    bar.get_by_role("button", name="Try now").click()
    expect(bar).to_be_hidden()
    wait_for_steps(page, KEY, steps)
    wait_for_steps(page, KEY, training.log())
    assert page.evaluate("window.isSamePage")


def seconds_to_paint(page: Page, log: Callable[[], range]) -> float:
    begun = time.monotonic()
    wait_for_steps(page, KEY, log())
    return time.monotonic() - begun


def test_a_zoom_shows_every_point_of_its_window(
    page: Page, trainboard: LiveTrainboard, training: Training
) -> None:
    training.log(6000)
    page.goto(f"{trainboard.url}/r/{training.run}/charts")
    page.wait_for_function('(key) => document.querySelector(`[data-key="${key}"] .js-line`)', arg=KEY)
    assert len(drawn_steps(page, KEY)) < 2000
    box = page.locator(f'figure[data-key="{KEY}"] .chart-overlay').bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: "zoom=" in url)
    low, high = (int(end) for end in page.url.partition("zoom=")[2].partition("&")[0].split(".."))
    wait_for_steps(page, KEY, range(low, high + 1))
    assert 200 < high - low < 400
    page.keyboard.press("z")
    page.wait_for_url(lambda url: "zoom=" not in url)
    page.wait_for_function(
        '([key, n]) => document.querySelector(`[data-key="${key}"] .chart-plot`).data[0].x.at(-1) === n',
        arg=[KEY, 6000],
    )


def test_the_enlarged_chart_is_drawn_by_webgl(
    page: Page, trainboard: LiveTrainboard, training: Training
) -> None:
    training.log(50)
    page.goto(f"{trainboard.url}/r/{training.run}/charts")
    figure = page.locator(f'figure[data-key="{KEY}"]')
    figure.focus()
    page.keyboard.press("f")
    expect(figure.locator("canvas")).to_be_visible()
    page.wait_for_function(INKED, arg=KEY)
    page.keyboard.press("Escape")
    expect(figure.locator("canvas")).to_have_count(0)
    wait_for_steps(page, KEY, range(1, 51))


#: Whether the canvas over a chart shows anything, read in the frame in which it is drawn again.
INKED = """(key) => {
  const canvas = document.querySelector(`[data-key="${key}"] canvas`);
  dispatchEvent(new Event("themechange"));
  document.dispatchEvent(new Event("themechange"));
  return new Promise((done) => {
    const look = (left) => requestAnimationFrame(() => {
      const copy = document.createElement("canvas").getContext("2d");
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, 300, 150);
      if (data.some(Boolean) || !left) done(data.some(Boolean));
      else look(left - 1);
    });
    look(30);
  });
}"""


def test_a_console_of_many_lines_is_followed_and_searched(page: Page, training: Training) -> None:
    training.print(*(f"line {n}" for n in range(3000)), "\x1b[1;31mred <b>\x1b[0m text")
    page.goto(f"/r/{training.run}/console")
    console, news = page.locator("#console"), page.locator("[data-console-news]")
    expect(console.locator(".ansi-fg-1.ansi-bold")).to_have_text("red <b>")
    assert page.locator(".console-line").count() < 200

    # Scrolled up it stays where it is and says what came; pressed, it follows again.
    console.evaluate("box => box.scrollTo(0, 0)")
    expect(console).to_contain_text("line 3")
    training.print("line new", "ValueError: line newer")
    expect(news).to_have_text("2 new lines")
    news.click()
    training.print("line newest")
    expect(console).to_contain_text("line newest")
    expect(page.locator(".level-error")).to_contain_text("ValueError: line newer")

    # What is found is counted, gone through, and in the address.
    page.get_by_label("Find in the console").fill("LINE 10")
    found = page.locator("[data-console-found]")
    expect(found).to_contain_text("of 111 lines")
    page.get_by_label("Find in the console").fill("line 2345")
    expect(found).to_have_text("1 of 1 line")
    expect(page.locator(".console-line.current")).to_contain_text("line 2345")
    page.get_by_label("Wrap").check()
    page.reload()
    expect(page.locator(".console-line.current")).to_contain_text("line 2345")
    expect(page.get_by_label("Wrap")).to_be_checked()
    expect(found).to_have_text("1 of 1 line")

    # One process of several is shown alone, also what it prints from then on.
    page.get_by_label("Find in the console").fill("")
    expect(found).to_have_text("")
    training.print("second", client=training.second)
    training.print("first")
    page.reload()
    page.get_by_label("Rank").select_option("1")
    count = page.locator("[data-console-count]")
    expect(count).to_have_text("1 line")
    training.print("first again")
    training.print("second again", client=training.second)
    expect(count).to_have_text("2 lines")
    expect(console).to_contain_text("[rank1] second again")
    expect(console).not_to_contain_text("first")


def test_two_runs_are_drawn_as_their_mean_with_a_band(
    page: Page, trainboard: LiveTrainboard, training: Training, tmp_path: Path
) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    second = Training(page, trainboard, folder)
    for one in (training, second):
        one.log(10)
        one.client.emit(Exit("finished", time.time(), 10))
        assert one.client.flush(10)
    second.client.close(5)
    second.second.close(5)
    page.goto(f"{trainboard.url}/p/charts/runs?group=step&show={training.run},{second.run}")
    # The band of each mean is a filled trace.
    fills = f"""() => (document.querySelector('[data-key="{KEY}"] .chart-plot')?.data ?? [])
        .filter(({{ fill }}) => fill === "toself").length"""
    page.wait_for_function('(key) => document.querySelector(`[data-key="${key}"] .js-line`)', arg=KEY)
    assert page.evaluate(fills) == 0
    page.get_by_role("button", name="Means").click()
    legend = page.get_by_role("list", name="Means of the finished runs with the same step")
    expect(legend.get_by_role("button")).to_have_text([re.compile("step 10.*2 runs")])
    page.wait_for_function(fills)
    assert "means=1" in page.url
    page.keyboard.press("m")
    page.wait_for_function(f"() => !({fills})()")
    expect(legend).to_be_hidden()
