"""What cites a paper, and what papers a thing cites, at any moment."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from firstlight.alerts.models import NoticeLink
from firstlight.literature.models import Citation, Identifier, Paper
from firstlight.literature.queries.papers import Card, cards
from firstlight.outbreaks.hooks import Thing


def citing(paper: Paper, *, kind: str, at: datetime) -> list[str]:
    """The keys of the things of a kind ("case") that cited the paper at that moment."""
    dois = paper.identifiers.filter(scheme="doi").values("value")
    found = Citation.objects.in_force(at).filter(doi__in=dois, thing__startswith=f"{kind}:")
    return sorted({each.partition(":")[2] for each in found.values_list("thing", flat=True)})


def cited_by(thing: str, *, at: datetime) -> list[Card]:
    """The papers held that a thing ("case:12") cited at that moment."""
    dois = Citation.objects.in_force(at).filter(thing=thing).values("doi")
    names = Identifier.objects.filter(scheme="doi", value__in=dois)
    return list(cards(sorted(set(names.values_list("paper_id", flat=True))), at=at).values())


def held_under(dois: Iterable[str]) -> dict[str, Paper]:
    """The papers held under these DOIs."""
    names = Identifier.objects.filter(scheme="doi", value__in=list(dois)).select_related("paper")
    return {each.value: each.paper for each in names}


def notices_pointing_at(paper: Paper, at: datetime) -> Iterator[Thing]:
    """The notices issued by that moment that point at the paper, by its page here or by its DOI."""
    dois = paper.identifiers.filter(scheme="doi").values_list("value", flat=True)
    addresses = Q()
    for each in dois:
        addresses |= Q(kind="address", key__iexact=f"https://doi.org/{each}")
    links = NoticeLink.objects.filter(Q(kind="paper", key=str(paper.pk)) | addresses)
    for link in links.filter(notice__issued_at__lte=at).select_related("notice").order_by("-notice__issued_at"):
        notice = link.notice
        yield Thing(_("Notice"), notice.title_ko, notice.title_en, reverse("notice", args=[notice.number]))
