"""E-mail over SMTP (RFC 5321) on kept lines; signing with DKIM is the relay's work."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from ipaddress import ip_address
from socket import IPPROTO_TCP, TCP_NODELAY

from firstlight.delivery.rules.letter import compose, envelope_address, from_header
from firstlight.delivery.rules.messages import Answer, Channel, Message, Outcome
from firstlight.delivery.rules.reasons import cleaned, enhanced_status
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox

OPTIONS = frozenset({"tls", "sender", "bounces", "timeout", "ca"})
BATCH = 50
LONGEST_LOCAL_PART = 64  # RFC 5321 4.5.3.1.1
WAIT_FOR_TERMINATOR = 4  # times the usual: a server that is slow to say "taken" must not be given the letter twice
_QUEUE_ID = re.compile(
    r"queued as <?([\w-]{4,64})|\bid=([\w-]{4,64})|^(?:2\.\d\.\d )?ok:? +([\w-]{8,64})", re.IGNORECASE
)
_RATE = re.compile(r"rate.?limit|rate exceeded|too many|throttl|too (?:fast|quickly)|slow down", re.IGNORECASE)
_GREY = re.compile(r"gr[ea]y-?list", re.IGNORECASE)
_NOT_SIGNED_IN = frozenset({530, 535, 538})

Sign = Callable[[str], str]


@dataclass(slots=True)
class SmtpCarrier:
    """A mail server that relays for us; `secured` is none, starttls or implicit.

    With `bounces` set, every letter has a return address of its own, `local+ID.SIGNATURE@domain`.
    """

    name: str
    server: str
    port: int
    user: str
    password: str
    secured: str
    ca: str
    our_host: str
    sender: str
    sender_address: str
    bounces: str
    sign: Sign | None
    timeout_seconds: float
    connections: int
    per_second: float | None
    clock: Callable[[], float] = time.time
    channel: Channel = Channel.EMAIL
    batch: int = BATCH
    dedicated: bool = False

    def connect(self) -> "SmtpConnection":
        """Open a line, secured and signed in; raises CarrierDown."""
        return SmtpConnection(self)

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """Mail servers report by bounces, never by calls: always ValueError."""
        raise ValueError("a mail server does not call")

    def write(self, message: Message) -> tuple[bytes, str, str]:
        """The letter, its return address and its address; ValueError when it cannot be written safely."""
        at = datetime.fromtimestamp(int(self.clock()), UTC)
        letter = compose(message, sender=self.sender, host=self.our_host, at=at)
        return letter, self._return_address(message.client_id), envelope_address(message.to)

    def _return_address(self, client_id: str) -> str:
        if not self.bounces or self.sign is None:
            return self.sender_address
        local, _, domain = self.bounces.rpartition("@")
        local = f"{local}+{client_id}.{self.sign(client_id)}"
        if len(local) > LONGEST_LOCAL_PART:
            raise ValueError("the return address would be too long")
        return f"{local}@{domain}"


class SmtpConnection:
    """One kept line to a mail server, opened again when it was closed between letters."""

    def __init__(self, carrier: SmtpCarrier) -> None:
        self._carrier = carrier
        self._line: smtplib.SMTP | None = _dial(carrier)

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand letters over one by one; after a lost line or a refusal of us, the rest wait."""
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                outcomes.append(self._carry(message))
            except CarrierDown as down:
                if not outcomes:
                    raise
                return outcomes + _rest(messages[len(outcomes) :], Answer.AGAIN, str(down))
            if self._line is None and outcomes[-1].answer is not Answer.NEVER:
                last = outcomes[-1]
                answer = Answer.THROTTLED if last.answer is Answer.THROTTLED else Answer.AGAIN
                return outcomes + _rest(messages[len(outcomes) :], answer, last.reason)
        return outcomes

    def inbox(self) -> Inbox:
        """Nothing: bounces come by mail."""
        return Inbox()

    def close(self) -> None:
        """Say QUIT if the line is still there."""
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (smtplib.SMTPException, OSError):
                line.close()

    def _carry(self, message: Message) -> Outcome:
        try:
            letter, return_address, address = self._carrier.write(message)
        except ValueError as error:
            return Outcome(message.client_id, Answer.NEVER, reason=str(error))
        for is_fresh in (self._line is None, True):
            self._line = self._line or _dial(self._carrier)
            outcome = self._exchange(self._line, message.client_id, letter, return_address, address)
            if outcome.answer is Answer.UNSURE or self._line is not None or is_fresh:
                return outcome
        return outcome

    def _exchange(self, line: smtplib.SMTP, client_id: str, letter: bytes, sender: str, address: str) -> Outcome:
        """One letter on one line; a line that does not stay usable is dropped."""
        is_begun = False
        try:
            refusal = _ask(line, _envelope(line, client_id, sender, address, len(letter)))
            if refusal is None:
                is_begun = True
                return self._hand_over(line, client_id, letter, address)
            if refusal.code == 421:
                self._drop()
            elif refusal.is_about_us:
                line.docmd("RSET")
                raise CarrierDown(f"the mail server refuses us: {refusal.reason(address)}")
            else:
                line.docmd("RSET")
            return refusal.outcome(client_id, address)
        except (smtplib.SMTPException, OSError):
            self._drop()
            answer = Answer.UNSURE if is_begun else Answer.AGAIN
            return Outcome(client_id, answer, reason="the mail server broke off")

    def _hand_over(self, line: smtplib.SMTP, client_id: str, letter: bytes, address: str) -> Outcome:
        stuffed = letter.replace(b"\r\n.", b"\r\n..") if b"\r\n." in letter else letter
        _patience(line, self._carrier.timeout_seconds * WAIT_FOR_TERMINATOR)
        line.send(stuffed + b".\r\n")
        reply = _listen(line)
        _patience(line, self._carrier.timeout_seconds)
        if reply.code == 421:
            self._drop()
        return reply.outcome(client_id, address)

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    text: str
    is_about_us: bool = False

    def reason(self, about: str) -> str:
        return cleaned(f"{self.code} {self.text}", about=about)

    def outcome(self, client_id: str, about: str) -> Outcome:
        if 200 <= self.code < 300:
            return Outcome(client_id, Answer.TAKEN, carrier_id=_queue_id(self.text))
        return Outcome(client_id, _answer(self.code, self.text), reason=self.reason(about))


