"""From opening a 500-slice CT on a slow line to its first slice, beside OHIF on Orthanc; then what all of it takes.

One Chromium draws both, over a line that the browser shapes, with an empty cache in every run, in turns.
Debian's orthanc, orthanc-dicomweb, nginx-light and chromium are needed, root for a network namespace, and for OHIF
the unpacked npm package @ohif/app (npm pack @ohif/app@3.13.2; its `dist` is served as it is).
Run: python bench/slow_line.py --ohif package/dist
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, Response, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.depository import ORTHANC, answers, ct, orthanc, running, stow
from tests.browser.chromium import FLAGS, SIZES

PORT, OHIF = 8811, 8812
LINE = {"offline": False, "latency": 100, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
FREE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
OURS, THEIRS = f"http://127.0.0.1:{PORT}", f"http://127.0.0.1:{OHIF}"
PAGES = {"Firstlight": f"{OURS}/cases/1/", "OHIF": f"{THEIRS}/viewer?StudyInstanceUIDs=2.25.1"}

# A slice is drawn when a canvas of some size on the page is not black any more; asked at every frame of the screen.
WATCH = """
const small = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: true });
const isDrawn = canvas => {
  if (canvas.width < 200 || canvas.clientWidth < 200) return false;
  small.clearRect(0, 0, 16, 16);
  small.drawImage(canvas, 0, 0, 16, 16);
  return small.getImageData(0, 0, 16, 16).data.some((value, index) => index % 4 !== 3 && value > 40);
};
const look = () => {
  if ([...document.querySelectorAll('canvas')].some(isDrawn)) window.drawnAt = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
const note = event => {
  if (event.target.matches?.('[data-viewer-poster]')) window.posterAt = performance.now();
};
document.addEventListener('load', note, true);
"""

PUBLISH = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "firstlight.config.settings"
import django
django.setup()
from dataclasses import asdict
from datetime import UTC, datetime
from firstlight.imaging.models import Series, Study
from firstlight.library.models import Case, CaseSeries, CaseVersion
from firstlight.library.queries.cases import document_of
from firstlight.outbreaks.actions import activate_outbreak
from firstlight.people.models import Member

at, member, series = datetime.now(UTC), Member.objects.get(), Series.objects.get()
other = Member.objects.create(email="b@example.org", name="Bora", joined_at=at)
outbreak = activate_outbreak(by="command:bench", at=at, slug="bench", name_ko="시험", name_en="Bench")
Study.objects.update(public_since=at, outbreak=outbreak)
case = Case.objects.create(number=1, outbreak=outbreak, created_by=member, created_at=at,
                           state=Case.State.PUBLISHED, submitted_by=member, title_en="Five hundred slices")
CaseSeries.objects.create(case=case, series=series, place=0)
CaseVersion.objects.create(case=case, number=1, in_force_from=at, submitted_by=member, published_by=other,
                           document=asdict(document_of(case)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ohif", type=Path, help="the unpacked dist of @ohif/app")
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--waterfall", action="store_true", help="print what came when in the first run")
    parser.add_argument("--folder", type=Path, help="keep here what was made, for another run")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.inside:
        script = f'ip link set lo up && exec {sys.executable} "$0" --inside "$@"'
        os.execvp("unshare", ["unshare", "-n", "bash", "-c", script, __file__, *sys.argv[1:]])
    with ExitStack() as kept:
        folder = given.folder or Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="firstlight-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        measure(folder, given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FIRSTLIGHT")}
    environ |= {"FIRSTLIGHT_DATA": str(folder / "data"), "TCP_NODELAY": "1"}
    names = ["Firstlight", "OHIF"] if given.ohif else ["Firstlight"]
    files = make_series(folder / "corpus", given.slices)
    with ExitStack() as servers:
        serve_ours(servers, environ, files)
        if given.ohif:
            serve_theirs(servers, folder, files, given.ohif, environ)
        with sync_playwright() as playwright:
            flags = [*FLAGS, "--enable-precise-memory-info"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            tell(compare(browser, names, given))
            for name in names if not given.no_memory else []:
                print(json.dumps({"what": name, **memory(browser, name, given.slices)}), flush=True)
            browser.close()


def make_series(folder: Path, slices: int) -> list[Path]:
    """A chest of ellipses with a scanner's noise, smooth over neighbouring pixels as a kernel makes it."""
    if folder.exists():
        return sorted(folder.iterdir())
    folder.mkdir()
    chance = np.random.default_rng(20200120)
    y, x = np.mgrid[:512, :512]
    body = ((x - 256) / 220) ** 2 + ((y - 256) / 170) ** 2 < 1
    for number in range(1, slices + 1):
        lung = (((abs(x - 256) - 96) / 75) ** 2 + ((y - 250) / 110) ** 2) < 1 - abs(number / slices - 0.5)
        noise = chance.normal(0, 18, (512, 512))
        noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, (1, 1), (0, 1))) / 2
        slice_ = ct(1, number, size=8, seed=chance)
        slice_.Rows = slice_.Columns = 512
        slice_.PixelData = (np.where(lung, -850, np.where(body, 40, -1000)) + noise).round().astype("<i2").tobytes()
        slice_.save_as(folder / f"{number:04}.dcm")
    return sorted(folder.iterdir())


