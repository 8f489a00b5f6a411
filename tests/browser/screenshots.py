"""Take the README's pictures from a real Trainboard: `python -m tests.browser.screenshots` (about two minutes).

Everything on them happened: the examples are trained, and the pages are looked at while and after.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.helpers import (
    expect_state,
    launch,
    new_run,
    project_tab,
    run_example,
    set_fields,
    sweep_over,
    wait_for_points,
)
from tests.live import PROJECT, LiveTrainboard
from tests.needs import chromium

IMAGES = PROJECT / "docs" / "img"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        LiveTrainboard(Path(folder) / "data") as trainboard,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        tour(open_page(browser, trainboard))
        browser.close()


def open_page(browser: Browser, trainboard: LiveTrainboard) -> Page:
    page = browser.new_context(
        base_url=trainboard.url, viewport={"width": 1440, "height": 900}, color_scheme="light"
    ).new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=180_000)
    page.goto(trainboard.link)
    return page


def tour(page: Page) -> None:
    expect(page.get_by_text("Worker connected")).to_be_visible()
    picture(page, "welcome")
    run_example(page, "Handwritten digits")
    wait_for_points(page, "eval/accuracy", 12)
    page.locator("h1").scroll_into_view_if_needed()
    picture(page, "run")
    expect_state(page, "finished", timeout=180_000)
    sweep(page)
    page.get_by_role("link", name="Compare top 3").click()
    wait_for_points(page, "eval/accuracy", 1)
    page.locator("main").press("Home")
    picture(page, "compare")
    project_tab(page, "Runs")
    page.locator("[data-fold]").first.click()
    wait_for_points(page, "eval/accuracy", 5)
    picture(page, "workspace")
    page.emulate_media(color_scheme="dark")
    picture(page, "workspace-dark")
    page.emulate_media(color_scheme="light")
    project_tab(page, "Checkpoints")
    page.get_by_role("link", name="Export").first.click()
    picture(page, "export")


def sweep(page: Page) -> None:
    new_run(page, "digits-vit")
    set_fields(page, num_train_epochs="6", name="lr and batch size")
    sweep_over(page, learning_rate="5e-4, 1e-3, 2e-3, 4e-3", per_device_train_batch_size="32, 64")
    expect(page.locator("#launch-button")).to_contain_text("8")
    page.get_by_role("heading", name="Training arguments").scroll_into_view_if_needed()
    picture(page, "new-run")
    launch(page, "8")
    expect(page.locator("#trials tbody tr", has_text="finished")).to_have_count(8)
    page.reload()
    picture(page, "sweep")


def picture(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
