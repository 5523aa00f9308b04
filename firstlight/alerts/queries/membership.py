"""What a member sees of themselves: whose a link is, what there is to choose, what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.models import Notice, topic_of
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.codes import BadCode, read_code, write_code
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, TopicChoice
from firstlight.web.languages import choose_wording

LINK_LASTS = timedelta(days=60)
LARGEST_KEY = 2**63 - 1
_KINDS: dict[str, str | Promise] = {
    "digest": _("Digest"),
    "verify": _("Question whether an address is yours"),
    "link": _("Link to your own page"),
    "changed": _("Word that an address was changed"),
    "test": _("Test of a notice"),
    "escalation": _("Word that your institution is silent"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that notices are about, and whether a member wants it."""

    key: str
    label: str | Promise
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One message to a member."""

    delivery: Delivery
    what: str | Promise
    url: str


def delivery_of_code(code: str, *, purpose: str) -> Delivery | None:
    """The delivery in whose message a link stood; None for a code that this server did not write for it."""
    try:
        number = read_code(code, purpose=purpose, key=settings.SECRET_KEY)
    except BadCode:
        return None
    if number > LARGEST_KEY:
        return None
    return Delivery.objects.select_related("mailing", "member", "contact__member").filter(pk=number).first()


def link_for(delivery: Delivery, purpose: str) -> str:
    """The address of another page for the person who got this message."""
    return reverse(purpose, args=[write_code(delivery.pk, purpose=purpose, key=settings.SECRET_KEY)])


def is_too_old(delivery: Delivery, *, at: datetime) -> bool:
    """Whether a link opens its member's own page no more."""
    return delivery.mailing.created_at < at - LINK_LASTS


def topics_for(member: Member, *, at: datetime, language: str) -> list[Topic]:
    """The society's own news and each outbreak that goes on, or that the member has spoken of."""
    chosen = dict(TopicChoice.objects.filter(member=member).values_list("topic", "is_wanted"))
    topics = [Topic(topic_of(None), _("The society's own news"), chosen.get(topic_of(None), True))]
    for outbreak in Outbreak.objects.known(at).order_by("-activated_at"):
        key = topic_of(outbreak)
        if key in chosen or (outbreak.closed_at is None and not outbreak.is_replay):
            topics.append(Topic(key, choose_wording(outbreak, "name", language).text, chosen.get(key, True)))
    return topics


def sent_to(member: Member, *, language: str, most: int = 50) -> Sequence[Line]:
    """What was sent to a member, the latest first."""
    rows = list(Delivery.objects.filter(member=member).select_related("mailing").order_by("-pk")[:most])
    keys = {each.mailing.reference for each in rows if each.mailing.reference.startswith("notice:")}
    notices = Notice.objects.in_bulk(int(key.partition(":")[2]) for key in keys)
    return [_line(each, notices.get(_number(each.mailing.reference)), language) for each in rows]


def _number(reference: str) -> int:
    kind, _colon, key = reference.partition(":")
    return int(key) if kind == "notice" and key.isdecimal() else 0


def _line(delivery: Delivery, notice: Notice | None, language: str) -> Line:
    if notice is not None:
        return Line(delivery, choose_wording(notice, "title", language).text, reverse("notice", args=[notice.number]))
    kind = delivery.mailing.reference.partition(":")[0]
    return Line(delivery, _KINDS.get(kind, _("Message")), "")


def link_was_sent(member: Member, *, at: datetime, within: timedelta) -> bool:
    """Whether a fresh link went to this member lately."""
    recent = Mailing.objects.filter(reference__startswith=f"link:{member.pk}:", created_at__gt=at - within)
    return recent.exists()