def serve_ours(servers: ExitStack, environ: dict[str, str], files: list[Path]) -> None:
    """A fresh server with the study in a published case."""
    command = [sys.executable, "-m", "firstlight.cli"]
    server = running([*command, "serve", "--port", str(PORT)], answers(f"{OURS}/healthz"), env=environ)
    if Path(environ["FIRSTLIGHT_DATA"]).exists():
        servers.enter_context(server)
        return
    people = ["member", "add", "--email", "a@example.org", "--name", "Ara", "--role", "administrator"]
    subprocess.run([*command, "migrate"], env=environ, check=True, capture_output=True)
    subprocess.run([*command, *people], env=environ, check=True, capture_output=True)
    made = [*command, "token", "create", "--email", "a@example.org", "--name", "bench"]
    token = subprocess.run(made, env=environ, check=True, capture_output=True, text=True).stdout.strip()
    servers.enter_context(server)
    stow(OURS, files, f"Bearer {token}")
    subprocess.run([sys.executable, "-c", PUBLISH], env=environ, check=True)


def serve_theirs(servers: ExitStack, folder: Path, files: list[Path], dist: Path, environ: dict[str, str]) -> None:
    """OHIF as published behind nginx, packed as it goes; Orthanc behind the same address."""
    is_filled = (folder / "orthanc").exists()
    servers.enter_context(running(orthanc(folder), answers(f"http://127.0.0.1:{ORTHANC}/system"), env=environ))
    if not is_filled:
        stow(f"http://127.0.0.1:{ORTHANC}", files)
    shutil.copytree(dist, folder / "ohif", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map", "ort"))
    (folder / "ohif/app-config.js").write_text(f"window.config = {json.dumps(OHIF_CONFIG)};")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=OHIF, orthanc=ORTHANC))
    command = ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf")]
    servers.enter_context(running(command, answers(f"{THEIRS}/index.html")))


OHIF_CONFIG: dict[str, Any] = {
    "routerBasename": "/", "extensions": [], "modes": [], "showStudyList": False, "maxNumberOfWebWorkers": 3,
    "showLoadingIndicator": True, "strictZSpacingForVolumeViewport": True, "defaultDataSourceName": "orthanc",
    "dataSources": [{
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb", "sourceName": "orthanc",
        "configuration": {
            "friendlyName": "Orthanc", "name": "orthanc", "wadoUriRoot": "/dicom-web", "qidoRoot": "/dicom-web",
            "wadoRoot": "/dicom-web", "qidoSupportsIncludeField": True, "imageRendering": "wadors",
            "thumbnailRendering": "wadors", "enableStudyLazyLoad": True, "supportsFuzzyMatching": True,
            "supportsWildcard": True, "omitQuotationForMultipartRequest": True,
        },
    }],
}  # fmt: skip

NGINX = """user root; worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types; types {{ application/wasm wasm; }} access_log off; sendfile on;
  gzip on; gzip_comp_level 6;
  gzip_types text/css application/javascript application/json application/dicom+json application/wasm;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder}/ohif;
    location /dicom-web/ {{ proxy_pass http://127.0.0.1:{orthanc}; proxy_set_header Host $http_host;
                            proxy_http_version 1.1; proxy_set_header Connection ""; }}
    location / {{ try_files $uri /index.html; }}
  }}
}}
"""


