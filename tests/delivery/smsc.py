"""A small message centre on smpplib's protocol units, which answers as a test's script says."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

from smpplib import consts
from smpplib.smpp import make_pdu, parse_pdu

OK, THROTTLED, QUEUE_FULL = consts.SMPP_ESME_ROK, consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL
BAD_NUMBER, BAD_PASSWORD = consts.SMPP_ESME_RINVDSTADR, consts.SMPP_ESME_RINVPASWD
RECEIPT = 0x04


@dataclass(frozen=True)
class Submitted:
    """A submit_sm as it came: smpplib's reading, the bytes, and when."""

    pdu: Any
    raw: bytes
    at: float

    @property
    def text(self) -> str:
        content = self.pdu.message_payload or self.pdu.short_message or b""
        if self.pdu.esm_class & 0x40:
            content = content[1 + content[0] :]
        return content.decode({0: "ascii", 8: "utf-16-be", 14: "cp949"}[self.pdu.data_coding])


@dataclass
class Session:
    """One bound line."""

    smsc: "Smsc"
    sock: socket.socket
    bind: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    sequence: count = field(default_factory=lambda: count(1))

    def send(self, data: bytes) -> None:
        with self.lock:
            self.sock.sendall(data)

    def answer(self, name: str, sequence: int, status: int = OK, **fields: Any) -> None:
        pdu = make_pdu(name, status=status, **fields)
        pdu.sequence = sequence
        self.send(pdu.generate())

    def request(self, name: str, extra: bytes = b"", **fields: Any) -> int:
        """Send a request of the centre's; `extra` goes behind it as it is."""
        sequence = next(self.sequence)
        pdu = make_pdu(name, sequence=sequence, status=OK, **fields)
        body = pdu.generate_params() + extra
        code = {"deliver_sm": 5, "enquire_link": 0x15, "unbind": 6, "data_sm": 0x103}[name]
        self.send(struct.pack(">LLLL", 16 + len(body), code, OK, sequence) + body)
        return sequence

    def receipt(self, message_id: str, state: str = "DELIVRD", *, to: str = "821012345678", **fields: Any) -> int:
        text = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:2611230910 done date:2611230911 stat:{state} "
            f"err:000 text:The number 010-9"
        )
        parts = {"esm_class": RECEIPT, "source_addr": to, "short_message": text.encode()} | fields
        return self.request("deliver_sm", **parts)


class Smsc:
    """Listens on loopback. `answer(number, submitted)` is the status of the n-th message, None for no answer.

    `message_id(number)` is its id; `after(session, number, submitted)` is called once it is answered.
    """

    def __init__(
        self,
        answer: Callable[[int, Submitted], int | None] = lambda number, submitted: OK,
        *,
        message_id: Callable[[int], str] = lambda number: f"id-{number}",
        after: Callable[[Session, int, Submitted], None] = lambda session, number, submitted: None,
        bind_status: int = OK,
        first_words: Sequence[bytes] = (),
        slow_seconds: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answer, self._message_id, self._after = answer, message_id, after
        self._bind_status, self._first_words, self._slow_seconds = bind_status, first_words, slow_seconds
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._numbers = count()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.sessions: list[Session] = []
        self.submitted: list[Submitted] = []
        self.heard: list[tuple[str, int, int]] = []  # name, status, sequence of everything else

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake who waits
        self.hang_up()
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *(session.sock for session in self.sessions)):
            sock.close()

    def url(self, **options: object) -> str:
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"smpp://firstlight:secret@127.0.0.1:{self.port}?{query}".rstrip("?")

    def hang_up(self) -> None:
        for session in self.sessions:
            with suppress(OSError):
                session.sock.shutdown(socket.SHUT_RDWR)

    def wait_for(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, "the message centre waited in vain"
            time.sleep(0.005)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                try:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                except OSError:
                    continue
            session = Session(self, sock)
            self.sessions.append(session)
            self._start(self._serve, session)

    def _serve(self, session: Session) -> None:
        for words in self._first_words:
            session.send(words)
        try:
            while raw := self._read(session.sock):
                self._hear(session, raw)
        except OSError:
            return

    def _read(self, sock: socket.socket) -> bytes:
        head = self._exactly(sock, 4)
        return head and head + self._exactly(sock, int.from_bytes(head) - 4)

    def _exactly(self, sock: socket.socket, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = sock.recv(size - len(data))
            if not chunk:
                return b""
            data += chunk
        return data

    def _hear(self, session: Session, raw: bytes) -> None:
        pdu = parse_pdu(raw, allow_unknown_opt_params=True, sequence=0)
        if pdu.command == "submit_sm":
            self._take(session, Submitted(pdu, raw, time.monotonic()))
            return
        self.heard.append((pdu.command, pdu.status, pdu.sequence))
        if pdu.command.startswith("bind_") and not pdu.command.endswith("_resp"):
            session.bind = pdu.command
            session.answer(f"{pdu.command}_resp", pdu.sequence, self._bind_status, system_id="smsc")
        elif pdu.command in {"unbind", "enquire_link"}:
            session.answer(f"{pdu.command}_resp", pdu.sequence)

    def _take(self, session: Session, submitted: Submitted) -> None:
        with self._lock:
            number = next(self._numbers)
            self.submitted.append(submitted)
        if self._slow_seconds:
            time.sleep(self._slow_seconds)
        status = self._answer(number, submitted)
        if status is not None:
            message_id = {"message_id": self._message_id(number)} if status == OK else {}
            session.answer("submit_sm_resp", submitted.pdu.sequence, status, **message_id)
        self._after(session, number, submitted)
