"""What a person does on the pages, as verbs; tests say what should then be seen."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

#: Milliseconds that a small training gets, a worker that still warms up included.
TRAINING = 60_000
#: … and the bar that tells of a lost connection, which comes after ten seconds.
PATIENCE_FOR_BAR = 15_000


def run_example(page: Page, title: str) -> str:
    """Press “Run example” of one card; the new run's id."""
    page.get_by_role("button", name=f"Run example: {title}").click()
    page.wait_for_url(re.compile(r"/r/\w+/charts"))
    return run_id(page)


def new_run(page: Page, recipe: str) -> None:
    """Open the form with a recipe chosen."""
    page.get_by_role("link", name="New run", exact=True).click()
    page.locator("button.recipe-card", has_text=recipe).click()
    expect(page.locator(f'input[name="recipe"][value="{recipe}"]')).to_be_attached()


def field(page: Page, name: str) -> Locator:
    """The control of the form that has this name."""
    return page.get_by_label(name, exact=True)


def set_fields(page: Page, **values: str) -> None:
    """Type into fields, and leave the last one."""
    for name, value in values.items():
        field(page, name).fill(value)
        field(page, name).blur()


def sweep_over(page: Page, **values: str) -> None:
    """Switch “Sweep” on for fields and list their values."""
    for name, text in values.items():
        field(page, f"Sweep {name}").check()
        page.get_by_role("group", name=f"How {name} is swept").get_by_text("List", exact=True).click()
        page.get_by_label(f"Values of {name}, separated by commas").fill(text)


def rehearse(page: Page) -> None:
    """Press “Rehearse”, which is called “Rehearse again” once there was a rehearsal."""
    page.locator("[data-rehearse]").click()


def launch(page: Page, expected: str) -> None:
    """Press the launch button once the server has agreed to what it says."""
    button = page.locator("#launch-button")
    expect(button).to_contain_text(expected)
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()


def stop(page: Page) -> None:
    """Stop the run of the page, a checkpoint saved first as the dialog proposes."""
    page.get_by_role("button", name="Stop…").click()
    page.get_by_role("button", name="Stop run").click()


def run_id(page: Page) -> str:
    return re.search(r"/r/(\w+)", page.url)[1]  # type: ignore[index]


def state(page: Page) -> Locator:
    """The state on a run's page; its attribute ``data-state`` is the bare word."""
    return page.locator('#run-header [data-part="state"]')


def expect_state(page: Page, *words: str, timeout: float = TRAINING) -> None:
    """The page shows one of the states without being reloaded."""
    expect(state(page)).to_have_attribute("data-state", re.compile(f"^({'|'.join(words)})$"), timeout=timeout)


def points(page: Page, key: str) -> int:
    """How many points the chart of ``key`` has drawn, of all its lines."""
    return page.evaluate(
        """(key) => {
          const plot = document.querySelector(`figure[data-key="${key}"] .chart-plot`);
          return Math.max(0, ...(plot?.data ?? []).map((trace) => trace.x?.length ?? 0));
        }""",
        key,
    )


def wait_for_points(page: Page, key: str, count: int, timeout: float = TRAINING) -> int:
    """Wait until the chart shows at least ``count`` points."""
    page.locator(f'figure[data-key="{key}"]').scroll_into_view_if_needed(timeout=timeout)
    page.wait_for_function(
        """([key, count]) => {
          const plot = document.querySelector(`figure[data-key="${key}"] .chart-plot`);
          return Math.max(0, ...(plot?.data ?? []).map((trace) => trace.x?.length ?? 0)) >= count;
        }""",
        arg=[key, count],
        timeout=timeout,
    )
    return points(page, key)


def drawn_steps(page: Page, key: str) -> list[int]:
    """The steps of the longest line of a chart."""
    return page.evaluate(
        """(key) => {
          const plot = document.querySelector(`figure[data-key="${key}"] .chart-plot`);
          const lines = (plot?.data ?? []).filter(({ mode }) => mode === "lines").map(({ x }) => x);
          return lines.reduce((longest, x) => (x.length > longest.length ? x : longest), []);
        }""",
        key,
    )


def wait_for_steps(page: Page, key: str, steps: range) -> None:
    """Wait until the chart shows every step of the range, whatever more it shows."""
    page.wait_for_function(
        """([key, first, last]) => {
          const plot = document.querySelector(`figure[data-key="${key}"] .chart-plot`);
          const drawn = new Set((plot?.data ?? []).filter(({ mode }) => mode === "lines").flatMap(({ x }) => x));
          for (let step = first; step <= last; step++) if (!drawn.has(step)) return false;
          return true;
        }""",
        arg=[key, steps[0], steps[-1]],
    )


def tab(page: Page, name: str) -> None:
    """Open a tab of the run's page."""
    page.get_by_role("navigation", name="Run").get_by_role("link", name=name).click()


def project_tab(page: Page, name: str) -> None:
    """Open a page of the project from the top bar."""
    page.get_by_role("navigation", name="Project", exact=True).get_by_role("link", name=name).click()


def api(page: Page, path: str) -> Any:
    """What the REST API says to the log-in of this window."""
    answer = page.request.get(f"/api/v1/{path}")
    assert answer.ok, f"{answer.status} {answer.text()}"
    return answer.json()


def download(page: Page, link: Locator, folder: Path) -> Path:
    """Press a download link; the file."""
    with page.expect_download() as started:
        link.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path