def open_smtp(url: CarrierUrl, *, host: str, sign: Sign | None = None) -> SmtpCarrier:
    """A mail server from `smtp://user:password@host:port?sender=…&bounces=…`; raises ValueError.

    `host` is our own name, for EHLO and Message-ID; `sign` writes the second half of a return address and is needed
    when `bounces` is set. Options: tls (0, 1 for STARTTLS, implicit), sender (an address, or NAME <address>), bounces,
    timeout (seconds for one command), ca (a file of certificates to trust).
    """
    url.require("host")
    url.refuse_unknown(OPTIONS)
    bounces = url.option_str("bounces")
    if bounces and sign is None:
        raise ValueError(f"{url.scheme}: bounces need a key to sign their addresses with")
    name, address = _sender(url, host)
    secured = how_secured(url)
    return SmtpCarrier(
        name=url.name,
        server=url.host,
        port=url.port or (465 if secured == "implicit" else 25),
        user=url.user,
        password=url.password,
        secured=secured,
        ca=url.option_str("ca"),
        our_host=host,
        sender=from_header(name, address),
        sender_address=address,
        bounces=_address_option(url, "bounces", bounces) if bounces else "",
        sign=sign,
        timeout_seconds=url.option_float("timeout", 30.0, least=0.1, most=600),
        connections=url.connections(4),
        per_second=url.per_second,
    )


def how_secured(url: CarrierUrl) -> str:
    """Whether the line is in the clear (none), begins TLS (starttls) or is TLS (implicit); ValueError.

    Unless the setting says otherwise, only a server on this machine is spoken to in the clear; a password never leaves
    this machine in the clear.
    """
    implicit = url.scheme == "smtps" or url.port == 465
    default = "implicit" if implicit else "0" if _is_here(url.host) else "1"
    choice = url.option_choice("tls", default, pattern="0|1|implicit", meaning="0, 1 (STARTTLS) or implicit")
    if choice == "0" and url.password and not _is_here(url.host):
        raise ValueError(f"{url.scheme}: with a password, tls must be 1 or implicit")
    return {"0": "none", "1": "starttls"}.get(choice, choice)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _sender(url: CarrierUrl, host: str) -> tuple[str, str]:
    name, address = parseaddr(url.option_str("sender", f"no-reply@{host}"))
    return name, _address_option(url, "sender", address)


def _address_option(url: CarrierUrl, name: str, address: str) -> str:
    try:
        return envelope_address(address)
    except ValueError:
        raise ValueError(f"{url.scheme}: the option {name} must be an e-mail address") from None


