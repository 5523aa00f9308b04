"""A real browser before the real thing: the demo filled and served, once for all tests here."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, SIZES, sign_in
from tests.conftest import missing

Visit = Callable[..., AbstractContextManager[Page]]
IN_A_BROWSER = [pytest.mark.browser]


@dataclass(frozen=True)
class Site:
    """The running demo."""

    url: str
    data: Path
    password: str
    outbreak: str = "covid-19-korea-2020"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not (Path(__file__).parents[2] / "firstlight/web/static/viewer/viewer.js").exists():
        missing("the built viewer (make install)")
    data = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTLIGHT")}
    command = [sys.executable, "-m", "firstlight.cli"]
    subprocess.run([*command, "demo", "--data", data, "--no-serve"], env=environ, check=True, capture_output=True)
    log = (data / "serve.log").open("wb")
    serve = [*command, "serve", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(serve, env=environ, stdout=log, stderr=log)
    try:
        _wait_until_ready(data / "serve.log", process)
        yield Site(f"http://127.0.0.1:{port}", data, (data / "demo-password").read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


def _wait_until_ready(log: Path, process: "subprocess.Popen[bytes]") -> None:
    for _attempt in range(300):
        if "Firstlight is ready at" in log.read_text():
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        if path is None and not own.exists():
            missing("Chromium")
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Visit:
    """Open a page as a person with that screen and language; whatever the page complains about fails the test.

    `through` is the address of a relay to the site.
    """

    @contextmanager
    def open_page(
        path: str,
        *,
        size: str = "desktop",
        language: str = "en",
        theme: str = "light",
        as_: str | None = None,
        through: str = "",
    ) -> Iterator[Page]:
        home = through or site.url
        context = browser.new_context(
            base_url=home,
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
        page.on("request", lambda request: _stay_home(request.url, home, complaints))
        if as_:
            sign_in(page, f"{as_}@example.org", site.password)
        page.goto(path)
        yield page
        context.close()
        assert complaints == []

    return open_page


def _stay_home(url: str, home: str, complaints: list[str]) -> None:
    if not url.startswith((home, "blob:", "data:")):
        complaints.append(f"asked a stranger: {url}")
