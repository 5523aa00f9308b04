"""An editor makes a case from a hospital's folder, in the browser; a second editor publishes it."""

import base64
import json
import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import sign_in
from tests.browser.conftest import IN_A_BROWSER, Site, Visit
from tests.browser.relay import UPLOAD, relay_to
from tests.browser.test_reading import READY, check_with_axe
from tests.phantoms import KIM, PLANTED, as_bytes, identified_ct, uid, write_series

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
    look_and_send(page)
    return page.url


def look_and_send(page: Page) -> None:
    """Nothing is sent until a person has seen what would be."""
    page.wait_for_selector("[data-phase=review]", timeout=120_000)
    page.get_by_role("button", name=re.compile(r"^Send|보내기$")).click()
    page.wait_for_selector("[data-phase=done]", timeout=120_000)


def test_from_an_identified_folder_to_a_published_case(visit: Visit, site: Site, tmp_path: Path) -> None:
    folder = hospital_folder(tmp_path / "from the PACS")
    with relay_to(site.url) as relay, visit("/cases/desk/", as_="yeo.myeongbit", through=relay.url) as page:
        address = make_draft(page, site, folder)
        zone = page.locator("[data-deidentify]")
        expect(zone).to_contain_text("5")
        check_with_axe(page)
        assert relay.everything().count(b"application/dicom\r\n\r\n") >= 5, "the images went another way"
        everything = relay.everything() + kept_on_the_server(site)
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
        look_and_send(page)
        assert {path.name for path in (site.data / "store/objects").rglob("*") if path.is_file()} == before


# Everything that this site keeps in the browser but the key of the hospital, opened with the keys that lie beside it.
KEPT_IN_THE_BROWSER = """
async () => {
  const answer = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await answer(indexedDB.open('firstlight-outbox'));
  const all = (store) => answer(database.transaction(store).objectStore(store).getAll());
  const stores = [...database.objectStoreNames];
  const rows = (await Promise.all(stores.map(all))).flat();
  database.close();
  const keys = Object.fromEntries(rows.filter(({ key }) => key).map(({ id, key }) => [id, key]));
  const files = [];
  async function opened(file, key) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (!key) return bytes;
    const cipher = { name: 'AES-GCM', iv: bytes.slice(0, 12) };
    return new Uint8Array(await crypto.subtle.decrypt(cipher, key, bytes.slice(12)));
  }
  async function walk(folder, path) {
    for await (const [name, entry] of folder.entries()) {
      if (entry.kind === 'directory') await walk(entry, [...path, name]);
      else {
        const bytes = await opened(await entry.getFile(), keys[path.at(-1)]);
        files.push([[...path, name].join('/'), btoa([...bytes].map((byte) => String.fromCharCode(byte)).join(''))]);
      }
    }
  }
  await walk(await navigator.storage.getDirectory(), []);
  return { rows: JSON.stringify(rows), stored: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]), files };
}
"""


def shipped_folder(folder: Path) -> Path:
    """Two studies of 56 and 8 slices, nested; one file names a physician whom texts of all the others mention.

    One more slice says that it belongs to a series of another study, which the server will not have.
    """
    first = folder / "HONG GILDONG" / "CT 20200220"
    write_series(first, 55, size=64, study=71, SeriesDescription="CHEST Carotid")
    named = identified_ct(56, size=64, study=71, RequestingPhysician="Carotid^Kim")
    (first / "IM0056").write_bytes(as_bytes(named))
    write_series(folder / "KIM YUNA", 8, size=64, study=72, patient=KIM)
    astray = identified_ct(1, size=64, study=73, SeriesInstanceUID=uid(71, 2))
    (folder / "ZZ astray").write_bytes(as_bytes(astray))
    (folder / "ZZ captured").write_bytes(as_bytes(identified_ct(8, size=64, study=71, BurnedInAnnotation="YES")))
    (folder / "ZZ letter to Hong.txt").write_text("Dear colleague")
    return folder


def drop(page: Page, folder: Path) -> None:
    """As a hand does it: over the frame, and let go."""
    place = page.locator("[data-deidentify]").bounding_box()
    assert place
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent", {"type": kind, "x": place["x"] + 40, "y": place["y"] + 40, "data": data}
        )


