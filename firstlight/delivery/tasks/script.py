"""What a mailing says to each person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from firstlight.delivery.actions.claims import Claimed
from firstlight.delivery.hooks import LEAVE, links
from firstlight.delivery.models import Mailing, Wording
from firstlight.delivery.rules.call_codes import REPORT
from firstlight.delivery.rules.carrier_names import carrier_slug
from firstlight.delivery.rules.client_ids import write_client_id
from firstlight.delivery.rules.codes import write_code
from firstlight.delivery.rules.messages import Channel, Message
from firstlight.delivery.rules.rendering import Template, compiled, filled

_ANY_CODE = "firstlightcode"


@dataclass(frozen=True, slots=True)
class Link:
    """A personal address with a gap for the person's code."""

    purpose: str
    before: str
    after: str

    def to(self, delivery_id: int, key: str) -> str:
        """The address of one delivery's person."""
        return f"{self.before}{write_code(delivery_id, purpose=self.purpose, key=key)}{self.after}"


@dataclass(frozen=True, slots=True)
class Part:
    """One wording, taken apart."""

    language: str
    subject: Template
    text: Template
    html: Template
    links: tuple[tuple[str, Link], ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A mailing's wordings on one channel, and what every message of it shares."""

    mailing_id: int
    severity: int
    expires_at: datetime | None
    parts: Mapping[str, Part]
    leave: Link | None
    key: str

    def message(self, row: Claimed, address: str, report: Link | None) -> Message:
        """One person's message, in their language or else in another that there is."""
        part = self.parts.get(row.language) or next(iter(self.parts.values()))
        values = {name: link.to(row.delivery_id, self.key) for name, link in part.links}
        return Message(
            client_id=write_client_id(self.mailing_id, row.delivery_id, key=self.key),
            to=address,
            text=filled(part.text, values),
            language=part.language,
            subject=filled(part.subject, values),
            html=filled(part.html, values),
            headers=_leaving(values.get(LEAVE) or self.leave.to(row.delivery_id, self.key)) if self.leave else (),
            report_to=report.to(row.delivery_id, self.key) if report else "",
            valid_until=self.expires_at,
        )


def _leaving(address: str) -> tuple[tuple[str, str], ...]:
    """RFC 8058: leave in one click, by a POST that needs no cookie."""
    return (("List-Unsubscribe", f"<{address}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))


def personal_links() -> dict[str, Link]:
    """Every registered link, ready for its code."""
    return {name: _link(name, reverse(url_name, args=(_ANY_CODE,))) for name, url_name in links().items()}


def report_link(carrier: str) -> Link:
    """Where a carrier calls with what became of a message."""
    return _link(REPORT, reverse("carrier_report", args=(carrier_slug(carrier), _ANY_CODE)))


def _link(purpose: str, path: str) -> Link:
    before, _, after = path.partition(_ANY_CODE)
    return Link(purpose, settings.ORIGIN + before, after)


def script_of(mailing: Mailing, channel: Channel, wordings: Iterable[Wording]) -> Script:
    """What a mailing says on a channel; its parts are empty when it says nothing there."""
    known = personal_links()
    return Script(
        mailing_id=mailing.pk,
        severity=mailing.severity,
        expires_at=mailing.expires_at,
        parts={each.language: _part(each, known) for each in wordings if each.channel == channel},
        leave=known.get(LEAVE) if channel is Channel.EMAIL else None,
        key=settings.SECRET_KEY,
    )


def _part(wording: Wording, known: Mapping[str, Link]) -> Part:
    subject, text, html = (compiled(each, known) for each in (wording.subject, wording.text, wording.html))
    wanted = subject.names | text.names | html.names
    return Part(wording.language, subject, text, html, tuple((name, known[name]) for name in sorted(wanted)))