def _dial(carrier: SmtpCarrier) -> smtplib.SMTP:
    try:
        return _signed_in(carrier, _greeted(carrier))
    except smtplib.SMTPResponseException as refused:
        text = refused.smtp_error.decode("utf-8", "replace") if isinstance(refused.smtp_error, bytes) else ""
        words = cleaned(f"{refused.smtp_code} {text}", about=carrier.user)
        raise CarrierDown(f"{carrier.name}: the mail server says {words}") from None
    except smtplib.SMTPNotSupportedError:
        missing = "TLS" if carrier.secured == "starttls" else "signing in"
        raise CarrierDown(f"{carrier.name}: the mail server does not offer {missing}") from None
    except ssl.SSLError as error:
        raise CarrierDown(f"{carrier.name}: TLS failed ({type(error).__name__})") from None
    except (smtplib.SMTPException, OSError) as error:
        raise CarrierDown(f"{carrier.name}: the mail server cannot be reached ({type(error).__name__})") from None


def _greeted(carrier: SmtpCarrier) -> smtplib.SMTP:
    timeout = carrier.timeout_seconds
    if carrier.secured == "implicit":
        return smtplib.SMTP_SSL(
            carrier.server, carrier.port, carrier.our_host, timeout=timeout, context=_trust(carrier)
        )
    return smtplib.SMTP(carrier.server, carrier.port, carrier.our_host, timeout=timeout)


def _signed_in(carrier: SmtpCarrier, line: smtplib.SMTP) -> smtplib.SMTP:
    try:
        if carrier.secured == "starttls":
            line.starttls(context=_trust(carrier))
        line.ehlo_or_helo_if_needed()
        if carrier.user:
            line.login(carrier.user, carrier.password)
        if line.sock is not None:
            line.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    except BaseException:
        line.close()
        raise
    return line


def _trust(carrier: SmtpCarrier) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=carrier.ca or None)


def _envelope(line: smtplib.SMTP, client_id: str, sender: str, address: str, size: int) -> list[str]:
    """The commands before the letter, with SIZE (RFC 1870) and delivery status notices (RFC 3461) when offered."""
    mail, rcpt = f"MAIL FROM:<{sender}>", f"RCPT TO:<{address}>"
    if line.has_extn("size"):
        mail += f" SIZE={size}"
    if line.has_extn("dsn"):
        signed = sender.rpartition("@")[0].rpartition("+")[2]
        mail += f" RET=HDRS ENVID={signed if signed.startswith(f'{client_id}.') else client_id}"
        rcpt += " NOTIFY=FAILURE,DELAY"
    return [mail, rcpt, "DATA"]


def _ask(line: smtplib.SMTP, commands: list[str]) -> _Reply | None:
    """Say the envelope, in one breath where the server takes it so (RFC 2920); None when it wants the letter."""
    is_pipelined = line.has_extn("pipelining")
    if is_pipelined:
        line.send("".join(f"{command}\r\n" for command in commands))
    replies: list[_Reply] = []
    for command in commands:
        if not is_pipelined:
            line.putcmd(command)
        replies.append(_listen(line))
        if replies[-1].code == 421 or (replies[-1].code >= 400 and not is_pipelined):
            break
    return _refusal(line, replies)


def _refusal(line: smtplib.SMTP, replies: list[_Reply]) -> _Reply | None:
    """The first refusal among the replies to an envelope."""
    refused = next((place for place, reply in enumerate(replies) if reply.code >= 400), None)
    if refused is None:
        return None
    if replies[-1].code == 354:
        # RFC 2920 3.1: the server waits for a letter although nobody will get it
        line.send(".\r\n")
        _listen(line)
    reply = replies[refused]
    is_sender = refused == 0 and 500 <= reply.code != 552
    is_relay = reply.code >= 500 and "relay" in reply.text.lower()
    return _Reply(reply.code, reply.text, is_sender or is_relay or reply.code in _NOT_SIGNED_IN)


def _listen(line: smtplib.SMTP) -> _Reply:
    code, text = line.getreply()
    if not 200 <= code < 600:
        raise smtplib.SMTPException("the reply is not SMTP")
    return _Reply(code, text.decode("utf-8", "replace"))


def _patience(line: smtplib.SMTP, seconds: float) -> None:
    if line.sock is not None:
        line.sock.settimeout(seconds)


def _answer(code: int, text: str) -> Answer:
    """What a refusal means; neither greylisting (RFC 6647) nor a full mailbox (4.2.x) is a throttle."""
    if code >= 500:
        return Answer.NEVER
    status = enhanced_status(text)
    is_policy = status.startswith("4.7.") or (_RATE.search(text) is not None and not status.startswith("4.2."))
    if code == 421 or (is_policy and not _GREY.search(text)):
        return Answer.THROTTLED
    return Answer.AGAIN


def _queue_id(text: str) -> str:
    found = _QUEUE_ID.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def _rest(messages: Sequence[Message], answer: Answer, reason: str) -> list[Outcome]:
    return [Outcome(message.client_id, answer, reason=reason) for message in messages]
