from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db.models import Min
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from firstlight.alerts.hooks import DigestItem, Target
from firstlight.alerts.models import topic_of
from firstlight.library.models import Case, CaseTag, CaseVersion, Removal
from firstlight.library.queries.cases import CaseCard, published, version_in_force
from firstlight.library.rules import CaseDocument
from firstlight.literature.models import Paper
from firstlight.literature.queries.citing import citing, held_under
from firstlight.outbreaks.hooks import Link, News, Task, Thing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Role


def tags_in_use(outbreak: Outbreak, shown: Sequence[CaseCard]) -> list[tuple[CaseTag, int]]:
    """The outbreak's tags that some of these cases carry, with how many."""
    counts = Counter(tag for card in shown for tag in card.document.tags)
    return [(tag, counts[tag.key]) for tag in outbreak.case_tags.all() if counts[tag.key]]


def cases_of(outbreak: Outbreak) -> list[str]:
    """What of the library hangs on an outbreak, in a sentence."""
    count = Case.objects.filter(outbreak=outbreak).count()
    return (
        [ngettext("%(count)d case belongs to it.", "%(count)d cases belong to it.", count) % {"count": count}]
        if count
        else []
    )


def case_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every publication of a case up to that moment, new ones, corrections and retractions."""
    for version in CaseVersion.objects.filter(case__outbreak=outbreak, in_force_from__lte=at).select_related("case"):
        words = version.document
        url = reverse("case", args=[version.case.number])
        yield News(version.in_force_from, _news_kind(version), words["title_ko"], words["title_en"], url)
    for removal in Removal.objects.filter(case__outbreak=outbreak, removed_at__lte=at).select_related("case"):
        url = reverse("case_versions", args=[removal.case.number])
        kind = _("Case retracted") if removal.kind == Removal.Kind.RETRACTED else _("Case withdrawn")
        number = removal.case.number
        yield News(removal.removed_at, kind, f"증례 {number}", f"Case {number}", url)


def _news_kind(version: CaseVersion) -> str | Promise:
    if version.number == 1:
        return _("Case")
    return version.get_kind_display() if version.is_correction else _("New version of a case")


def first_case_at(outbreak: Outbreak, at: datetime) -> datetime | None:
    """When the first teaching case was shown to readers."""
    versions = CaseVersion.objects.filter(case__outbreak=outbreak, in_force_from__lte=at)
    first: datetime | None = versions.aggregate(first=Min("in_force_from"))["first"]
    return first


def cases_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """Cases in review that this editor may publish."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        return
    waiting = Case.objects.filter(outbreak=outbreak, state=Case.State.IN_REVIEW).exclude(authorships__member=member)
    for case in waiting.order_by("submitted_at"):
        label = _("Review case %(number)d") % {"number": case.number}
        yield Task(label, reverse("preview_case", args=[case.number]))


def case_links(outbreak: Outbreak, at: datetime) -> Iterator[Link]:
    """Each case in force with each reference it cites."""
    documents = [CaseDocument.from_json(version.document) for version in published(at, outbreak=outbreak)]
    held = held_under({each.doi.lower() for document in documents for each in document.reference_list if each.doi})
    for document in documents:
        case = Thing(_("Case"), document.title_ko, document.title_en, reverse("case", args=[document.number]))
        for reference in document.reference_list:
            paper = held.get(reference.doi.lower())
            url = f"https://doi.org/{reference.doi}" if reference.doi else ""
            if paper is not None and paper.arrived_at <= at:
                url = reverse("paper", args=[paper.pk])
            yield Link(case, Thing(_("Paper"), reference.text, reference.text, url))


def cases_resting_on(paper: Paper, at: datetime) -> Iterator[Thing]:
    """The cases whose version in force at that moment cites the paper."""
    numbers = [int(each) for each in citing(paper, kind="case", at=at)]
    for version in published(at).filter(case__number__in=numbers):
        words = version.document
        yield Thing(_("Case"), words["title_ko"], words["title_en"], reverse("case", args=[version.case.number]))


def find_cases(words: str, outbreak: Outbreak | None, at: datetime, *, limit: int = 12) -> list[Target]:
    """Published cases whose number or title has these words, for a notice to point at."""
    found = (_target(each) for each in published(at, outbreak=outbreak))
    wanted = words.casefold().split()
    fitting = (
        each
        for each in found
        if all(word in f"{each.key} {each.title_ko} {each.title_en}".casefold() for word in wanted)
    )
    return list(islice(fitting, limit))


def case_target(key: str, at: datetime) -> Target | None:
    """The published case of that number, for a notice that points at it."""
    version = version_in_force(int(key), at=at) if key.isdecimal() else None
    return _target(version) if version else None


def _target(version: CaseVersion) -> Target:
    number, words = version.case.number, version.document
    return Target(str(number), words["title_ko"], words["title_en"], reverse("case", args=[number]))


def new_cases(since: datetime, until: datetime) -> list[DigestItem]:
    """The cases first shown to readers between two moments and still shown at the second; no replay."""
    firsts = CaseVersion.objects.filter(number=1, in_force_from__gt=since, in_force_from__lte=until)
    shown = published(until).filter(case__in=firsts.values("case")).exclude(case__outbreak__is_replay=True)
    began = dict(firsts.values_list("case", "in_force_from"))
    return [
        DigestItem(
            topic_of(each.case.outbreak),
            began[each.case_id],
            each.document["title_ko"],
            each.document["title_en"],
            reverse("case", args=[each.case.number]),
        )
        for each in shown
    ]
