"""What happened to a paper, in the world and here."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from firstlight.literature.models import Listing, Paper, Record
from firstlight.literature.queries.listing import listed
from firstlight.literature.queries.papers import Card
from firstlight.literature.rules.days import first_day
from firstlight.literature.rules.record import from_json


@dataclass(frozen=True)
class Step:
    """Something that happened to a paper: its day as far as it is known, and what it was."""

    on: date
    written: str
    what: str
    note: str = ""
    is_grave: bool = False


@dataclass(frozen=True)
class Shown:
    """A record as its editors see it."""

    pk: int
    source: str
    key: str
    title: str
    authors: str
    arrived_at: datetime
    is_pinned: bool
    former: int


def history_of(paper: Paper, card: Card, *, at: datetime) -> list[Step]:
    """The paper's own days, what became of it, and when this site learned of it."""
    names = {
        "received": _("Received by the journal"),
        "accepted": _("Accepted"),
        "posted": _("Posted as a preprint"),
        "online": _("Online"),
        "print": _("In print"),
    }
    today = timezone.localdate(at, timezone.get_default_timezone())
    told = {name: text for name, text in card.whole.dates.items() if name in names}
    steps = [Step(day, text, names[name]) for name, text in told.items() if (day := first_day(text)) and day <= today]
    for event in card.events:
        day = event.on or timezone.localdate(event.known_at, timezone.get_default_timezone())
        steps.append(
            Step(day, day.isoformat(), event.get_kind_display(), event.note, is_grave=event.kind != "corrected")
        )
    arrived = timezone.localdate(paper.arrived_at, timezone.get_default_timezone())
    steps.append(Step(arrived, arrived.isoformat(), _("Came to this site")))
    return sorted(steps, key=lambda each: (each.on, each.what))


def listings_of(paper: Paper, *, at: datetime) -> list[Listing]:
    """The outbreaks that listed it at that moment."""
    return list(listed(None, at=at).filter(paper=paper).select_related("outbreak"))


def records_shown(paper: Paper) -> list[Shown]:
    """Every source's word on the paper."""
    return [_shown(each) for each in paper.records.prefetch_related("formers").order_by("pk")]


def _shown(row: Record) -> Shown:
    record = from_json(row.document)
    people = ", ".join(each.family for each in record.authors[:4])
    return Shown(
        row.pk, row.source, row.key, record.title, people, row.arrived_at, row.is_pinned, len(row.formers.all())
    )
