"""A worldwide reader, on a desk and on a phone, in Korean and in English."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit

pytestmark = IN_A_BROWSER
READY = "[data-viewer][data-viewer-state=ready]"


def shown_slice(page: Page) -> int:
    return int(page.locator("[data-viewer]").get_attribute("data-slice") or 0)


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_from_home_to_a_case_that_scrolls(visit: Visit, site: Site, size: str, language: str) -> None:
    with visit("/", size=size, language=language) as page:
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.locator(f'main a[href="/outbreaks/{site.outbreak}/"]').first.click()
        page.locator(f'nav.menu a[href="/outbreaks/{site.outbreak}/cases/"]').click()
        for number in range(1, 15):
            expect(page.locator(f'.case-card a[href="/cases/{number}/"]')).to_have_count(1)
        page.locator('.case-card a[href="/cases/5/"]').click()
        page.wait_for_selector(READY)
        expect(page.locator("[data-viewer]")).to_have_count(1)
        assert page.locator(".viewer-toolbar, [role=toolbar]").first.is_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= (1280 if size == "desktop" else 390), "no sideways scrolling"


def test_wheel_keys_presets_and_reset(visit: Visit) -> None:
    with visit("/cases/5/") as page:
        page.wait_for_selector(READY)
        board = page.locator(".viewer-board")
        board.hover()
        start = shown_slice(page)
        page.mouse.wheel(0, 120)
        page.wait_for_selector(f"[data-viewer]:not([data-slice='{start}'])")
        after_wheel = shown_slice(page)
        assert after_wheel == start + 1
        board.focus()
        page.keyboard.press("ArrowUp")
        page.wait_for_selector(f"[data-viewer][data-slice='{start}']")
        page.keyboard.press("Home")
        page.wait_for_selector("[data-viewer][data-slice='1']")
        page.keyboard.press("End")
        page.wait_for_selector("[data-viewer][data-slice='92']")
        page.keyboard.press("2")
        expect(page.locator("[data-viewer]")).to_contain_text("W 400")
        page.keyboard.press("1")
        expect(page.locator("[data-viewer]")).to_contain_text("W 1500")


def test_dragging_changes_the_window_and_reset_brings_it_back(visit: Visit) -> None:
    with visit("/cases/5/") as page:
        page.wait_for_selector(READY)
        box = page.locator(".viewer-board").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y + 40, steps=4)
        page.mouse.up()
        expect(page.locator("[data-viewer]")).not_to_contain_text("W 1500")
        page.keyboard.press("r")
        expect(page.locator("[data-viewer]")).to_contain_text("W 1500")


def test_a_key_image_is_one_click_away(visit: Visit) -> None:
    with visit("/cases/5/") as page:
        page.wait_for_selector(READY)
        links = page.locator(".key-images a[data-key-image]")
        seen = set()
        for index in range(links.count()):
            links.nth(index).click()
            expect(links.nth(index)).to_have_attribute("aria-current", "true")
            seen.add(shown_slice(page))
        assert len(seen) == links.count()
        page.locator("#diagnosis summary").click()
        page.locator('#diagnosis a[href^="#image="]').first.click()
        page.wait_for_selector(READY)


def test_the_server_s_picture_is_there_before_any_script(browser: object, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site.url)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto("/cases/1/")
    assert page.locator("[data-viewer-poster]").evaluate("image => image.naturalWidth") >= 256
    page.locator("#diagnosis summary").click()
    expect(page.locator("#diagnosis .references")).to_be_visible()
    context.close()


def test_touch_scrolls_the_stack(visit: Visit) -> None:
    with visit("/cases/5/", size="phone") as page:
        page.wait_for_selector(READY)
        page.locator(".viewer-board").scroll_into_view_if_needed()
        box = page.locator(".viewer-board").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        start = shown_slice(page)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]}
            )

        touch("touchStart", (x, y))
        for step in range(1, 9):
            touch("touchMove", (x, y + 12 * step))
        touch("touchEnd")
        page.wait_for_selector(f"[data-viewer]:not([data-slice='{start}'])")


def test_a_radiograph_and_its_follow_up_are_two_series(visit: Visit) -> None:
    with visit("/cases/2/") as page:
        page.wait_for_selector(READY)
        tabs = page.locator("[data-viewer] [role=tab]")
        expect(tabs).to_have_count(2)
        tabs.nth(1).click()
        page.wait_for_selector(READY)
        expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")


PAGES = [
    "/",
    "/outbreaks/{outbreak}/",
    "/outbreaks/{outbreak}/?on=2020-04-10",
    "/outbreaks/{outbreak}/cases/",
    "/outbreaks/{outbreak}/numbers/",
    "/outbreaks/{outbreak}/readiness/",
    "/outbreaks/{outbreak}/evidence/",
    "/outbreaks/{outbreak}/tour/",
    "/cases/",
    "/cases/1/",
    "/cases/2/",
    "/account/login/",
    "/account/password/reset/",
    "/nothing-here/",
]
DESKS = {
    "yeo.myeongbit": ["/cases/desk/", "/cases/1/edit/", "/cases/1/preview/", "/quarantine/"],
    "yi.seulcham": ["/outbreaks/new/", "/outbreaks/new/from/haemorrhagic-fever/", "/outbreaks/{outbreak}/switch/"],
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("size", "language"), [("desktop", "ko"), ("phone", "en")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(visit: Visit, site: Site, path: str, size: str, language: str, theme: str) -> None:
    if path == "/nothing-here/":
        with pytest.raises(AssertionError, match="404"), visit(path, size=size, language=language, theme=theme) as page:
            check_with_axe(page)
        return
    with visit(path.format(outbreak=site.outbreak), size=size, language=language, theme=theme) as page:
        if page.locator("[data-viewer]").count():
            page.wait_for_selector(READY)
        for details in page.locator("main details").all():
            details.evaluate("each => each.open = true")
        check_with_axe(page)


@pytest.mark.parametrize(("size", "language", "theme"), [("desktop", "en", "dark"), ("phone", "ko", "light")])
@pytest.mark.parametrize("who", DESKS)
def test_axe_finds_nothing_serious_at_the_desks(
    visit: Visit, site: Site, who: str, size: str, language: str, theme: str
) -> None:
    with visit("/", size=size, language=language, theme=theme, as_=who) as page:
        for path in DESKS[who]:
            page.goto(path.format(outbreak=site.outbreak))
            for details in page.locator("main details").all():
                details.evaluate("each => each.open = true")
            check_with_axe(page)


@pytest.mark.parametrize(("size", "language", "theme"), [("phone", "ko", "light"), ("phone", "ko", "dark")])
def test_axe_finds_nothing_serious_in_a_search(visit: Visit, size: str, language: str, theme: str) -> None:
    for question, finds in (("q=GGO&modality=CT", True), ("q=nothing-is-called-so", False)):
        with visit(f"/cases/?{question}", size=size, language=language, theme=theme) as page:
            expect(page.locator("main .case-card mark").first if finds else page.locator("main .empty")).to_be_visible()
            for details in page.locator("main details").all():
                details.evaluate("each => each.open = true")
            check_with_axe(page)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, "no sideways scrolling"


def check_with_axe(page: Page) -> None:
    """No violation of WCAG 2.2 AA that axe-core calls serious or critical."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    grave = [
        (each["id"], node["html"][:160])
        for each in found.response["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
    assert grave == []
