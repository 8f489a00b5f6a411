"""The page of a sweep in a real browser: brushes filter everything, and the address gives the same picture again."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.helpers import download
from tests.live import PROJECT, LiveTrainboard

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def trainboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrainboard]:
    """A server with a sweep of 400 ended trials over four hyperparameters."""
    folder = tmp_path_factory.mktemp("trials")
    command = [sys.executable, "-m", "tests.benchmarks.many_trials", str(folder), "400", "4"]
    subprocess.run(command, cwd=PROJECT, check=True)
    with LiveTrainboard(folder) as live:
        yield live


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, cookies: list[Any]) -> None:
    context.add_cookies(cookies)


def test_the_page_of_a_sweep(page: Page, tmp_path: Path) -> None:
    page.set_default_timeout(60_000)
    page.goto("/p/bench/sweeps")
    page.get_by_role("link", name="400 trials × 4").click()
    ready(page)
    brush_by_typing(page)
    brush_by_dragging(page)
    brush_by_keys(page)
    scroll_and_sort(page)
    choose_columns(page)
    choose_plots(page)
    take_along(page, tmp_path)
    enlarge(page)
    importance(page)
    extend(page)


def ready(page: Page) -> None:
    expect(page.locator("#sweep-page[data-ready]")).to_be_attached(timeout=30_000)


def matching(page: Page) -> str:
    return page.locator("[data-brush-text]").inner_text()


#: A third objective that goes against the first: the trials of the middle are on the front too.
_THREE = """
import sys
from pathlib import Path
from tests.benchmarks.live_server import set_up
set_up(Path(sys.argv[1]))
from runs.models import Run, Series, Sweep
sweep = Sweep.objects.get()
keys = {"eval/f1": True, "eval/loss": False, "eval/ms": False}
sweep.objectives = [{"metric": key, "greater_is_better": greater} for key, greater in keys.items()]
sweep.name, sweep.pk, sweep._state.adding = "three", "three", True
sweep.save()
for trial in range(4):
    run = Run.objects.create(project=sweep.project, sweep=sweep, trial=trial, state="finished", name=f"t{trial}")
    for key, value in zip(keys, [(0.9, 0.2, 9), (0.8, 0.3, 5), (0.7, 0.4, 7), (0.6, 0.1, 8)][trial]):
        Series.objects.create(run=run, key=key, count=1, min=value, max=value, last=str(value))
