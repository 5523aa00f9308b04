"""Who gets a notice, over which channel, when, and what it costs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
)

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.prices import sms_terms
from firstlight.alerts.queries.texts import sms_count
from firstlight.alerts.rules.cost import price_of
from firstlight.alerts.rules.weekly import has_had_enough
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.quiet import not_before
from firstlight.people.models import ContactPoint, Member, RoleGrant, Severity, TopicChoice

WEEK = timedelta(days=7)
INTERRUPTING = tuple(set(Delivery.State) - {Delivery.State.DIGEST, Delivery.State.STOPPED})


@dataclass(frozen=True, slots=True)
class Share:
    """Those of an audience who get a notice over one channel in one language, and what that costs.

    `parts` are messages as the carrier charges them, all together; `cost` is None where no price is known.
    """

    channel: str
    language: str
    people: int
    parts: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class AudienceSize:
    """How many a notice is for, how many of them nothing reaches, and how many find it in their digest instead."""

    members: int
    unreachable: int
    kept: int
    shares: tuple[Share, ...]
    currency: str

    @property
    def messages(self) -> int:
        """How many messages leave."""
        return sum(share.people for share in self.shares)

    @property
    def cost(self) -> float | None:
        """What it costs altogether; None when no carrier's price is known."""
        known = [share.cost for share in self.shares if share.cost is not None]
        return sum(known) if known else None


def members_meant(notice: Notice) -> QuerySet[Member]:
    """Everyone a notice is for, whether they can be reached or not."""
    return Member.objects.filter(_is_meant(notice, "", "pk"), is_active=True)


def contacts_meant(notice: Notice) -> QuerySet[ContactPoint]:
    """Where a notice goes: its audience's addresses that are wanted, verified, not dead and open to its tier."""
    meant = _is_meant(notice, "member__", "member_id")
    return ContactPoint.objects.reachable().filter(meant, least_severity__lte=notice.severity)


def unanswered(notice: Notice) -> QuerySet[ContactPoint]:
    """Where a repetition goes: to those of its audience who have not confirmed."""
    answered = Acknowledgement.objects.filter(notice=notice, member=OuterRef("member_id"))
    return contacts_meant(notice).exclude(Exists(answered))


def _is_meant(notice: Notice, to_member: str, key: str) -> Q:
    """The condition on a member, who is `to_member` away from the row; `key` is their key on it."""
    left = TopicChoice.objects.filter(member=OuterRef(key), topic=notice.topic, is_wanted=False)
    meant = ~Q(Exists(left))
    filters = {"institutions": "institution__slug", "specialties": "specialty", "languages": "language"}
    for name, field in filters.items():
        if chosen := notice.audience.get(name):
            meant &= Q(**{f"{to_member}{field}__in": chosen})
    if roles := notice.audience.get("roles"):
        meant &= Q(Exists(RoleGrant.objects.filter(member=OuterRef(key), role__in=roles)))
    return meant


def read_audience(mailing: Mailing, after: int, limit: int, at: datetime) -> tuple[Sequence[Addressee], int]:
    """The next members of a notice's mailing; a repetition leaves out those who have answered."""
    notice = notice_of(mailing.reference)
    if notice is None:
        return (), after
    contacts = contacts_meant(notice) if mailing.round == 1 else unanswered(notice)
    rows = next_rows(contacts, after=after, limit=limit)
    if not rows:
        return (), after
    kept = kept_for_digest(notice, at=at, keys=(rows[0].member_id, rows[-1].member_id))
    begins_at = max(mailing.starts_at, at)
    return [_addressee(row, notice.severity, kept, begins_at) for row in rows], rows[-1].member_id


def notice_of(reference: str) -> Notice | None:
    """The notice that a mailing's reference names: its own, its test's or its escalation's."""
    kind, _, key = reference.partition(":")
    if kind not in {"notice", "test", "escalation"} or not key.isdecimal():
        return None
    return Notice.objects.filter(pk=int(key)).first()


@dataclass(frozen=True, slots=True)
class Row:
    """A contact point with what decides when it is used."""

    member_id: int
    contact_id: int
    channel: str
    language: str
    quiet_from: time | None
    quiet_until: time | None
    time_zone: str


_FIELDS = ("member_id", "pk", "channel", "member__language", "quiet_from", "quiet_until", "member__time_zone")


def next_rows(contacts: QuerySet[ContactPoint], *, after: int, limit: int) -> list[Row]:
    """The contact points of the next `limit` members, whole members only."""
    found = contacts.filter(member_id__gt=after).order_by("member_id", "pk").values_list(*_FIELDS)
    # A member has one address a channel at most, so that this many rows hold at least `limit` members, if there are.
    rows = [Row(*fields) for fields in found[: limit * len(ContactPoint.Channel)]]
    members = dict.fromkeys(row.member_id for row in rows)
    if len(members) <= limit:
        return rows
    last = list(members)[limit - 1]
    return [row for row in rows if row.member_id <= last]


