"""A real Kannel with its make-believe message centre, in a network of its own: some of its ports are open to all."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, quote_plus, unquote_to_bytes, urlsplit
from urllib.request import urlopen

PROGRAMS = ("bearerbox", "smsbox")
FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")
DRIVE_SMPP = Path("/usr/lib/kannel/test/drive_smpp")
ADMIN_PORT, BOX_PORT, SMSC_PORT, SEND_PORT = 13000, 13001, 10000, 13013
_CLONE_NEWNET = 0x40000000


@contextmanager
def own_network() -> Iterator[None]:
    """A loopback that this thread, its threads and its programs alone see; PermissionError when not root."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET):
            raise PermissionError(ctypes.get_errno(), "no network of its own")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            libc.setns(home, _CLONE_NEWNET)
    finally:
        os.close(home)


@dataclass(frozen=True)
class Carried:
    """What a message centre was given for a phone: `kind` is text, ucs-2 or udh."""

    sender: str
    to: str
    kind: str
    text: str


class Processes:
    """Programs that are stopped again, the last first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self._running[name] = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder
            )

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def output(self, name: str) -> str:
        path = self.folder / f"{name}.out"
        return path.read_text("utf-8", "replace") if path.exists() else ""


class Kannel:
    """bearerbox, a message centre and smsbox, started in this order; ports as in the constants above.

    `smscs` are the configuration's smsc groups. Without any, Kannel's fakesmsc carries the messages, which tells what
    it was given in `carried`, and sends `phones` (as in "01012345678 15776789 text 예"), once.
    """

    def __init__(self, folder: Path, *, smscs: str = "", phones: Sequence[str] = (), replies_to: str = "") -> None:
        self.processes = Processes(folder)
        self._smscs, self._phones = smscs, phones
        (folder / "kannel.conf").write_text(_configuration(smscs or _FAKE, replies_to))

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.processes.stop_all()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.stop_all()

    def url(self, **options: object) -> str:
        query = "&".join(f"{name}={quote_plus(str(value))}" for name, value in options.items())
        return f"kannel://firstlight:secret@127.0.0.1:{SEND_PORT}?{query}".rstrip("?")

    def carried(self) -> list[Carried]:
        """The text messages that reached the make-believe phones; the parts of a long one each on its own."""
        lines = re.findall(r"Got message \d+: <(.*)>", self.processes.output("fakesmsc"))
        return [_carried(line) for line in lines if line.count(" ") >= 2]

    def status(self) -> str:
        with urlopen(f"http://127.0.0.1:{ADMIN_PORT}/status.txt?password=bar", timeout=5) as answer:
            return str(answer.read().decode())

    def wait_for(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        wait_for(condition, seconds)

    def _start(self) -> None:
        self.processes.start("bearerbox", "bearerbox", "-v", "1", "kannel.conf")
        wait_for(lambda: is_open(ADMIN_PORT) and is_open(BOX_PORT))
        if not self._smscs:
            count = str(len(self._phones))
            phones = self._phones or ("0 0 text none",)
            self.processes.start(
                "fakesmsc", str(FAKE_SMSC), "-H", "127.0.0.1", "-r", str(SMSC_PORT), "-i", "0.1", "-m", count, *phones
            )
        self.processes.start("smsbox", "smsbox", "-v", "1", "kannel.conf")
        wait_for(lambda: is_open(SEND_PORT) and "smsbox" in self.status() and "online" in self.status())


class Calls:
    """An address that Kannel calls: remembers what each call said, as its fields."""

    def __init__(self, port: int = 8099) -> None:
        self.port = port
        self.heard: list[dict[str, str]] = []
        self.paths: list[str] = []
        calls = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                calls.paths.append(self.path)
                calls.heard.append(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _carried(line: str) -> Carried:
    sender, to, kind, *rest = line.split(" ", 3)
    text = rest[0] if rest else ""
    if kind == "ucs-2":
        text = unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be")
    return Carried(sender, to, kind, text)


_FAKE = f"""
group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {SMSC_PORT}
connect-allow-ip = 127.0.0.1
"""


def _configuration(smscs: str, replies_to: str) -> str:
    service = f'get-url = "{replies_to}"\nmax-messages = 0' if replies_to else 'text = ""\nomit-empty = true'
    return f"""
group = core
admin-port = {ADMIN_PORT}
admin-interface = 127.0.0.1
admin-password = bar
smsbox-port = {BOX_PORT}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
sms-resend-freq = 1
sms-resend-retry = 1
{smscs}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {SEND_PORT}
sendsms-interface = 127.0.0.1
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = firstlight
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
{service}
"""