"""


def test_three_objectives(page: Page, trainboard: LiveTrainboard) -> None:
    """Two on the axes, the third as colour; the front counts all of them and is listed."""
    command = [sys.executable, "-c", _THREE, str(trainboard.data_dir)]
    subprocess.run(command, cwd=PROJECT, check=True)
    page.goto("/s/three")
    ready(page)
    card = page.locator('[data-figure="progress"]')
    expect(card.locator("[data-plot-list] [data-trial]")).to_have_text(["0", "1", "3"])
    expect(card.locator("[data-plot-hint]")).to_contain_text("3 of 4 on the front")
    expect(card.locator('[data-legend="colour"]')).to_contain_text("eval/ms 9")
    card.get_by_label("Across").select_option("eval/ms")
    expect(page).to_have_url(re.compile("obj=eval/ms,eval/loss"))
    expect(card.locator('[data-legend="colour"]')).to_contain_text("eval/f1 0.6")
    expect(card.locator(".axis-name.across")).to_have_text("eval/ms")
    page.reload()
    ready(page)
    expect(card.locator(".axis-name.across")).to_have_text("eval/ms")
    # Without the trial that beats it on time, the third is on the front.
    group = page.get_by_role("group", name="Range of eval/ms")
    group.get_by_label("eval/ms from").fill("6")
    group.get_by_label("eval/ms from").press("Tab")
    expect(card.locator("[data-plot-list] [data-trial]")).to_have_text(["0", "2", "3"])


def brush_by_typing(sweep: Page) -> None:
    """It filters, stands in the address, and a reload gives the same."""
    group = sweep.get_by_role("group", name="Range of learning_rate")
    group.get_by_label("learning_rate from").fill("2e-4")
    group.get_by_label("learning_rate to").fill("4e-4")
    group.get_by_label("learning_rate to").press("Tab")
    expect(sweep.locator("[data-brush-text]")).to_have_text(re.compile(r"^\d+ of 400 match the brush$"))
    expect(sweep).to_have_url(re.compile(r"b\.learning_rate=0\.0002\.\.0\.0004"))
    before = matching(sweep)
    sweep.reload()
    ready(sweep)
    expect(sweep.locator("[data-brush-text]")).to_have_text(before)
    sweep.keyboard.press("Escape")
    expect(sweep.locator("[data-brush-text]")).to_have_text("")
    expect(sweep).not_to_have_url(re.compile(r"b\.learning_rate"))


def brush_by_dragging(sweep: Page) -> None:
    box = sweep.locator("#parallel .grip").last.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    sweep.mouse.move(x, box["y"] + 8)
    sweep.mouse.down()
    for step in range(5):
        sweep.mouse.move(x, box["y"] + 10 + 6 * step)
    sweep.mouse.up()
    expect(sweep).to_have_url(re.compile(r"b\.objective="))
    expect(sweep.locator(".brush-chip")).to_contain_text("eval/f1")
    # The hand that let go over the lines opened none of them.
    expect(sweep.locator("#sweep-page")).to_be_attached()
    sweep.keyboard.press("Escape")
    expect(sweep.locator("[data-brush-text]")).to_have_text("")


def brush_by_keys(sweep: Page) -> None:
    """A reader of the screen is told the ends; Escape takes away this brush only."""
    grip = sweep.get_by_role("slider", name="Brush of weight_decay")
    expect(grip).to_have_attribute("aria-valuetext", re.compile("^everything"))
    grip.press("ArrowUp")
    expect(grip).to_have_attribute("aria-valuetext", "weight_decay ≤ 0.025")
    grip.press("ArrowUp")
    grip.press("Shift+ArrowDown")
    expect(grip).to_have_attribute("aria-valuetext", "weight_decay 0.01 … 0.025")
    expect(grip).to_be_focused()
    expect(sweep).to_have_url(re.compile(r"b\.weight_decay=0\.01\.\.0\.025"))
    sweep.get_by_role("slider", name="Brush of eval/f1").press("ArrowDown")
    expect(sweep.locator(".brush-chip")).to_have_count(2)
    grip.press("Escape")
    expect(sweep.locator(".brush-chip")).to_have_text(re.compile("^eval/f1"))
    grip.press("Escape")
    expect(sweep.locator(".brush-chip")).to_have_count(0)


def scroll_and_sort(sweep: Page) -> None:
    """Only the rows near the view are in the document."""
    rows = sweep.locator("#trials tbody tr[data-number]")
    expect(rows.first).to_be_visible()
    assert rows.count() < 100
    sweep.locator(".trials-scroll").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(sweep.locator("#trials tbody tr[data-number]").last).to_contain_text("pruned")
    sweep.get_by_role("columnheader", name="learning_rate").get_by_role("link").click()
    expect(sweep).to_have_url(re.compile("sort=learning_rate"))


def choose_columns(sweep: Page) -> None:
    """They stand in the address; a reload, Back and “Automatic” give what they say."""
    usual = sweep.locator("#trials th").all_inner_texts()
    sweep.get_by_role("button", name="Columns").click()
    sheet = sweep.get_by_role("dialog", name="Columns")
    sheet.get_by_role("checkbox", name="weight_decay").uncheck()
    sheet.get_by_role("checkbox", name="Started").check()
    sheet.get_by_role("button", name="Pin learning_rate").click()
    sheet.get_by_role("button", name="Show these").click()
    expect(sweep).to_have_url(re.compile(r"cols=.*&pin=learning_rate"))
    head = sweep.locator("#trials th")
    expect(head.nth(1)).to_contain_text("learning_rate")
    expect(head.last).to_have_text("Open")
    expect(head.filter(has_text="weight_decay")).to_have_count(0)
    row = sweep.locator("#trials tbody tr[data-number]").first
    expect(row.locator("td")).to_have_count(head.count())
    expect(row).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"))
    sweep.reload()
    ready(sweep)
    expect(head.nth(1)).to_contain_text("learning_rate")
    sweep.go_back()
    expect(head.nth(1)).to_have_text("State")
    assert sweep.locator("#trials th").all_inner_texts() == usual


def choose_plots(sweep: Page) -> None:
    """Back brings the former ones."""
    title = sweep.locator("#progress-title")
    sweep.get_by_role("radio", name="EDF").check(force=True)
    expect(title).to_have_text("Distribution")
    expect(sweep).to_have_url(re.compile("plot=edf"))
    sweep.get_by_role("radio", name="Slice").check(force=True)
    expect(sweep).to_have_url(re.compile("plot=edf,slice"))
    sweep.go_back()
    sweep.go_back()
    expect(title).to_have_text("Optimisation history")
    expect(sweep.locator('[data-plot-card] figure[aria-labelledby="progress-title"] svg')).to_be_visible()


def take_along(sweep: Page, folder: Path) -> None:
    """Each plot gives its numbers and its picture: those of the parallel coordinates with the pixels in it."""
    files = {}
    for figure in ("progress", "space", "parallel"):
        menu = sweep.locator(f'[data-figure="{figure}"] .chart-menu')
        for word in ("CSV", "SVG", "PNG"):
            menu.locator("summary").click()
            files[figure, word] = download(sweep, menu.get_by_role("button", name=f"Download {word}"), folder)
    numbers = files["parallel", "CSV"].read_text().splitlines()
    assert numbers[0].startswith("trial,state,learning_rate,weight_decay,")
    assert len(numbers) == 401
    assert files["progress", "CSV"].read_text().startswith("trial,state,eval/f1\n0,")
    assert 'href="data:image/png;base64,' in files["parallel", "SVG"].read_text()
    assert files["space", "PNG"].read_bytes().startswith(b"\x89PNG")
    assert files["space", "PNG"].name == "400-trials-4-Contour.png"


def enlarge(sweep: Page) -> None:
    """F and T as on a chart; the address holds it, and Escape goes back without touching the brushes."""
    card = sweep.locator('[data-figure="progress"]')
    figure = card.locator(".figure-box")
    figure.press("t")
    expect(
        card.get_by_role("region", name="Optimisation history: eval/f1 by trial, 400 measured as a table")
    ).to_contain_text("finished")
    figure.press("t")
    expect(card.locator(".chart-table")).to_have_count(0)
    figure.press("f")
    expect(sweep).to_have_url(re.compile("chart=progress"))
    expect(card.locator(".plot > svg")).to_have_attribute("viewBox", re.compile(r"^0 0 14\d\d 8\d\d$"))
    sweep.keyboard.press("Escape")
    expect(sweep).not_to_have_url(re.compile("chart="))
    expect(card.locator(".plot > svg")).to_have_attribute("viewBox", re.compile(r" 190$"))


def importance(sweep: Page) -> None:
    """It comes by itself once it is computed."""
    card = sweep.locator("#importance")
    card.get_by_role("combobox").select_option("plain")
    expect(card).to_contain_text("plain, 400 trials", timeout=60_000)
    expect(card.locator(".importance-row").first).to_contain_text("best at")


def extend(sweep: Page) -> None:
    """It tells what it changes, and keeps what the server refuses."""
    sweep.get_by_role("button", name="Extend…").click()
    dialog = sweep.get_by_role("dialog", name=re.compile("Extend"))
    apply = dialog.locator(".primary")
    expect(apply).to_be_disabled()
    dialog.get_by_label("weight_decay to").fill("-1")
    expect(dialog).to_contain_text("weight_decay: 0 … 0.1 → 0 … -1")
    dialog.get_by_label("Target of eval/f1").fill("0.5")
    expect(dialog).to_contain_text("none → 0.5; that is reached already, so no new trial comes")
    apply.click()
    expect(dialog.locator('[data-problem="args.weight_decay"]')).to_contain_text("Swap them")
    expect(dialog.get_by_label("weight_decay to")).to_have_value("-1")
