"""A real Chromium for the tests of this folder; a failed test leaves a screenshot in failures/."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.live import PROJECT, LiveTrainboard
from tests.needs import chromium

FAILURES = Path(__file__).parent / "failures"
#: Milliseconds that the page gets for what it does without a training.
PATIENCE = 10_000


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if report.when == "call" and report.failed:
        if live := getattr(item, "funcargs", {}).get("trainboard"):
            report.sections.append(("up", live.text))
        for page in getattr(item, "funcargs", {}).get("pages", []):
            FAILURES.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", item.nodeid.partition("::")[2])
            page.screenshot(path=FAILURES / f"{name}.png", full_page=True)
            report.sections.append(("page", f"{page.url}\nscreenshot: {FAILURES / name}.png"))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module; Playwright's event loop is gone before tests of other modules need theirs."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, trainboard: LiveTrainboard) -> list[Any]:
    """Of a person who is logged in; the link works once."""
    context = browser.new_context()
    context.new_page().goto(trainboard.link)
    found = context.cookies()
    context.close()
    return found


@pytest.fixture
def context(browser: Browser, trainboard: LiveTrainboard) -> Iterator[BrowserContext]:
    """A browser window without cookies."""
    made = browser.new_context(base_url=trainboard.url, viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def pages() -> list[Page]:
    """The tabs that the test opened."""
    return []


@pytest.fixture
def page(context: BrowserContext, pages: list[Page]) -> Iterator[Page]:
    """A tab; an error in its scripts or a breach of the content-security policy fails the test."""
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if "Security" in message.text else None)
    pages.append(opened)
    yield opened
    assert wrong == []


@pytest.fixture
def module_page(browser: Browser) -> Iterator[Page]:
    """An empty page without a server that can import the modules of static/: import("/js/scales.js")."""

    def answer(route: Route) -> None:
        if name := route.request.url.removeprefix("http://static.test/"):
            route.fulfill(path=PROJECT / "static" / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    opened = browser.new_page()
    opened.route("http://static.test/**", answer)
    opened.goto("http://static.test/")
    yield opened
    opened.close()
