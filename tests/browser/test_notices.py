"""A warning's whole way, through the pages of four people: reported, written, approved, read on a phone, confirmed."""

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit
from tests.browser.relay import relay_to
from tests.phantoms import PLANTED, write_series

pytestmark = IN_A_BROWSER
AUTHOR, APPROVER, READER, ADMINISTRATOR = "yeo.myeongbit", "seo.gwangbyeol", "yun.seulgyeol", "yi.seulcham"
WORDS = {
    "title_ko": "새로 알려진 소견",
    "title_en": "A sign newly seen",
    "sms_ko": "[영상의학회] 3번 환자에서 역달무리 징후. 확인해 주세요. {ack}",
    "sms_en": "[Radiology] Reversed halo seen in patient 3. Please confirm: {ack}",
    "body_ko": "3번 환자에서 역달무리 징후를 보았습니다. 같은 것을 보시면 현장 보고로 알려 주십시오.",
    "body_en": "A reversed halo was seen in patient 3. Please send a field report if you see the same.",
    "source": "Field report of a member, today",
}


def test_from_a_field_report_to_a_confirmed_warning(visit: Visit, site: Site, tmp_path: Path) -> None:
    reported = report(visit, site)
    add_images(visit, site, reported, tmp_path / "from the PACS")
    number = write(visit, reported)
    approve(visit, number)
    link = read_on_a_phone(visit)
    confirm(visit, link)
    with visit(f"/alerts/{number}/reach/", as_=APPROVER) as page:
        expect(page.locator("main")).to_contain_text("read")
        assert re.search(r"Read\s*1\b", page.locator("main").inner_text(), re.IGNORECASE)


def report(visit: Visit, site: Site) -> str:
    """A radiologist tells with a thumb what they saw."""
    with visit(f"/outbreaks/{site.outbreak}/reports/new/", size="phone", language="ko", as_=READER) as page:
        page.locator("label.chip", has_text="CT").first.click()
        page.locator("label.chip", has_text="의심").click()
        page.locator("label.chip", has_text="역달무리").click()
        page.fill("#id_text", "40대 남자, 발열 5일째. 우하엽에 역달무리 징후.")
        page.locator(".form .actions .button").click()
        expect(page.locator(".mark", has_text="편집자를 기다림")).to_be_visible()
        return page.url


def add_images(visit: Visit, site: Site, reported: str, folder: Path) -> None:
    """A member without any other role adds images, and nothing that identifies the patient leaves the browser."""
    write_series(folder, 3, size=64, study=77)
    with relay_to(site.url) as relay, visit(path_of(reported), language="ko", as_=READER, through=relay.url) as page:
        page.set_input_files("input[webkitdirectory]", folder)
        page.wait_for_selector("[data-phase=review]", timeout=120_000)
        page.get_by_role("button", name="영상 3장 보내기").click()
        page.wait_for_selector("[data-phase=done]", timeout=120_000)
        page.reload()
        expect(page.locator("#images-head ~ .entries li")).to_contain_text("3")
        everything = relay.everything()
        assert everything.count(b"application/dicom\r\n\r\n") >= 3, "the images went another way"
        assert [word for word in PLANTED if len(word.encode()) > 4 and word.encode() in everything] == []


def path_of(address: str) -> str:
    """An address of the site without the site."""
    return urlsplit(address).path


def write(visit: Visit, reported: str) -> int:
    """An editor makes a notice of it, in both languages, and sends it for approval."""
    with visit(reported, as_=AUTHOR) as page:
        page.get_by_role("button", name="Make it: Notice").click()
        page.wait_for_url("**/edit/")
        found = re.search(r"/alerts/(\d+)/edit/", page.url)
        assert found
        for name, text in WORDS.items():
            page.fill(f"#id_{name}", text)
        page.locator("#id_severity input[value='3']").check()
        page.check("#id_wants_answer")
        page.locator("button[name=act][value=review]").last.click()
        page.wait_for_url("**/review/")
        page.get_by_role("button", name="Send for").click()
        page.wait_for_load_state()
        assert not page.get_by_role("button", name=re.compile("^Approve")).count(), "nobody approves their own"
        return int(found[1])


def approve(visit: Visit, number: int) -> None:
    """A second editor sees whom it reaches and what it costs, and lets it go."""
    with visit(f"/alerts/{number}/review/", as_=APPROVER) as page:
        expect(page.locator("main")).to_contain_text("240")
        for doubt in page.locator("form[action$='/approve/'] input[type=checkbox]").all():
            doubt.check()
        page.get_by_role("button", name=re.compile("^Approve")).click()
        page.wait_for_load_state()
        expect(page.locator("main")).to_contain_text(re.compile("issued", re.IGNORECASE))


def read_on_a_phone(visit: Visit) -> str:
    """The message stands on the outbox page's telephone, with the reader's own link."""
    with visit("/outbox/", as_=ADMINISTRATOR) as page:
        for _attempt in range(60):
            if page.locator(".bubble").count():
                break
            time.sleep(0.5)
            page.reload()
        bubble = page.locator(".bubble").first
        expect(bubble).to_contain_text(re.compile("역달무리|Reversed halo"))
        return str(bubble.locator("a").first.get_attribute("href"))


def confirm(visit: Visit, link: str) -> None:
    """Opening the link is no answer; the button is."""
    with visit(link, size="phone", language="ko") as page:
        page.locator("form.confirm button").click()
        page.wait_for_load_state()
        expect(page.locator("form.confirm")).to_have_count(0)


PUBLIC = [
    "/alerts/",
    "/alerts/6/",
    "/alerts/6/?on=2020-02-24",
    "/outbreaks/{outbreak}/alerts/",
    "/outbreaks/{outbreak}/alerts/?on=2020-02-24",
    "/outbreaks/{outbreak}/reports/",
    "/reading/",
    "/reading/schemes/",
]
OWN = {
    AUTHOR: ["/alerts/desk/", "/alerts/6/reach/", "/alerts/6/review/", "/reports/"],
    ADMINISTRATOR: ["/members/", "/members/import/", "/members/new/", "/delivery/", "/outbox/"],
    READER: ["/me/", "/outbreaks/{outbreak}/reports/new/"],
}


@pytest.mark.parametrize(("size", "language", "theme"), [("phone", "ko", "dark"), ("desktop", "en", "light")])
@pytest.mark.parametrize("path", PUBLIC)
def test_anyone_can_read_the_pages(visit: Visit, site: Site, path: str, size: str, language: str, theme: str) -> None:
    with visit(path.format(outbreak=site.outbreak), size=size, language=language, theme=theme) as page:
        can_be_read(page, size)


@pytest.mark.parametrize(("size", "language", "theme"), [("phone", "ko", "light"), ("desktop", "en", "dark")])
@pytest.mark.parametrize("who", OWN)
def test_everyone_can_read_their_own_pages(
    visit: Visit, site: Site, who: str, size: str, language: str, theme: str
) -> None:
    with visit("/", size=size, language=language, theme=theme, as_=who) as page:
        for path in OWN[who]:
            page.goto(path.format(outbreak=site.outbreak))
            can_be_read(page, size)


def can_be_read(page: Page, size: str) -> None:
    page.evaluate("document.querySelectorAll('details.disclosure').forEach((each) => (each.open = true))")
    found = Axe().run(page, context="main").response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= (1280 if size == "desktop" else 390), page.url
