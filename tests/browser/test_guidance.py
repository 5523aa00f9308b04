"""At the bedside and at the desk: taps answer at once, typing is checked at once, and everyone can read it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit

pytestmark = IN_A_BROWSER
EDITOR = "seo.gwangbyeol"


def guidance(site: Site) -> str:
    return f"/outbreaks/{site.outbreak}/guidance/"


@pytest.mark.parametrize(("size", "language", "theme"), [("phone", "ko", "dark"), ("desktop", "en", "light")])
def test_every_page_can_be_read_by_anyone(visit: Visit, site: Site, size: str, language: str, theme: str) -> None:
    answered = "now/?setting=emergency&symptoms=respiratory&severity=mild&test_status=negative&suspicion=high"
    with visit("/", size=size, language=language, theme=theme, as_=EDITOR) as page:
        for address in [guidance(site) + each for each in ("", "now/", answered, "ksr-kstr-2020/", "new/")]:
            page.goto(address)
            found = Axe().run(page, context="main").response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= (1280 if size == "desktop" else 390), (
                address
            )


def test_each_tap_is_answered_in_place(visit: Visit, site: Site) -> None:
    with visit(guidance(site) + "now/", size="phone") as page:
        page.evaluate("window.wasNotLoadedAgain = true")
        for name in ("symptoms_respiratory", "test_status_negative", "suspicion_high"):
            page.locator(f"label:has(#id_{name})").click()
        advice = page.locator("#bedside-advice [data-recommendation='KR20-4']")
        expect(advice).to_contain_text("Suspicion: High")
        assert page.evaluate("window.wasNotLoadedAgain")
        assert "suspicion=high" in page.url


def test_the_checker_speaks_while_one_types(visit: Visit, site: Site) -> None:
    with visit(guidance(site) + "ksr-kstr-2020/", as_=EDITOR) as page:
        page.get_by_role("button", name="Write the next version").click()
        text = page.locator("textarea[data-checked]")
        expect(page.locator("#report")).to_contain_text("No gap, no overlap, no contradiction")
        text.fill(text.input_value().replace('purposes = ["rule_out"]', 'purposes = ["diagnosis"]'))
        expect(page.locator("#report")).to_contain_text("KR20-3 and KR20-3b contradict each other")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Give it up").click()
