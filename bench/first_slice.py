"""From `firstlight ingest` of a 300-slice CT to its first slice on the screen; ingest beside Orthanc, same files.

Needs Chromium; Orthanc (orthanc) is measured where it and the right to make a network namespace are there.
Run: python bench/first_slice.py [--slices 300]
"""

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from tests.browser.chromium import FLAGS, SIZES, sign_in
from tests.phantoms import as_bytes, identified_ct

PASSWORD = "a password of the bench"
COMMAND = [sys.executable, "-m", "firstlight.cli"]
ORTHANC_NAMESPACE = "firstlight-bench"
NEARBY_LATENCY_MS = 150
NEIGHBOURS = 21  # the slice shown and ten on each side


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--slices", type=int, default=300)
    slices = options.parse_args().slices
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as folder:
        work = Path(folder)
        make_series(work / "clean", slices)
        machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform()}"
        print(f"{slices} slices, 512x512, 16 bit; {machine}")
        ours = measure_firstlight(work)
        theirs = measure_orthanc(work)
        if theirs:
            print(f"ingest: Firstlight {ours:.2f} s, Orthanc {theirs:.2f} s, ratio {theirs / ours:.2f}")


def make_series(folder: Path, slices: int) -> None:
    """A de-identified series of noise, which compresses as badly as a series can."""
    folder.mkdir()
    key, profile = SiteKey.from_bytes(b"the key of the bench"), Profile.load()
    for number in range(1, slices + 1):
        dataset = identified_ct(number, size=512)
        dataset.PixelData = os.urandom(512 * 512 * 2)
        outcome = deidentify_bytes(as_bytes(dataset), profile=profile, key=key)
        (folder / f"{number:04}.dcm").write_bytes(outcome.content or b"")


def measure_firstlight(work: Path) -> float:
    data = work / "data"
    with served(data) as url:
        token = subprocess.run(
            [*COMMAND, "token", "create", "--data", data, "--email", "bench@example.org", "--name", "bench"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        call(url, "/api/outbreaks", {"slug": "bench", "name_ko": "시험", "name_en": "Bench"}, token)
        began = time.perf_counter()
        subprocess.run(
            [*COMMAND, "ingest", work / "clean", "--outbreak", "bench", "--data", data], check=True, capture_output=True
        )
        ingested = time.perf_counter() - began
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(base_url=url, viewport=SIZES["desktop"])  # type: ignore[arg-type]
            sign_in(page, "bench@example.org", PASSWORD)
            address = draft_with_everything(page)
            drafted = time.perf_counter() - began
            frames = [first_frame_ms(page, address) for _ in range(5)]
            seen = drafted + frames[0] / 1000
            print(f"ingest {ingested:.2f} s; first slice on the screen, the draft made by hand of script, {seen:.2f} s")
            later = statistics.median(frames[1:])
            print(f"first slice after opening the page: first {frames[0]:.0f} ms, then median {later:.0f} ms")
            print(f"ten slices with {NEARBY_LATENCY_MS} ms to the server: {scroll_ten_ms(page):.0f} ms in all")
            browser.close()
    return ingested


def draft_with_everything(page: Page) -> str:
    """A new draft with the ingested study, through the pages; gives its preview's address."""
    page.goto("/cases/desk/")
    page.select_option("select[name=outbreak]", "bench")
    page.click('form[action="/cases/new/"] button')
    page.wait_for_url("**/edit/")
    edit = page.url
    page.click("summary:has-text('depository')")
    page.check("input[name=study]")
    page.click('form[action$="/studies/"] button')
    page.wait_for_url(edit)
    return edit.replace("/edit/", "/preview/")


def first_frame_ms(page: Page, address: str) -> float:
    page.goto(address)
    page.wait_for_selector("[data-viewer-state=ready]")
    return float(page.evaluate("performance.getEntriesByName('viewer:first-frame')[0].startTime"))


def scroll_ten_ms(page: Page) -> float:
    """Ten slices by wheel, once the neighbours on both sides were fetched, with a slow way to the server."""
    viewer = page.locator("[data-viewer]")
    while int(viewer.get_attribute("data-loaded") or 0) < NEIGHBOURS:
        page.wait_for_timeout(20)
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": NEARBY_LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", slow)
    page.locator(".viewer-board").hover()
    start = int(viewer.get_attribute("data-slice") or 0)
    began = time.perf_counter()
    for step in range(1, 11):
        page.mouse.wheel(0, 120)
        page.wait_for_selector(f"[data-viewer][data-slice='{start + step}']")
    return (time.perf_counter() - began) * 1000


def call(url: str, path: str, body: dict[str, str], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url + path, json.dumps(body).encode(), headers)).close()


@contextmanager
def served(data: Path) -> Iterator[str]:
    """A fresh server with one member who may do everything."""
    roles = ["--role", "administrator", "--role", "editor"]
    member = ["--email", "bench@example.org", "--name", "Bench", "--password", PASSWORD, *roles]
    subprocess.run([*COMMAND, "member", "add", "--data", data, *member], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", data, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def measure_orthanc(work: Path) -> float | None:
    """Seconds until Orthanc, alone in a network namespace since it listens everywhere, holds the same files."""
    program = shutil.which("Orthanc") or shutil.which("orthanc") or "/usr/sbin/Orthanc"
    if not Path(program).exists() or not shutil.which("ip") or os.geteuid() != 0:
        print("Orthanc was not measured: it, or the right to make a network namespace, is missing")
        return None
    config = work / "orthanc.json"
    config.write_text(json.dumps({"StorageDirectory": str(work / "orthanc"), "HttpPort": 8042, "DicomPort": 4242,
                                  "AuthenticationEnabled": False, "RemoteAccessAllowed": True}))  # fmt: skip
    inside = ["ip", "netns", "exec", ORTHANC_NAMESPACE]
    subprocess.run(["ip", "netns", "add", ORTHANC_NAMESPACE], check=True)
    try:
        subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
        server = subprocess.Popen([*inside, program, config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        answer = subprocess.run(
            [*inside, sys.executable, "-c", SEND_TO_ORTHANC, work / "clean"], check=True, capture_output=True, text=True
        )
        server.terminate()
        server.wait(30)
        return float(answer.stdout)
    finally:
        subprocess.run(["ip", "netns", "delete", ORTHANC_NAMESPACE], check=True)


SEND_TO_ORTHANC = """
import http.client, pathlib, sys, time
for attempt in range(100):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 8042)
        connection.request("GET", "/system")
        connection.getresponse().read()
        break
    except OSError:
        time.sleep(0.1)
began = time.perf_counter()
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    connection.request("POST", "/instances", path.read_bytes(), {"Content-Type": "application/dicom"})
    assert connection.getresponse().read()
print(time.perf_counter() - began)
"""


if __name__ == "__main__":
    main()
