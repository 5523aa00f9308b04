"""An editor makes a case from a hospital's folder, in the browser; a second editor publishes it."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_A_BROWSER, Site, Visit
from tests.browser.test_reading import READY, check_with_axe
from tests.phantoms import PLANTED, as_bytes, identified_ct, write_series

pytestmark = IN_A_BROWSER
TEXTS = {
    "title_en": "Cough after a journey",
    "title_ko": "여행 뒤의 기침",
    "history_en": "Three days of cough.",
    "findings_en": "[An opacity](key:1).",
    "diagnosis_en": "Viral pneumonia",
    "discussion_en": "It looks like [1].",
    "teaching_points_en": "- Look twice.",
    "references": "Somebody. Something. 2020. doi:10.1000/182",
}


def hospital_folder(folder: Path) -> Path:
    """Five identified slices, an ultrasound, a truncated file and something that is no image."""
    write_series(folder / "CT HONG GILDONG", 5, size=64)
    whole = as_bytes(identified_ct(9, size=64))
    (folder / "short").write_bytes(whole[: len(whole) // 2])
    (folder / "captured").write_bytes(as_bytes(identified_ct(8, size=64, BurnedInAnnotation="YES")))
    (folder / "letter.txt").write_text("Dear colleague")
    return folder


def kept_on_the_server(site: Site) -> bytes:
    files = [path for path in site.data.rglob("*") if path.is_file() and "static" not in path.parts]
    return b"".join(path.read_bytes() for path in files)


def make_draft(page: Page, site: Site, folder: Path) -> str:
    page.select_option("select[name=outbreak]", site.outbreak)
    page.click('form[action="/cases/new/"] button')
    page.wait_for_url(re.compile(r"/cases/\d+/edit/"))
    page.set_input_files("input[webkitdirectory]", folder)
    page.wait_for_selector(".deidentify[data-phase=done], [data-phase=done]", timeout=120_000)
    return page.url


def test_from_an_identified_folder_to_a_published_case(visit: Visit, site: Site, tmp_path: Path) -> None:
    folder = hospital_folder(tmp_path / "from the PACS")
    with visit("/cases/desk/", as_="yeo.myeongbit") as page:
        sent: list[bytes] = []
        page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
        address = make_draft(page, site, folder)
        zone = page.locator("[data-deidentify]")
        expect(zone).to_contain_text("5")
        check_with_axe(page)
        everything = b"".join(sent) + kept_on_the_server(site)
        assert [word for word in PLANTED if len(word.encode()) > 4 and word.encode() in everything] == []
        page.goto(address)
        page.wait_for_selector(READY)
        page.fill("#id_slice", "2")
        page.fill("#id_caption_en", "The opacity")
        page.click("form[data-key-image-form] button")
        for name, text in TEXTS.items():
            page.fill(f"[name={name}]", text)
        page.select_option("[name=certainty]", "certain")
        page.click("button[name=preview]")
        page.click('form[action$="/submit/"] button')
        expect(page.locator("main")).to_contain_text("Another editor")
        assert page.locator('form[action$="/publish/"]').count() == 0
        number = re.findall(r"/cases/(\d+)/", address)[0]
    with visit(f"/cases/{number}/preview/", as_="seo.gwangbyeol") as page:
        page.wait_for_selector(READY)
        page.click('form[action$="/publish/"] button')
        page.wait_for_url(f"**/cases/{number}/")
    with visit(f"/cases/{number}/", language="ko", size="phone") as page:
        expect(page.locator("h1")).to_have_text("여행 뒤의 기침")
        page.wait_for_selector(READY)
        expect(page.locator("[data-viewer]")).to_have_attribute("data-slice", "2")


def test_the_same_folder_again_changes_nothing(visit: Visit, site: Site, tmp_path: Path) -> None:
    folder = hospital_folder(tmp_path / "again")
    with visit("/cases/desk/", as_="yeo.myeongbit", language="ko") as page:
        address = make_draft(page, site, folder)
        before = {path.name for path in (site.data / "store/objects").rglob("*") if path.is_file()}
        page.goto(address)
        page.set_input_files("input[webkitdirectory]", folder)
        page.wait_for_selector("[data-phase=done]", timeout=120_000)
        assert {path.name for path in (site.data / "store/objects").rglob("*") if path.is_file()} == before