def compare(browser: Browser, names: list[str], given: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    """Each in turn, each time with nothing in the browser's cache."""
    kept: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for run in range(given.runs):
        for name in names if run % 2 == 0 else reversed(names):
            found = first_slice(browser, name, waterfall=given.waterfall and run == 0)
            kept[name].append(found)
            print(json.dumps({"what": name, "run": run + 1, **found, "load": round(os.getloadavg()[0], 1)}), flush=True)
    return kept


def opened(browser: Browser, line: dict[str, float]) -> tuple[Page, Any]:
    """An empty browser profile on that line."""
    page = browser.new_context(viewport=SIZES["desktop"], locale="en-US").new_page()  # type: ignore[arg-type]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", line)
    page.add_init_script(WATCH)
    return page, session


def first_slice(browser: Browser, name: str, *, waterfall: bool) -> dict[str, float]:
    """Seconds from navigation to poster and first slice, and the bytes that came until then."""
    page, session = opened(browser, LINE)
    came: list[int] = []
    session.on("Network.dataReceived", lambda event: came.append(event["encodedDataLength"]))
    page.goto(PAGES[name], wait_until="commit")
    page.wait_for_function("() => window.drawnAt", timeout=180_000, polling=20)
    found = {"slice s": round(page.evaluate("window.drawnAt") / 1000, 2), "kB": round(sum(came) / 1000)}
    poster = page.evaluate("window.posterAt ?? 0")
    if waterfall:
        print_waterfall(page)
    page.context.close()
    return {**found, **({"poster s": round(poster / 1000, 2)} if poster else {})}


def print_waterfall(page: Page) -> None:
    asked = page.evaluate("""() => ['navigation', 'resource'].flatMap(type => performance.getEntriesByType(type))
      .map(e => [e.startTime, e.responseStart, e.responseEnd, e.transferSize, e.name.slice(-70)])""")
    for began, first, ended, size, address in sorted(asked):
        print(f"{began:7.0f} {first:7.0f} {ended:7.0f} {size / 1000:8.1f} kB  {address}")


def memory(browser: Browser, name: str, slices: int) -> dict[str, float]:
    """Megabytes once every slice has come: the script's heap, and what its processes do not share with others."""
    page, session = opened(browser, FREE)
    frames: set[str] = set()

    def count(answer: Response) -> None:
        if "/frames/" in answer.url and "rendered" not in answer.url:
            frames.add(answer.url)

    page.on("response", count)
    page.goto(PAGES[name], wait_until="commit")
    began = time.monotonic()
    while len(frames) < slices and time.monotonic() - began < 180:
        page.wait_for_timeout(250)
    page.wait_for_timeout(5000)
    heap = page.evaluate("performance.memory.usedJSHeapSize")
    found = {
        "frames": len(frames),
        "heap MB": heap / 1e6,
        "processes MB": sum(pss(of_kind(("renderer", "gpu-process")))) / 1e6,
    }
    loaded = page.evaluate("document.querySelector('[data-viewer]')?.dataset.loaded ?? ''")
    session.detach()
    page.context.close()
    return {**{key: round(value) for key, value in found.items()}, **({"in memory": int(loaded)} if loaded else {})}


def of_kind(kinds: Iterable[str]) -> list[Path]:
    """Processes of this browser by what they are for."""
    return [each for each in Path("/proc").iterdir() if each.name.isdigit() and _is_ours(each, kinds)]


def _is_ours(process: Path, kinds: Iterable[str]) -> bool:
    try:
        line = (process / "cmdline").read_bytes().decode(errors="replace")
        # The namespace of this bench has no other browser in it.
        same = (process / "ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        return False
    return same and any(f"--type={kind}" in line for kind in kinds)


def pss(processes: Iterable[Path]) -> list[int]:
    """Proportional set sizes in bytes."""
    found = []
    for each in processes:
        lines = (each / "smaps_rollup").read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")]
    return found


def tell(kept: dict[str, list[dict[str, float]]]) -> None:
    """Medians, and how much sooner ours is."""
    medians = {name: statistics.median(each["slice s"] for each in runs) for name, runs in kept.items()}
    print(json.dumps({"median s": medians}), flush=True)
    if "OHIF" in medians:
        print(f"ratio {medians['OHIF'] / medians['Firstlight']:.1f}", flush=True)


if __name__ == "__main__":
    main()
