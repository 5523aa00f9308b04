"""What readers find: every notice that was out at a moment, how it stood then, and what it pointed at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.hooks import Target, target_kinds
from firstlight.alerts.models import Notice, NoticeLink, NoticeQuerySet
from firstlight.alerts.rules.reading import Standing, standing_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Severity

SEARCHED = ("title_ko", "title_en", "sms_ko", "sms_en", "body_ko", "body_en", "source")
MOST_WORDS = 8
MOST_IN_STRIP = 3
# What a list of titles does not need.
HEAVY = ("body_ko", "body_en", "audience")
ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a reader looks for; an empty field asks for nothing. `outbreak` is a slug, or "society" for none."""

    words: str = ""
    severity: int | None = None
    outbreak: str = ""
    kind: str = ""
    standing: str = ""
    is_exercise: bool = False


def issue_of(notice: Notice) -> datetime:
    """When a notice went out; raises ValueError for one that did not."""
    if notice.issued_at is None:
        raise ValueError("A notice that readers see was issued.")
    return notice.issued_at


@dataclass(frozen=True, slots=True)
class Reading:
    """A notice as a reader sees it at a moment, and what followed it by then."""

    notice: Notice
    standing: Standing
    follower: Notice | None

    @property
    def changed_at(self) -> datetime:
        """When what a reader is told of it last changed: its issue, what followed it, or its end."""
        if self.follower:
            return issue_of(self.follower)
        ended = self.notice.expires_at if self.standing == Standing.EXPIRED else None
        return ended or issue_of(self.notice)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a notice points at, as it is called at a moment; without `url` it is not there any more."""

    kind: str
    label: str | Promise
    title_ko: str
    title_en: str
    url: str


def issued_notices(at: datetime) -> NoticeQuerySet:
    """Every notice that was out by that moment, the latest first."""
    return Notice.objects.issued(at).select_related("outbreak").order_by("-issued_at", "-number")


def notice_issued(number: int, at: datetime) -> Notice | None:
    """One of them by its number."""
    return issued_notices(at).select_related("follows").filter(number=number).first()


def search_notices(search: Search, at: datetime) -> NoticeQuerySet:
    """The notices that were out by that moment and that fit, the latest first; every word has to be found."""
    found = issued_notices(at).filter(is_exercise=search.is_exercise)
    if search.severity is not None:
        found = found.filter(severity=search.severity)
    if search.outbreak:
        found = found.filter(
            Q(outbreak__isnull=True) if search.outbreak == "society" else Q(outbreak__slug=search.outbreak)
        )
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.standing:
        found = _that_stand(found, search.standing, at)
    words = search.words.split()[:MOST_WORDS]
    return found.filter(reduce(and_, (_has(word) for word in words))) if words else found


def _that_stand(notices: NoticeQuerySet, standing: str, at: datetime) -> NoticeQuerySet:
    followed = Q(Exists(Notice.objects.issued(at).filter(follows=OuterRef("pk")).order_by()))
    expired = Q(expires_at__isnull=False, expires_at__lte=at)
    kept = ~followed & ~Q(kind=Notice.Kind.CANCEL)
    asked = {"standing": kept & ~expired, "expired": kept & expired, "superseded": followed}
    return notices.filter(asked[standing]) if standing in asked else notices.none()


def _has(word: str) -> Q:
    found = Q()
    for field in SEARCHED:
        found |= Q(**{f"{field}__icontains": word})
    return found | Q(number=int(word)) if word.isascii() and word.isdigit() and len(word) < 9 else found


def readings(notices: Iterable[Notice], at: datetime) -> list[Reading]:
    """These notices as readers saw them at that moment, with one query for what followed them."""
    listed = list(notices)
    followers = {
        each.follows_id: each
        for each in Notice.objects.issued(at).filter(follows__in=[one.pk for one in listed]).order_by()
    }
    return [reading_of(each, followers.get(each.pk), at) for each in listed]


def reading_of(notice: Notice, follower: Notice | None, at: datetime) -> Reading:
    """One notice as readers saw it at that moment."""
    kind = follower.kind if follower else ""
    return Reading(notice, standing_of(notice.kind, notice.expires_at, kind, at=at), follower)


def course_of(notice: Notice, at: datetime) -> list[Reading]:
    """The whole course that a notice is part of, from the first notice to what holds at that moment."""
    course, seen = [notice], {notice.pk}
    while course[0].follows_id and course[0].follows_id not in seen:
        earlier = Notice.objects.select_related("outbreak").get(pk=course[0].follows_id)
        seen.add(earlier.pk)
        course.insert(0, earlier)
    while later := Notice.objects.issued(at).select_related("outbreak").filter(follows=course[-1]).first():
        course.append(later)
    return [reading_of(each, after, at) for each, after in zip(course, [*course[1:], None], strict=True)]


def pointers_of(notice: Notice, at: datetime) -> list[Pointer]:
    """What a notice points at, looked up at that moment; the stored title where nothing is found any more."""
    kinds = target_kinds()
    found = []
    for link in notice.links.all():
        kind = kinds.get(link.kind)
        label = kind.label if kind else _("Address") if link.kind == ADDRESS else link.kind
        found.append(_pointer(link, label, kind.get(link.key, at) if kind else None))
    return found


def _pointer(link: NoticeLink, label: str | Promise, target: Target | None) -> Pointer:
    if target is not None:
        return Pointer(link.kind, label, target.title_ko, target.title_en, target.url)
    is_address = link.kind == ADDRESS and link.key.startswith(("https://", "http://"))
    return Pointer(link.kind, label, link.title_ko, link.title_en, link.key if is_address else "")


def standing_strip(outbreak: Outbreak | None, at: datetime) -> list[Notice]:
    """The warnings and emergencies that stand at that moment, the most pressing first: one query.

    For an outbreak its own and the society's; for None those of every outbreak. Exercises never show here.
    """
    pressing = Notice.objects.standing(at).filter(severity__gte=Severity.WARNING, is_exercise=False)
    if outbreak is not None:
        pressing = pressing.filter(Q(outbreak=outbreak) | Q(outbreak__isnull=True))
    return list(pressing.select_related("outbreak").order_by("-severity", "-issued_at").defer(*HEAVY)[:MOST_IN_STRIP])


def count_standing(outbreak: Outbreak, at: datetime) -> int:
    """How many of an outbreak's notices stood at that moment."""
    return Notice.objects.standing(at).filter(outbreak=outbreak, is_exercise=False).count()


def count_issued(outbreak: Outbreak, at: datetime) -> int:
    """How many notices an outbreak had brought by that moment, exercises left out."""
    return Notice.objects.issued(at).filter(outbreak=outbreak, is_exercise=False).count()


def outbreaks_with_notices(at: datetime) -> list[Outbreak]:
    """The outbreaks that a reader can choose among."""
    with_notices = Notice.objects.issued(at).filter(outbreak=OuterRef("pk")).order_by()
    return list(Outbreak.objects.known(at).filter(Exists(with_notices)))