def named_in(content: bytes) -> list[str]:
    """Identifiers found: as they are, in other case, turned round, in other encodings."""
    words = [word for word in (*PLANTED, KIM.patient_id, KIM.resident_number, "Yuna", "Carotid") if len(word) > 3]
    return [word for word in words if any(form in content for form in written(word))]


def written(word: str) -> set[bytes]:
    """The ways in which a word might leave."""
    cased = {word, word.upper(), word.lower(), word[::-1]}
    forms = {each.encode(code) for each in cased for code in ("utf-8", "utf-16-le", "utf-16-be")}
    korean = {word.encode("euc-kr")} if word[0] >= "\uac00" else set()
    return forms | korean | {base64.b64encode(word.encode())[:-2]}


def longest_task_ms(trace: bytes) -> float:
    """For how long the page's main thread was busy at most; time that other programs took from it does not count."""
    events = json.loads(trace)["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [e for e in events if "RunTask" in e["name"] and (e["pid"], e["tid"]) in main]
    return max(float(task.get("tdur", 0)) for task in tasks) / 1000


def stored(site: Site) -> list[str]:
    """The SOP Instance UIDs in the depository."""
    with sqlite3.connect(next(site.data.glob("*.sqlite3"))) as database:
        return [row[0] for row in database.execute("select sop_instance_uid from imaging_instance")]


def test_looked_at_then_cut_off_then_sent_on_after_a_reload(browser: Browser, site: Site, tmp_path: Path) -> None:
    folder = shipped_folder(tmp_path / "export")
    before = stored(site)
    with relay_to(site.url) as relay:
        context = browser.new_context(base_url=relay.url, locale="en-US")
        page = context.new_page()
        sign_in(page, "yeo.myeongbit@example.org", site.password)
        page.goto("/cases/desk/")
        page.select_option("select[name=outbreak]", site.outbreak)
        page.click('form[action="/cases/new/"] button')
        page.wait_for_url(re.compile(r"/cases/\d+/edit/"))
        workers: list[str] = []
        page.on("worker", lambda worker: workers.append(worker.url))
        page.wait_for_timeout(500)
        browser.start_tracing(page=page, categories=["toplevel"])
        drop(page, folder)
        page.wait_for_selector("[data-phase=review]", timeout=120_000)
        assert 0 < longest_task_ms(browser.stop_tracing()) < 50
        zone = page.locator(".deidentify")
        assert len([url for url in workers if "cleaner" in url]) == 2
        assert UPLOAD not in relay.everything()
        assert b"/api/receipts" not in relay.everything()
        expect(zone).to_contain_text("65 images of 3 studies")
        expect(zone).to_contain_text("1 series · 56 images")
        expect(zone).to_contain_text("text is burned into its pixels")
        check_with_axe(page)
        kept = page.evaluate(KEPT_IN_THE_BROWSER)
        assert len(kept["files"]) == 65
        contents = b"".join(base64.b64decode(content) for _path, content in kept["files"])
        assert contents.count(b"DICM") == 65
        names = "".join(path for path, _content in kept["files"])
        assert named_in(contents + (names + kept["rows"] + kept["stored"]).encode()) == []

        relay.uploads_left = 2
        zone.get_by_role("button", name="Send 65 images").click()
        expect(zone).to_contain_text("The server does not answer")
        expect(zone).to_contain_text("32 of 65 images sent")
        relay.mend()
        page.reload()
        expect(zone).to_have_attribute("data-phase", "kept")
        relay.seconds_an_upload = 1
        zone.get_by_role("button", name="Continue sending 33 images").click()
        zone.get_by_role("button", name="Stop").click()
        expect(zone).to_have_attribute("data-phase", "kept")
        relay.seconds_an_upload = 0
        zone.get_by_role("button", name=re.compile("^Continue sending")).click()
        page.wait_for_selector("[data-phase=done]", timeout=60_000)
        expect(zone).to_contain_text("64 images are uploaded")
        expect(zone).to_contain_text("This series is already stored as part of another study")
        arrived = [sop for sop in stored(site) if sop not in set(before)]
        assert len(arrived) == len(set(arrived)) == 64
        assert page.evaluate(KEPT_IN_THE_BROWSER) == {"rows": "[]", "stored": "[{},{}]", "files": []}
        assert relay.everything().count(b"application/dicom\r\n\r\n") >= 65
        assert named_in(relay.everything()) == []
        context.close()