def _addressee(row: Row, severity: int, kept: set[int], begins_at: datetime) -> Addressee:
    state = Delivery.State.DIGEST if row.member_id in kept else Delivery.State.CREATED
    return Addressee(
        row.member_id, row.contact_id, row.channel, row.language, due_at(row, severity, begins_at), state.value
    )


def due_at(row: Row, severity: int, begins_at: datetime) -> datetime:
    """When this contact point may be used."""
    if row.quiet_from is None:
        return begins_at
    zone = _zone(row.time_zone or settings.TIME_ZONE)
    return not_before(begins_at, row.quiet_from, row.quiet_until, zone, severity)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone's name from a list; the site's own clock serves then
        return ZoneInfo(settings.TIME_ZONE)


def kept_for_digest(notice: Notice, *, at: datetime, keys: tuple[int, int] | None = None) -> set[int]:
    """Those members, between these keys or of all, who had their week's notices and so find this one in their digest.

    A notice that warns is never held back by what came before it.
    """
    if notice.severity >= Severity.WARNING:
        return set()
    among = Q(pk__gte=keys[0], pk__lte=keys[1]) if keys else Q()
    capped = Member.objects.filter(among, weekly_cap__isnull=False).values_list("pk", "weekly_cap")
    own = {member: cap for member, cap in capped if cap is not None}
    recent = _recent_mailings(notice, at=at)
    had = _had(recent, keys) if len(recent) >= _least(own) else {}
    asked = own if settings.WEEKLY_CAP else dict.fromkeys(Member.objects.filter(among).values_list("pk", flat=True))
    if not had and not asked:
        return set()
    without_digest = set(Member.objects.filter(among).filter(_gets_no_digest()).values_list("pk", flat=True))
    return {
        member
        for member in had.keys() | asked.keys()
        if has_had_enough(
            had.get(member, 0),
            own_cap=own.get(member),
            has_digest=member not in without_digest,
            site_cap=settings.WEEKLY_CAP,
        )
    }


def _recent_mailings(notice: Notice, *, at: datetime) -> list[int]:
    """The mailings of other notices in the last seven days."""
    recent = Mailing.objects.filter(reference__startswith="notice:", starts_at__gt=at - WEEK, starts_at__lte=at)
    return list(recent.exclude(reference=notice.reference).values_list("pk", flat=True))


def _least(own: dict[int, int]) -> int:
    """The least number of notices that anyone among these can have had enough of, beyond none at all."""
    return max(1, min((settings.WEEKLY_CAP, *filter(None, own.values()))))


def _had(mailings: Sequence[int], keys: tuple[int, int] | None) -> dict[int, int]:
    """How many of these mailings each member got."""
    rows = Delivery.objects.filter(mailing__in=mailings, state__in=INTERRUPTING)
    if keys:
        rows = rows.filter(member_id__gte=keys[0], member_id__lte=keys[1])
    counted = rows.order_by().values_list("member_id").annotate(had=Count("mailing_id", distinct=True))
    return {member: had for member, had in counted if member is not None}


def _gets_no_digest() -> Q:
    boxes = ContactPoint.objects.filter(member=OuterRef("pk"), channel=ContactPoint.Channel.EMAIL)
    open_boxes = boxes.filter(is_wanted=True, verified_at__isnull=False, dead_since__isnull=True)
    return Q(digest=Member.Digest.NONE) | ~Q(Exists(open_boxes))


def audience_size(notice: Notice, *, at: datetime) -> AudienceSize:
    """The size of an audience and its cost, as they are at that moment."""
    contacts, kept = contacts_meant(notice), kept_for_digest(notice, at=at)
    meant = members_meant(notice).count()
    reached, held, counted = _counted_one_by_one(contacts, kept) if kept else _counted(contacts)
    return AudienceSize(
        members=meant,
        unreachable=meant - reached,
        kept=held,
        shares=tuple(_shares(notice, counted)),
        currency=sms_terms().currency,
    )


Counted = tuple[int, int, Counter[tuple[str, str]]]
"""How many members are reached, how many of them are kept for the digest, and messages by channel and language."""


def _counted(contacts: QuerySet[ContactPoint]) -> Counted:
    rows = contacts.values_list("channel", "member__language").annotate(people=Count("pk")).order_by()
    by_share = Counter({(channel, language): people for channel, language, people in rows})
    return contacts.order_by().values("member_id").distinct().count(), 0, by_share


def _counted_one_by_one(contacts: QuerySet[ContactPoint], kept: set[int]) -> Counted:
    reached, by_share = set(), Counter[tuple[str, str]]()
    for member, channel, language in contacts.order_by().values_list("member_id", "channel", "member__language"):
        reached.add(member)
        if member not in kept:
            by_share[channel, language] += 1
    return len(reached), len(reached & kept), by_share


def _shares(notice: Notice, counted: Counter[tuple[str, str]]) -> Iterable[Share]:
    terms = sms_terms()
    for (channel, language), people in sorted(counted.items()):
        if channel != ContactPoint.Channel.SMS:
            yield Share(channel, language, people, people, None)
            continue
        count = sms_count(notice, language)
        price = price_of(count, terms)
        yield Share(channel, language, people, people * count.parts, None if price is None else price * people)
