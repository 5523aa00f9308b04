"""A wire between a browser and the site that keeps what the browser says, and can be cut or slowed."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

UPLOAD = b"POST /dicom-web/studies"


@dataclass
class Relay:
    """Everything that was sent; `uploads_left` is after how many more uploads the wire is cut, None for never."""

    url: str = ""
    sent: list[bytes] = field(default_factory=list)
    uploads_left: int | None = None
    seconds_an_upload: float = 0
    is_cut: bool = False

    def everything(self) -> bytes:
        """What the browser said, connection after connection."""
        return b"".join(self.sent)

    def hears(self, data: bytes) -> bool:
        """Keep the data; whether it may go on."""
        self.sent.append(data)
        if data.startswith(UPLOAD):
            time.sleep(self.seconds_an_upload)
            if self.uploads_left is not None:
                self.uploads_left -= 1
                self.is_cut = self.uploads_left < 0
        return not self.is_cut

    def mend(self) -> None:
        """Join the wire again."""
        self.is_cut, self.uploads_left = False, None


@contextmanager
def relay_to(site_url: str) -> Iterator[Relay]:
    """A relay on a port of its own before the site."""
    relay = Relay()
    with socket.create_server(("127.0.0.1", 0)) as door:
        relay.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        threading.Thread(target=_welcome, args=(door, relay, urlsplit(site_url).port), daemon=True).start()
        yield relay


def _welcome(door: socket.socket, relay: Relay, port: int | None) -> None:
    while True:
        try:
            browser, _ = door.accept()
        except OSError:  # the door was closed: the test is over
            return
        if relay.is_cut:
            browser.close()
            continue
        threading.Thread(target=_join, args=(browser, relay, port), daemon=True).start()


def _join(browser: socket.socket, relay: Relay, port: int | None) -> None:
    with browser, socket.create_connection(("127.0.0.1", port)) as site:
        back = threading.Thread(target=_carry, args=(site, browser, lambda _data: True), daemon=True)
        back.start()
        _carry(browser, site, relay.hears)
        back.join()


def _carry(source: socket.socket, target: socket.socket, may_go_on: Callable[[bytes], bool]) -> None:
    try:
        while (data := source.recv(1 << 20)) and may_go_on(data):
            target.sendall(data)
    except OSError:  # one side hung up
        pass
    finally:
        for end in (source, target):
            with suppress(OSError):  # it may have hung up first
                end.shutdown(socket.SHUT_RDWR)
