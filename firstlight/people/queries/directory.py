"""The list of members: searched, narrowed, and how many of them can be reached."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from firstlight.people.models import ContactPoint, Institution, Member, RoleGrant, Verification
from firstlight.people.rules.phones import BadPhone, read_phone

NOWHERE = "none"
MOST_QUESTIONS = 3
Channel = ContactPoint.Channel


@dataclass(frozen=True, slots=True)
class Reachability:
    """How many members there are, and how many of them can be written to over each channel and over none."""

    members: int
    sms: int
    email: int
    nowhere: int


def count_reachability() -> Reachability:
    """Over everyone who is active."""
    members = Member.objects.filter(is_active=True).count()
    reachable = ContactPoint.objects.reachable()
    by_channel = dict(reachable.order_by().values_list("channel").annotate(count=Count("pk")))
    somewhere = reachable.order_by().values("member").distinct().count()
    return Reachability(members, by_channel.get(Channel.SMS, 0), by_channel.get(Channel.EMAIL, 0), members - somewhere)


def find_members(
    *,
    text: str = "",
    institution: Institution | None = None,
    role: str = "",
    reachable: str = "",
    inactive: bool = False,
) -> QuerySet[Member]:
    """Members by name, by address, or by a part of their e-mail address; by institution, role and reachability."""
    found = Member.objects.filter(is_active=not inactive).select_related("institution")
    found = found.prefetch_related("contacts", "grants").order_by("name", "pk")
    if text := text.strip():
        found = found.filter(Q(name__icontains=text) | Exists(_with_address(text)))
    if institution:
        found = found.filter(institution=institution)
    if role:
        found = found.filter(Exists(RoleGrant.objects.filter(member=OuterRef("pk"), role=role)))
    return _narrowed(found, reachable)


def _with_address(text: str) -> QuerySet[ContactPoint]:
    own = ContactPoint.objects.filter(member=OuterRef("pk"))
    by_email = Q(channel=Channel.EMAIL, address__contains=text.lower())
    try:
        return own.filter(by_email | Q(channel=Channel.SMS, address=read_phone(text, region=settings.COUNTRY)))
    except BadPhone:
        return own.filter(by_email)


def _narrowed(found: QuerySet[Member], reachable: str) -> QuerySet[Member]:
    own = ContactPoint.objects.reachable().filter(member=OuterRef("pk"))
    if reachable == NOWHERE:
        return found.filter(~Exists(own))
    return found.filter(Exists(own.filter(channel=reachable))) if reachable else found


def institutions_with_members() -> QuerySet[Institution]:
    """Institutions that somebody is at, by name."""
    at_least_one = Member.objects.filter(institution=OuterRef("pk"))
    return Institution.objects.filter(Exists(at_least_one)).order_by("name_ko")


def unasked_contacts(*, at: datetime, again_after: timedelta) -> QuerySet[ContactPoint]:
    """Unverified addresses that were not asked lately, nor three times in vain since they were given."""
    asked = Verification.objects.filter(contact=OuterRef("pk"), asked_at__gte=OuterRef("added_at"))
    lately = asked.filter(asked_at__gt=at - again_after)
    times = asked.order_by().values("contact").annotate(times=Count("pk")).filter(times__gte=MOST_QUESTIONS)
    return ContactPoint.objects.unverified().filter(~Exists(lately), ~Exists(times)).select_related("member")
