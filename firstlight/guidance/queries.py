"""What pages and programs read of guidelines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.alerts.hooks import DigestItem, Target
from firstlight.alerts.models import Notice, NoticeLink, topic_of
from firstlight.guidance.hooks import situations_of
from firstlight.guidance.models import Doubt, Draft, GuidelineVersion, LivingGuideline
from firstlight.guidance.rules.advice import failing_vignettes
from firstlight.guidance.rules.faults import Fault
from firstlight.guidance.rules.guideline import (
    Guideline,
    GuidelineError,
    Recommendation,
    Source,
    Vignette,
    read_guideline,
)
from firstlight.guidance.rules.rehearsing import Rehearsal, Situation, as_situations, rehearse
from firstlight.outbreaks.hooks import Link, News, Task, Thing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Role
from firstlight.web.keeping import for_a_moment

MOST_FOUND = 12


@dataclass(frozen=True)
class Published:
    """A version in force: what it says, whose it is, and since when; `number` counts the versions published here."""

    guideline: Guideline
    version_id: int
    number: int
    outbreak_slug: str
    is_own: bool
    in_force_from: datetime
    in_force_until: datetime | None

    @property
    def url(self) -> str:
        """Where it is read."""
        return reverse("guideline", args=[self.outbreak_slug, self.guideline.slug])


def guidelines_in_force(*, at: datetime, outbreak: Outbreak | None = None) -> tuple[Published, ...]:
    """The guidelines in force at that moment, each outbreak's own first; without an outbreak, of all that are active.

    Kept for a moment, and each version is parsed once a process, so that the hot path may ask each time.
    """
    key = ("guidelines", outbreak.pk if outbreak else None, at.replace(microsecond=0))
    return for_a_moment(key, lambda: _in_force(at, outbreak))


def _in_force(at: datetime, outbreak: Outbreak | None) -> tuple[Published, ...]:
    wanted = Q(guideline__outbreak=outbreak) if outbreak else Q(guideline__outbreak__in=Outbreak.objects.active(at))
    rows = GuidelineVersion.objects.in_force(at).filter(wanted).select_related("guideline__outbreak")
    in_order = rows.order_by("guideline__outbreak", "-guideline__is_own", "in_force_from", "pk")
    day = timezone.localdate(at)
    return tuple(each for each in map(published, in_order) if not each.guideline.has_ended(day))


def published(row: GuidelineVersion) -> Published:
    """A version's row as the pages use it."""
    living = row.guideline
    return Published(
        guideline=guideline_in(row.text),
        version_id=row.pk,
        number=row.number,
        outbreak_slug=living.outbreak.slug,
        is_own=living.is_own,
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
    )


@lru_cache(maxsize=256)
def guideline_in(text: str) -> Guideline:
    """The guideline that a version's text holds."""
    return read_guideline(text.encode())


def versions_known(outbreak: Outbreak, *, at: datetime) -> QuerySet[GuidelineVersion]:
    """Every version published by that moment, newest first."""
    known = GuidelineVersion.objects.filter(guideline__outbreak=outbreak, in_force_from__lte=at)
    return known.select_related("guideline__outbreak").order_by("-in_force_from", "-pk")


def history_of(guideline: LivingGuideline, *, at: datetime) -> list[GuidelineVersion]:
    """A guideline's versions published by that moment, newest first."""
    return list(versions_known(guideline.outbreak, at=at).filter(guideline=guideline))


