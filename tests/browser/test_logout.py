"""Logging out in one tab ends the live connection of the others."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.live import LiveTrainboard

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_another_tab_shows_the_login_when_this_one_logs_out(
    page: Page, context: BrowserContext, trainboard: LiveTrainboard
) -> None:
    page.goto(trainboard.link)
    other = context.new_page()
    other.goto("/welcome")
    expect(other.locator("[data-live-word]")).to_have_text("Live")
    page.locator("summary[aria-label^='Account']").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/login/"))
    # By itself: nobody touches this tab.
    expect(other).to_have_url(re.compile("/login/.*next=/welcome"))
