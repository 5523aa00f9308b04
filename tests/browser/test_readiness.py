"""A department's pages: zones drawn by hand and by keys, a room's tablet, and nobody locked out."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit

pytestmark = IN_A_BROWSER
COORDINATOR = "yi.seulcham"
PAGES = ["", "items/15/", "due/", "progress/", "plans/", "rooms/", "teams/", "devices/"]


def department(site: Site) -> str:
    return f"/outbreaks/{site.outbreak}/readiness/departments/imaginary/"


@pytest.mark.parametrize(("size", "language", "theme"), [("phone", "ko", "dark"), ("desktop", "en", "light")])
def test_every_page_can_be_read_by_anyone(visit: Visit, site: Site, size: str, language: str, theme: str) -> None:
    with visit("/", size=size, language=language, theme=theme, as_=COORDINATOR) as page:
        for address in [f"/outbreaks/{site.outbreak}/readiness/", *(department(site) + each for each in PAGES)]:
            page.goto(address)
            page.evaluate("document.querySelectorAll('details.disclosure').forEach((each) => (each.open = true))")
            found = Axe().run(page, context="main").response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= (1280 if size == "desktop" else 390), (
                address
            )


def test_a_zone_is_drawn_with_the_mouse_and_moved_with_keys(visit: Visit, site: Site) -> None:
    with visit(department(site) + "plans/", as_=COORDINATOR) as page:
        page.locator(".section-head a").first.click()
        plan = page.locator("[data-plan]")
        plan.scroll_into_view_if_needed()
        box = plan.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.05, box["y"] + box["height"] * 0.55)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.30, box["y"] + box["height"] * 0.90)
        page.mouse.up()
        corners = page.locator("#id_corners")
        assert re.fullmatch(r"(\d+(\.\d)?,\d+(\.\d)? ?){4}", corners.input_value())
        before = corners.input_value()
        page.locator("[data-corner='2']").focus()
        page.keyboard.press("ArrowLeft")
        assert corners.input_value() != before
        page.fill("#id_label", "Waiting")
        page.select_option("#id_kind", "contaminated")
        page.locator("[data-zone-form] .button").first.click()
        expect(page.locator(".zone-row").last).to_contain_text("Waiting")
        expect(page.locator(".page-head .mark.warn")).to_be_visible()  # the signature ended


def test_a_visit_is_logged_with_a_thumb(visit: Visit, site: Site) -> None:
    with visit(department(site) + "rooms/", size="phone", as_=COORDINATOR) as page:
        page.locator(".room-card h2 a").first.click()
        panel = page.locator(".room-panel")
        for state in ("occupied", "to_clean", "cleaning", "pause"):
            button = page.locator(".room-buttons button").first
            assert (button.bounding_box() or {"height": 0})["height"] >= 90
            button.click()
            expect(panel).to_have_attribute("data-state", state)
        expect(page.locator("[data-until]")).to_contain_text("left")
