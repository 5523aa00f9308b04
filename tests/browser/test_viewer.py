"""The viewer's cells, planes, measurements, marks and addresses, by mouse, by keys and by fingers."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit
from tests.browser.test_reading import READY, check_with_axe, shown_slice

pytestmark = IN_A_BROWSER
# A CT, its follow-up two weeks later, and an author's arrangement of the two with marks on both.
COMPARED = "/cases/14/"
STACK = "/cases/5/"


def settle(page: Page) -> None:
    page.wait_for_selector(READY)
    cells = "[...document.querySelectorAll('.viewer-cell:not(.is-away)')]"
    page.wait_for_function(f"() => {cells}.every(cell => cell.dataset.state === 'ready')")


def in_turn(page: Page, texts: list[str]) -> None:
    places = page.locator(".viewer-cell:not(.is-away) .viewer-corner.is-bottom-left")
    for index, text in enumerate(texts):
        expect(places.nth(index)).to_have_text(text)


def menu(page: Page, name: str) -> None:
    page.locator(f'.viewer-menu > button[aria-label="{name}"], .viewer-menu > button:has-text("{name}")').click()


def announced(page: Page, words: str) -> None:
    expect(page.locator(".viewer > [role=status]")).to_contain_text(words)


def test_the_author_s_arrangement_is_restored_and_scrolls_together(visit: Visit) -> None:
    with visit(COMPARED) as page:
        settle(page)
        expect(page.locator(".viewer-grid")).to_have_attribute("data-layout", "1x2")
        # Different frames of reference: the step from where the author linked them, in millimetres.
        expect(page.locator(".viewer-grid")).to_have_attribute("data-linked", "step")
        in_turn(page, ["51 / 98", "31 / 59"])
        page.locator(".viewer-cell.is-active .viewer-board").focus()
        for _key in range(5):
            page.keyboard.press("ArrowDown")
        # Five steps of 3 mm are three of 5 mm.
        in_turn(page, ["56 / 98", "34 / 59"])
        page.keyboard.press("k")
        page.keyboard.press("PageUp")
        in_turn(page, ["46 / 98", "34 / 59"])


def test_an_address_restores_layout_slice_window_zoom_and_turn(visit: Visit) -> None:
    with visit(COMPARED) as page:
        settle(page)
        expect(page.locator(".viewer-grid")).to_have_attribute("data-linked", "step")
        page.locator(".viewer-cell.is-active .viewer-board").focus()
        for key in ("k", "ArrowDown", "2", "+", "t", "i"):
            page.keyboard.press(key)
        in_turn(page, ["52 / 98", "31 / 59"])
        zoom = page.locator(".viewer-cell.is-active .viewer-corner.is-bottom-right").text_content()
        menu(page, "More")
        page.get_by_role("button", name="Copy a link to this view").click()
        address = page.evaluate("location.href")
        assert "layout=1x2" in address
        page.goto("about:blank")
        page.goto(address)
        settle(page)
        in_turn(page, ["52 / 98", "31 / 59"])
        expect(page.locator(".viewer-cell.is-active .viewer-corner.is-bottom-right")).to_have_text(zoom or "")
        expect(page.locator('.viewer-toolbar [aria-label="Invert"]')).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".viewer-cell.is-active .viewer-edge.is-top")).to_have_text("R")
        assert "W 400" in (zoom or "")


@pytest.mark.parametrize(
    "fragment", ["#layout=7x7&cell=1", "#layout=1x1&cell=<script>/%", "#%E0%A4%A", "#image=9.9.9/1"]
)
def test_a_damaged_address_opens_the_case_all_the_same(visit: Visit, fragment: str) -> None:
    with visit(COMPARED + fragment) as page:
        page.wait_for_selector(READY)


def test_marks_unfold_with_the_answer(visit: Visit) -> None:
    with visit(COMPARED) as page:
        settle(page)
        expect(page.locator(".viewer-shape")).to_have_count(0)
        expect(page.locator('.viewer-toolbar [aria-label="Arrows and regions"]')).to_be_hidden()
        assert "Ill-defined" not in page.locator("#viewer").inner_text()
        assert "Ill-defined" not in " ".join(page.locator(".viewer [id^=viewer-description]").all_text_contents())
        page.locator("#diagnosis > summary").click()
        expect(page.locator(".viewer-cell.is-active .viewer-shape.is-mark")).to_have_count(2)
        expect(page.locator(".viewer-cell.is-active [id^=viewer-description]")).to_contain_text(
            "Region at the middle right"
        )
        page.locator("a[data-mark='3']").click()
        expect(page.locator(".viewer-shape.is-chosen")).to_have_count(1)
        expect(page.locator(".viewer-cell.is-active .viewer-board")).to_have_attribute(
            "aria-label", "Images: CT · 5 mm · Chest"
        )
        page.keyboard.press("s")
        expect(page.locator(".viewer-shape.is-mark")).to_have_count(0)


def test_a_case_that_is_asked_tells_no_mark_to_anyone(visit: Visit) -> None:
    with visit("/weekly/") as page:
        seen: list[str] = []
        page.on("response", lambda response: seen.append(response.url))
        page.reload()
        if page.locator("#diagnosis").count() == 0:
            assert "data-viewer-marks" not in page.content()
            assert "data-viewer-arrangement" not in page.content()
        assert not [url for url in seen if "/marks" in url or "/arrangement" in url]


def brightness(page: Page, cut: str) -> float:
    """How bright a plane is on the whole, of 1."""
    return float(
        page.locator(f"[data-cut={cut}] canvas").evaluate(
            """canvas => {
                const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                let light = 0;
                for (let i = 0; i < data.length; i += 4) light += data[i];
                return light / 255 / (data.length / 4);
            }"""
        )
    )


def test_three_planes_are_drawn_and_turned_by_keys(visit: Visit) -> None:
    with visit(STACK) as page:
        page.wait_for_selector(READY)
        page.locator(".viewer-board").focus()
        page.keyboard.press("v")
        page.wait_for_selector(".viewer-mpr[data-ready=true]")
        for cut in ("slice", "row", "column"):
            assert brightness(page, cut) > 0.1, cut
        coronal = page.locator("[data-cut=row]")
        expect(coronal).to_have_attribute("aria-label", "Coronal 257 / 512")
        coronal.focus()
        page.keyboard.press("PageDown")
        expect(coronal).to_have_attribute("aria-label", "Coronal 267 / 512")
        before = brightness(page, "row")
        page.get_by_label("Slab").select_option("most")
        page.get_by_label("Thickness in mm").fill("30")
        assert brightness(page, "row") > before
        page.get_by_role("button", name="Back to the images").click()
        expect(page.locator(".viewer-board")).to_be_focused()


def test_a_single_image_offers_no_planes(visit: Visit) -> None:
    with visit("/cases/2/") as page:
        page.wait_for_selector(READY)
        expect(page.locator('.viewer-toolbar [aria-label^="Other planes"]')).to_be_hidden()


def test_everything_is_measured_without_a_pointer(visit: Visit) -> None:
    with visit(STACK) as page:
        page.wait_for_selector(READY)
        page.locator(".viewer-board").focus()

        def place(*keys: str) -> None:
            for key in keys:
                page.keyboard.press(key)

        place("l", "Enter", "Enter", *["Shift+ArrowRight"] * 6, "Enter")
        announced(page, "Length: 42.0 mm")
        place("Escape", "e", "Enter", "Enter", *["Shift+ArrowRight"] * 2, *["Shift+ArrowDown"] * 2, "Enter")
        announced(page, "HU")
        place("Escape", "p", "Enter", "ArrowLeft", "Enter")
        announced(page, "Value at a point")
        expect(page.locator(".viewer-shape.is-measure")).to_have_count(3)
        place("Escape", "Delete", "Delete", "Delete")
        expect(page.locator(".viewer-shape")).to_have_count(0)


def test_a_walk_with_the_tab_key_meets_every_control_and_leaves_again(visit: Visit) -> None:
    with visit(COMPARED) as page:
        settle(page)
        page.locator(".viewer-toolbar button").first.focus()
        met: set[str] = set()
        for _step in range(60):
            told = page.evaluate(
                """() => {
                    const node = document.activeElement;
                    if (!node.closest('.viewer')) return null;
                    const box = node.getBoundingClientRect();
                    const ring = getComputedStyle(node).outlineStyle !== 'none' || node.matches('.viewer-board');
                    const words = node.textContent.trim() || node.labels?.[0]?.textContent;
                    const name = node.getAttribute('aria-label') || words;
                    return { name, width: box.width, height: box.height, ring };
                }"""
            )
            if told is None:
                break
            assert told["name"], "a control without a name"
            assert told["ring"], f"no visible focus on {told['name']}"
            assert min(told["width"], told["height"]) >= 24, told
            met.add(told["name"])
            page.keyboard.press("Tab")
        else:
            raise AssertionError("the focus never leaves the viewer")
        assert {"Scroll", "Measure", "Window in numbers", "Layout", "Other planes (MPR)", "More", "Help"} <= met
        assert {"Series in cell 1", "Series in cell 2", "Slice"} <= met


def test_a_window_is_typed_in_and_escape_gives_the_focus_back(visit: Visit) -> None:
    with visit(STACK) as page:
        page.wait_for_selector(READY)
        menu(page, "Window in numbers")
        page.get_by_label("Level").fill("-500")
        page.get_by_label("Width").fill("1400")
        page.keyboard.press("Enter")
        expect(page.locator(".viewer-corner.is-bottom-right")).to_contain_text("W 1400")
        page.keyboard.press("Escape")
        expect(page.locator('[aria-label="Window in numbers"]').first).to_be_focused()


def fingers(page: Page) -> Callable[..., None]:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        named = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": named})

    return touch


def test_fingers_scroll_zoom_measure_and_turn_to_the_next_cell(visit: Visit) -> None:
    with visit(COMPARED, size="phone") as page:
        settle(page)
        board = page.locator(".viewer-cell.is-active .viewer-board")
        board.scroll_into_view_if_needed()
        box = board.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = fingers(page)
        zoom = page.locator(".viewer-cell.is-active .viewer-corner.is-bottom-right")
        before = zoom.text_content()
        touch("touchStart", (x - 30, y), (x + 30, y))
        for step in range(1, 6):
            touch("touchMove", (x - 30 - 8 * step, y), (x + 30 + 8 * step, y))
        touch("touchEnd")
        expect(zoom).not_to_have_text(before or "")
        start = shown_slice(page)
        touch("touchStart", (x, y))
        touch("touchMove", (x, y + 40))
        touch("touchMove", (x, y + 80))
        touch("touchEnd")
        page.wait_for_selector(f"[data-viewer]:not([data-slice='{start}'])")
        second = page.locator(".viewer-segments button").nth(1)
        for _attempt in range(4):  # on a busy machine a swipe may come so slowly that it is none
            touch("touchStart", (x + 60, y))
            touch("touchMove", (x, y + 2))
            touch("touchMove", (x - 60, y + 4))
            touch("touchEnd")
            page.wait_for_timeout(200)
            if second.get_attribute("aria-pressed") == "true":
                break
        expect(second).to_have_attribute("aria-pressed", "true")
        touch("touchStart", (x, y))
        page.wait_for_timeout(650)
        touch("touchMove", (x + 60, y + 10))
        touch("touchEnd")
        expect(page.locator(".viewer-cell.is-active .viewer-shape.is-measure")).to_have_count(1)


def test_a_phone_on_its_side_compares(visit: Visit) -> None:
    with visit(COMPARED, size="phone") as page:
        settle(page)
        shown = ".viewer-cell:not(.is-away)"
        assert [each.is_visible() for each in page.locator(f"{shown} .viewer-board").all()] == [True, False]
        page.set_viewport_size({"width": 844, "height": 390})
        assert [each.is_visible() for each in page.locator(f"{shown} .viewer-board").all()] == [True, True]


def test_who_saves_data_is_asked_first(visit: Visit) -> None:
    with visit("/") as page:
        page.evaluate("localStorage.setItem('firstlight.data-saver', 'on')")
        page.goto(STACK)
        page.wait_for_selector(READY)
        ask = page.locator(".viewer-ask")
        expect(ask).to_contain_text("The other 91 images are about")
        page.wait_for_timeout(300)
        assert page.locator("[data-viewer]").get_attribute("data-loaded") == "1"
        ask.get_by_role("button").first.click()
        page.wait_for_function("() => Number(document.querySelector('[data-viewer]').dataset.loaded) > 5")


def test_on_a_slow_line_small_pictures_stand_in(visit: Visit) -> None:
    with visit("/") as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        slow = {"offline": False, "latency": 80, "downloadThroughput": 100_000, "uploadThroughput": 100_000}
        page.goto(STACK)
        page.wait_for_selector(READY)
        session.send("Network.emulateNetworkConditions", slow)
        page.locator(".viewer-board").focus()
        page.keyboard.press("End")
        page.wait_for_selector(".viewer-placeholder:not([hidden])")
        expect(page.locator(".viewer-corner.is-bottom-left")).to_contain_text("92 / 92")


def test_nothing_is_not_a_number_in_a_picture_of_the_whole_page(visit: Visit) -> None:
    with visit(STACK) as page:
        page.wait_for_selector(READY)
        page.screenshot(full_page=True)
        page.set_viewport_size({"width": 700, "height": 500})
        assert "NaN" not in page.locator("#viewer").inner_text()


def test_enlarged_four_times_nothing_needs_scrolling_sideways(visit: Visit) -> None:
    with visit(COMPARED) as page:
        page.set_viewport_size({"width": 320, "height": 256})
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for button in page.locator(".viewer-toolbar button:visible").all():
            box = button.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= 320


@pytest.mark.parametrize(("size", "language", "theme"), [("desktop", "en", "dark"), ("phone", "ko", "light")])
def test_axe_finds_nothing_while_the_viewer_lives(visit: Visit, size: str, language: str, theme: str) -> None:
    with visit(COMPARED, size=size, language=language, theme=theme) as page:
        settle(page)
        page.locator("#diagnosis > summary").click()
        # The menus are built alike; one of numbers and one of commands stand for all.
        for button in page.locator(".viewer-menu > button:visible").all()[1::2]:
            button.click()
            check_with_axe(page)
            page.keyboard.press("Escape")
        page.locator(".viewer-cell.is-active .viewer-board").focus()
        page.keyboard.press("v")
        page.wait_for_selector(".viewer-mpr[data-ready=true]")
        check_with_axe(page)
        page.keyboard.press("Escape")
        page.locator(".viewer-cell.is-active .viewer-board").focus()
        page.keyboard.press("?")
        check_with_axe(page)


def test_an_author_draws_moves_and_deletes_by_keys(visit: Visit, site: Site) -> None:
    with visit("/", as_="yeo.myeongbit") as page:
        page.goto("/cases/3/edit/")
        page.wait_for_selector(READY)
        author = page.locator(".viewer-author")
        author.get_by_role("button", name="Arrow").click()
        for key in ("Enter", "Enter", *["Shift+ArrowRight"] * 4, "Enter"):
            page.keyboard.press(key)
        author.get_by_label("Words in English").fill("An arrow of the tests")
        page.keyboard.press("Enter")
        row = author.locator("li")
        expect(row).to_contain_text("An arrow of the tests")
        block = (
            "() => fetch(location.href).then(r => r.text()).then(t => new DOMParser().parseFromString(t, 'text/html')"
        )
        stored = block + ".querySelector('[data-viewer-marks]').textContent)"
        drawn = json.loads(page.evaluate(stored))[0]["points"]
        check_with_axe(page)
        mover = row.get_by_role("button", name="Move")
        mover.click()
        mover.press("ArrowDown")
        page.keyboard.press("Tab")
        expect(author.locator("[role=status]")).to_contain_text("Saved")
        page.wait_for_timeout(200)
        moved = json.loads(page.evaluate(stored))[0]["points"]
        assert moved == [[x, y + 1] for x, y in drawn]
        row.get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)
