"""A real mail server inside the test, which keeps what it is given and answers as it is told."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Letter:
    sender: str
    to: str
    raw: bytes
    mail_options: list[str]
    rcpt_options: list[str]


@dataclass
class Sink:
    """What a handler of aiosmtpd may do: answers by recipient, for MAIL, RCPT, and after the letter."""

    letters: list[Letter] = field(default_factory=list)
    at_mail: Callable[[str], str | None] = lambda _: None
    at_rcpt: Callable[[str], str | None] = lambda _: None
    at_end: Callable[[str], str | None] = lambda _: None
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    extensions: tuple[str, ...] = ()
    sessions: int = 0

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Any, host: str, replies: list[str]) -> list[str]:
        session.host_name = host
        self.sessions += 1
        return [*replies[:-1], *(f"250-{name}" for name in self.extensions), replies[-1]]

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refusal = self.at_mail(address)
        if refusal:
            return await self._said(server, refusal)
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refusal = self.at_rcpt(address)
        if refusal:
            return await self._said(server, refusal)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options = options
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        refusal = self.at_end(envelope.rcpt_tos[0])
        if refusal == "take and hang up":
            self._keep(envelope)
            return await self._said(server, "hang up")
        if refusal:
            return await self._said(server, refusal)
        self._keep(envelope)
        return f"250 2.0.0 Ok: queued as {len(self.letters):08X}"

    def _keep(self, envelope: Any) -> None:
        sender, to, raw = envelope.mail_from, envelope.rcpt_tos[0], envelope.content
        self.letters.append(Letter(sender, to, raw, envelope.mail_options, envelope.rcpt_options))

    async def _said(self, server: SMTP, refusal: str) -> str:
        if refusal == "hang up":
            server.transport.abort()
            await asyncio.sleep(0)
        if refusal.startswith("421"):
            await server.push(refusal)
            server.transport.close()
        return refusal

    def authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss/word", handled=False)


class Speaker(SMTP):
    """aiosmtpd does not know the parameters of RFC 3461: they are let through to the sink, which keeps them."""

    def _getparams(self, params: Any) -> Any:
        return super()._getparams([each for each in params if each.split("=")[0] not in {"RET", "ENVID", "NOTIFY"}])


@contextmanager
def mail_server(
    sink: Sink, *, tls: ssl.SSLContext | None = None, implicit: bool = False, **options: Any
) -> Iterator[int]:
    """The port of an SMTP server that runs until the block ends."""
    given = options if implicit or tls is None else options | {"tls_context": tls}

    class Served(Controller):
        def factory(self) -> SMTP:
            return Speaker(self.handler, hostname="sink.example.org", ident="sink", **given)

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    served = Served(sink, hostname="127.0.0.1", port=0, ready_timeout=10, ssl_context=tls if implicit else None)
    served.start()
    try:
        yield served.port
    finally:
        served.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody else trusts, and a server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    today = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    return cert, context