@dataclass(frozen=True)
class Checked:
    """What is to be said of a draft's text: the guideline, or the fault that keeps it from being one; what is wrong."""

    guideline: Guideline | None
    error: str = ""
    faults: tuple[Fault, ...] = ()
    failing: tuple[tuple[Vignette, tuple[str, ...]], ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether it cannot be published as it is."""
        return self.guideline is None or bool(self.faults) or bool(self.failing)


@lru_cache(maxsize=64)
def checked(text: str) -> Checked:
    """A text read, looked through for faults, and its own vignettes tried."""
    from firstlight.guidance.rules.checking import check  # the solver is loaded where it is needed

    try:
        guideline = read_guideline(text.encode())
    except GuidelineError as error:
        return Checked(None, str(error))
    return Checked(guideline, "", tuple(check(guideline)), tuple(failing_vignettes(guideline)))


def latest_version(guideline: LivingGuideline) -> GuidelineVersion | None:
    """The version that stands open, whenever it came."""
    return guideline.versions.filter(in_force_until__isnull=True).select_related("guideline__outbreak").first()


def rehearsal_of(draft: Draft, *, at: datetime) -> Rehearsal | None:
    """Whose advice a draft changes: the vignettes of old and new, and what apps know of real forms."""
    new = checked(draft.text).guideline
    if new is None:
        return None
    base = latest_version(draft.guideline)
    old = guideline_in(base.text) if base else None
    return rehearse(old, new, _situations(draft.guideline.outbreak, old, new, at))


def _situations(outbreak: Outbreak, old: Guideline | None, new: Guideline, at: datetime) -> list[Situation]:
    """Each once: those of every guideline in force too, since they ask what others thought of."""
    others = (each.guideline for each in guidelines_in_force(at=at, outbreak=outbreak))
    known = {one.id: one for each in (*others, *([old] if old else []), new) for one in as_situations(each)}
    return [*known.values(), *situations_of(outbreak, at=at)]


def open_doubts(guideline: LivingGuideline, *, at: datetime) -> dict[str, list[Doubt]]:
    """What puts each recommendation under review at that moment, by its id."""
    found: dict[str, list[Doubt]] = {}
    for each in _open(at).filter(guideline=guideline):
        found.setdefault(each.recommendation, []).append(each)
    return found


def _open(at: datetime) -> QuerySet[Doubt]:
    return Doubt.objects.filter(raised_at__lte=at).filter(Q(settled_at__isnull=True) | Q(settled_at__gt=at))


def notices_on(guideline: LivingGuideline, *, at: datetime) -> dict[str, list[Notice]]:
    """The notices issued by that moment that point at each recommendation, by its id; at the whole under ""."""
    key = f"{guideline.outbreak.slug}/{guideline.slug}"
    links = NoticeLink.objects.filter(kind="guideline", notice__in=Notice.objects.issued(at))
    found: dict[str, list[Notice]] = {}
    for link in links.filter(Q(key=key) | Q(key__startswith=f"{key}/")).select_related("notice"):
        found.setdefault(link.key[len(key) + 1 :], []).append(link.notice)
    return found


def open_drafts(outbreak: Outbreak) -> QuerySet[Draft]:
    """What is being written for an outbreak."""
    open_states = (Draft.State.DRAFT, Draft.State.IN_REVIEW)
    found = Draft.objects.filter(guideline__outbreak=outbreak, state__in=open_states)
    return found.select_related("guideline__outbreak", "submitted_by")


# What guidelines tell outbreaks


def count_in_force(outbreak: Outbreak, at: datetime) -> int:
    """How many guidelines an outbreak had at that moment."""
    return len(guidelines_in_force(at=at, outbreak=outbreak))


def first_guideline_at(outbreak: Outbreak, at: datetime) -> datetime | None:
    """When the society's own first guideline was in force."""
    own = GuidelineVersion.objects.filter(guideline__outbreak=outbreak, guideline__is_own=True, in_force_from__lte=at)
    first: datetime | None = own.aggregate(first=Min("in_force_from"))["first"]
    return first


def guideline_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every version that came into force, and every recommendation put under review, up to that moment."""
    for row in versions_known(outbreak, at=at):
        title = row.document
        url = version_url(row)
        kind = _("Guideline") if row.number == 1 else _("Guideline: new version")
        yield News(row.in_force_from, kind, title["title_ko"], title["title_en"], url)
    yield from _doubt_news(outbreak, at)


def _doubt_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Each piece of evidence once, with all that it put under review; papers that only match are no news."""
    doubts = Doubt.objects.filter(guideline__outbreak=outbreak, raised_at__lte=at).exclude(kind=Doubt.Kind.ARRIVED)
    by_evidence: dict[tuple[int, str, str], list[Doubt]] = {}
    for each in doubts.select_related("guideline").order_by("pk"):
        by_evidence.setdefault((each.guideline_id, each.kind, each.key), []).append(each)
    for together in by_evidence.values():
        first = together[0]
        named = ", ".join(each.recommendation for each in together if each.recommendation) or first.guideline.slug
        url = reverse("guideline", args=[outbreak.slug, first.guideline.slug])
        yield News(first.raised_at, _("Under review"), f"{named}: {first.title_ko}", f"{named}: {first.title_en}", url)


def version_url(row: GuidelineVersion) -> str:
    """The address of one version, whatever is in force."""
    return reverse("guideline_version", args=[row.guideline.outbreak.slug, row.guideline.slug, row.number])


def guideline_links(outbreak: Outbreak, at: datetime) -> Iterator[Link]:
    """Each recommendation in force with each paper and case that it rests on."""
    for each in guidelines_in_force(at=at, outbreak=outbreak):
        for recommendation in each.guideline.recommendations:
            thing = recommendation_thing(each, recommendation)
            yield from (Link(thing, _source_thing(source)) for source in recommendation.sources)


def recommendation_thing(each: Published, recommendation: Recommendation) -> Thing:
    """A recommendation as the evidence trail names it."""
    text, short = recommendation.text, each.guideline.short
    return Thing(
        _("Recommendation"),
        f"{recommendation.id} ({short.ko}): {text.ko}",
        f"{recommendation.id} ({short.en}): {text.en}",
        f"{each.url}#{recommendation.id}",
    )


def _source_thing(source: Source) -> Thing:
    if source.case is not None:
        return Thing(_("Case"), source.text, source.text, reverse("case", args=[source.case]))
    return Thing(_("Paper"), source.text, source.text, source.address)


def guidelines_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """Drafts that wait for a second person, one's own that came back, recommendations whose evidence moved."""
    if not isinstance(member, Member):
        return
    if member.has_role(Role.EDITOR):
        yield from _drafts_waiting_for(outbreak, member)
    doubts = _open(at).filter(guideline__outbreak=outbreak, guideline__owner=member).select_related("guideline")
    by_guideline: dict[LivingGuideline, set[str]] = {}
    for each in doubts:
        by_guideline.setdefault(each.guideline, set()).add(each.recommendation)
    for guideline, named in by_guideline.items():
        label = ngettext(
            "%(count)d recommendation is under review", "%(count)d recommendations are under review", len(named)
        )
        url = reverse("guideline", args=[outbreak.slug, guideline.slug])
        yield Task(f"{label % {'count': len(named)}}: {guideline.slug}", url)


def _drafts_waiting_for(outbreak: Outbreak, member: Member) -> Iterator[Task]:
    for draft in open_drafts(outbreak):
        name = draft.guideline.slug
        if draft.state == Draft.State.IN_REVIEW and not draft.was_written_by(member):
            label = _("A guideline waits for review: %(name)s") % {"name": name}
            yield Task(label, reverse("review_guideline", args=[draft.pk]))
        elif draft.returned_because and draft.was_written_by(member):
            label = _("A guideline came back: %(name)s") % {"name": name}
            yield Task(label, reverse("edit_guideline", args=[draft.pk]))


def guidelines_of(outbreak: Outbreak) -> list[str]:
    """What of guidelines keeps an outbreak from being undone, in a sentence."""
    count = GuidelineVersion.objects.filter(guideline__outbreak=outbreak).count()
    sentence = ngettext(
        "%(count)d version of a guideline was published in it.",
        "%(count)d versions of guidelines were published in it.",
        count,
    )
    return [sentence % {"count": count}] if count else []


# What guidelines tell notices and the digest


def find_guidelines(words: str, outbreak: Outbreak | None, at: datetime) -> list[Target]:
    """Guidelines in force and their recommendations whose texts have these words, for a notice to point at."""
    wanted = words.casefold().split()
    targets = (target for each in guidelines_in_force(at=at, outbreak=outbreak) for target in _targets(each))
    fitting = (
        each
        for each in targets
        if all(word in f"{each.key} {each.title_ko} {each.title_en}".casefold() for word in wanted)
    )
    return [each for each, _number in zip(fitting, range(MOST_FOUND), strict=False)]


def _targets(each: Published) -> Iterator[Target]:
    key = f"{each.outbreak_slug}/{each.guideline.slug}"
    yield Target(key, each.guideline.title.ko, each.guideline.title.en, each.url)
    for one in each.guideline.recommendations:
        thing = recommendation_thing(each, one)
        yield Target(f"{key}/{one.id}", thing.title_ko, thing.title_en, thing.url)


def guideline_target(key: str, at: datetime) -> Target | None:
    """The guideline or recommendation of that key, for a notice that points at it."""
    outbreak = Outbreak.objects.filter(slug=key.split("/", maxsplit=1)[0]).first()
    if outbreak is None:
        return None
    targets = (target for each in guidelines_in_force(at=at, outbreak=outbreak) for target in _targets(each))
    return next((each for each in targets if each.key == key), None)


def new_guidelines(since: datetime, until: datetime) -> list[DigestItem]:
    """The versions that came into force between two moments; no replay."""
    rows = GuidelineVersion.objects.filter(in_force_from__gt=since, in_force_from__lte=until)
    rows = rows.exclude(guideline__outbreak__is_replay=True).select_related("guideline__outbreak")
    return [
        DigestItem(
            topic_of(row.guideline.outbreak),
            row.in_force_from,
            row.document["title_ko"],
            row.document["title_en"],
            version_url(row),
        )
        for row in rows
    ]
