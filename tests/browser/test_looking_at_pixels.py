"""The hospital's page in a real browser: boxes drawn with mouse, keys and finger, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from firstlight.dicom.pixels import PixelVerdict, Region
from firstlight.dicom.structure import Instance
from firstlight.pixels.confirmations import read_looks
from firstlight.pixels.review import Review, doubtful_if_asked, review_server
from tests.browser.chromium import SIZES
from tests.browser.conftest import IN_A_BROWSER
from tests.pixels.objects import as_bytes, cine
from tests.pixels.pictures import background, written

pytestmark = IN_A_BROWSER
DAWN = datetime(2020, 2, 20, 6, 0, tzinfo=UTC)


def in_doubt(instance: Instance, _identity: object) -> PixelVerdict:
    return PixelVerdict("doubtful", instance, (Region(20, 20, 180, 24),))


@pytest.fixture
def review(tmp_path: Path) -> Iterator[tuple[Review, str]]:
    for number in (1, 2):
        frames = background("speckle", 480, 400, number).reshape(2, 240, 400).copy()
        frames[:] = [written(frame, "HONG GILDONG", 24, 22, size=16) for frame in frames]
        (tmp_path / f"{number}.dcm").write_bytes(as_bytes(cine(frames)))
    images = [each for path in sorted(tmp_path.iterdir()) if (each := doubtful_if_asked(path, in_doubt))]
    made = Review(images, tmp_path / "looks.json", lambda: DAWN)
    server = review_server(made)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made, f"http://127.0.0.1:{server.server_port}/{made.token}/"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(browser: Browser, address: str, size: str, language: str, theme: str) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport=SIZES[size],  # type: ignore[arg-type]
        locale={"ko": "ko-KR", "en": "en-US"}[language],
        color_scheme=theme,  # type: ignore[arg-type]
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("http://127.0.0.1", "data:")) else
            complaints.append(request.url))  # fmt: skip
    page.goto(address)
    return page, complaints


@pytest.mark.parametrize(("size", "language", "theme"), [("desktop", "en", "light"), ("phone", "ko", "dark")])
def test_boxes_are_drawn_moved_deleted_and_kept(
    browser: Browser, review: tuple[Review, str], size: str, language: str, theme: str
) -> None:
    made, address = review
    page, complaints = opened(browser, address, size, language, theme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("td a").first.click()
    page.wait_for_selector("form[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.locator("[data-box]")
    expect(boxes).to_have_count(1)
    boxes.first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Alt+ArrowDown")
    stage = page.locator(".look-stage svg").bounding_box()
    assert stage is not None
    scale = stage["width"] / 400
    page.mouse.move(stage["x"] + 100 * scale, stage["y"] + 150 * scale)
    page.mouse.down()
    page.mouse.move(stage["x"] + 200 * scale, stage["y"] + 200 * scale, steps=5)
    page.mouse.up()
    expect(boxes).to_have_count(2)
    page.click("[name=add]")
    expect(boxes).to_have_count(3)
    page.keyboard.press("Delete")
    expect(boxes).to_have_count(2)
    page.click("[name=next]")
    expect(boxes).to_have_count(2)
    page.uncheck("[name=every_frame]")
    page.click("[name=add]")
    expect(boxes).to_have_count(3)
    page.click("[name=before]")
    expect(boxes).to_have_count(2)
    findings = Axe().run(page)
    assert findings.violations_count == 0, findings.generate_report()
    page.fill("[name=who]", "desk 3")
    page.click("[name=decision][value=confirmed]")
    page.wait_for_url("**/2/*")
    kept = read_looks(made.kept_in)[made.images[0].digest]
    first, second, third = kept.regions
    assert first == Region(30, 19, 180, 25)
    assert all(abs(one - other) <= 3 for one, other in zip(second[:4], (100, 150, 100, 50), strict=True))
    assert (second.frame, third.frame) == (None, 2)
    page.click("[name=decision][value=refused]")
    page.wait_for_selector("table")
    assert [each.decision for each in read_looks(made.kept_in).values()] == ["confirmed", "refused"]
    page.context.close()
    assert complaints == []
