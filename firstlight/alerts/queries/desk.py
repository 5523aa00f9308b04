"""What editors find on their desk, and what an outbreak is told of its notices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Min, QuerySet
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.hooks import target_kinds
from firstlight.alerts.models import Notice, NoticeLink
from firstlight.alerts.queries.targets import address_of
from firstlight.delivery.models import Mailing
from firstlight.delivery.queries import Tally, tallies
from firstlight.outbreaks.hooks import Link, News, Task, Thing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member, Role, Specialty
from firstlight.web.languages import choose_wording

MOST_RECENT = 20
LANGUAGE_NAMES = (("ko", _("Korean")), ("en", _("English")))


def next_number() -> int:
    """The number of the next notice."""
    return (Notice.objects.aggregate(last=Max("number"))["last"] or 0) + 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one sending has come."""

    mailing: Mailing
    tally: Tally

    @property
    def is_running(self) -> bool:
        """Whether more of it may still leave."""
        return self.mailing.state in {Mailing.State.SENDING, Mailing.State.PAUSED}

    @property
    def has_begun(self) -> bool:
        """Whether its audience has been written out, at least in part."""
        return self.mailing.addressed_at is not None or self.tally.total > 0


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that editors have in hand, each kind in the order in which it presses."""

    drafts: Sequence[Notice]
    waiting: Sequence[Notice]
    scheduled: Sequence[Notice]
    going_out: Sequence[tuple[Notice, list[Progress]]]
    to_look_over: Sequence[Notice]
    recent: Sequence[Notice]


def desk_of(outbreak: Outbreak | None, *, at: datetime) -> Desk:
    """The desk at that moment, of one outbreak or of all."""
    notices = Notice.objects.select_related("outbreak", "created_by", "submitted_by", "approved_by", "follows")
    if outbreak is not None:
        notices = notices.filter(outbreak=outbreak)
    out = notices.issued(at).filter(is_replay=False).order_by("-issued_at")
    running = list(out.filter(pk__in=_running()))
    return Desk(
        drafts=list(notices.filter(state=Notice.State.DRAFT).order_by("-written_at")),
        waiting=list(notices.filter(state=Notice.State.IN_REVIEW).order_by("-severity", "submitted_at")),
        scheduled=list(notices.filter(state=Notice.State.ISSUED, issued_at__gt=at).order_by("issued_at")),
        going_out=list(progresses(running)),
        to_look_over=list(out.exclude(override_reason="").filter(looked_over_at__isnull=True)),
        recent=list(notices.issued(at).order_by("-issued_at")[:MOST_RECENT]),
    )


def _running() -> list[int]:
    references = Mailing.objects.filter(
        state__in=[Mailing.State.SENDING, Mailing.State.PAUSED], reference__startswith="notice:"
    ).values_list("reference", flat=True)
    return [int(reference.partition(":")[2]) for reference in references]


def progress_of(notice: Notice) -> list[Progress]:
    """How far each sending of a notice has come, the first one first."""
    return next(progresses([notice]))[1]


def progresses(notices: Sequence[Notice]) -> Iterator[tuple[Notice, list[Progress]]]:
    """Each of these notices with how far its sendings have come, counted together."""
    mailings = list(Mailing.objects.filter(reference__in=[each.reference for each in notices]).order_by("round"))
    counts = tallies(mailings)
    for notice in notices:
        ours = [each for each in mailings if each.reference == notice.reference]
        yield notice, [Progress(mailing, counts[mailing.pk]) for mailing in ours]


def audience_names(notice: Notice) -> list[str]:
    """Whom a notice is narrowed to, by name in the reader's language; empty for everyone."""
    chosen, language = notice.audience, get_language() or "en"
    institutions = Institution.objects.filter(slug__in=chosen.get("institutions", []))
    return [
        *(str(Role(each).label) for each in chosen.get("roles", [])),
        *(str(Specialty(each).label) for each in chosen.get("specialties", [])),
        *(choose_wording(each, "name", language).text for each in institutions),
        *(str(dict(LANGUAGE_NAMES)[each]) for each in chosen.get("languages", [])),
    ]


def notices_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """Notices that wait for this editor: to be approved, or to be looked over after one issued them alone."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        return
    notices = Notice.objects.filter(outbreak=outbreak, is_replay=False).exclude(authorships__member=member)
    for notice in notices.filter(state=Notice.State.IN_REVIEW).order_by("-severity", "submitted_at"):
        label = _("Approve notice %(number)d") % {"number": notice.number}
        yield Task(label, reverse("review_notice", args=[notice.number]))
    alone = notices.issued(at).exclude(override_reason="").filter(looked_over_at__isnull=True)
    for notice in alone.order_by("issued_at"):
        label = _("Look over notice %(number)d, which was issued by one person alone") % {"number": notice.number}
        yield Task(label, reverse("review_notice", args=[notice.number]))


def notice_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every notice that went out by that moment."""
    kinds = {
        Notice.Kind.ALERT: _("Notice"),
        Notice.Kind.UPDATE: _("Update of a notice"),
        Notice.Kind.CANCEL: _("Cancellation of a notice"),
    }
    for notice in _issued(outbreak, at):
        if notice.issued_at is not None:
            url = reverse("notice", args=[notice.number])
            yield News(notice.issued_at, kinds[Notice.Kind(notice.kind)], notice.title_ko, notice.title_en, url)


def _issued(outbreak: Outbreak, at: datetime) -> QuerySet[Notice]:
    return Notice.objects.issued(at).filter(outbreak=outbreak, is_exercise=False)


def first_notice_at(outbreak: Outbreak, at: datetime) -> datetime | None:
    """When the first notice went out."""
    first: datetime | None = _issued(outbreak, at).aggregate(first=Min("issued_at"))["first"]
    return first


def notices_of(outbreak: Outbreak) -> list[str]:
    """What of the notices hangs on an outbreak, in a sentence; a draft of its blueprint does not."""
    count = Notice.objects.filter(outbreak=outbreak).exclude(pk__in=untouched_drafts(outbreak)).count()
    if not count:
        return []
    return [ngettext("%(count)d notice belongs to it.", "%(count)d notices belong to it.", count) % {"count": count}]


def untouched_drafts(outbreak: Outbreak) -> QuerySet[Notice]:
    """Drafts that nobody has changed since the outbreak's own share began them."""
    drafts = Notice.objects.filter(outbreak=outbreak, state=Notice.State.DRAFT, written_at=F("created_at"))
    return drafts.filter(created_at__in=outbreak.set_ups.filter(share="first-notice").values("set_up_at"))


def notice_links(outbreak: Outbreak, at: datetime) -> Iterator[Link]:
    """Each notice that went out with each thing it points at."""
    links = NoticeLink.objects.filter(notice__in=_issued(outbreak, at)).select_related("notice")
    kinds = target_kinds()
    for link in links:
        notice = link.notice
        thing = Thing(_("Notice"), notice.title_ko, notice.title_en, reverse("notice", args=[notice.number]))
        kind = kinds[link.kind].label if link.kind in kinds else _("Reference")
        yield Link(thing, Thing(kind, link.title_ko, link.title_en, address_of(link)))
