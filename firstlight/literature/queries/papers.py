"""Papers as pages read them: what their records said at a moment, put together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from firstlight.literature.models import Event, Identifier, Paper, Record, RecordVersion, Relation
from firstlight.literature.rules.composing import compose
from firstlight.literature.rules.days import state_on
from firstlight.literature.rules.identifiers import address
from firstlight.literature.rules.record import SCHEMES, PaperRecord, first_public, from_json

AT_ONCE = 400
GRAVITY = ("retracted", "concern", "corrected")
MOST_NAMED = 6


@dataclass(frozen=True)
class Card:
    """A paper as lists and pages show it at a moment."""

    pk: int
    whole: PaperRecord
    state: str
    standing: str
    events: tuple[Event, ...] = ()

    @property
    def title_ko(self) -> str:
        """Its own Korean title where it has one, else its title."""
        return self.whole.title_ko or self.whole.title

    @property
    def title_en(self) -> str:
        """Its title."""
        return self.whole.title

    @property
    def state_name(self) -> str:
        """Ahead of print, preprint, published."""
        return str(Paper.State(self.state).label)

    @property
    def kind_name(self) -> str:
        """Article, review, guideline …"""
        return str(Paper.Kind(self.whole.kind).label)

    @property
    def standing_name(self) -> str:
        """Retracted, corrected …; empty while it stands."""
        return str(Paper.Standing(self.standing).label) if self.standing else ""

    @property
    def is_marked(self) -> bool:
        """Whether a reader has to know something first: that it was retracted, is ahead of print, is no article."""
        return bool(self.standing or self.state != "published" or self.whole.kind != "article")

    @property
    def authors(self) -> str:
        """The first authors, as they are cited."""
        names = [f"{each.family} {initials(each.given)}".strip() for each in self.whole.authors]
        return ", ".join(names[:MOST_NAMED]) + (" et al." if len(names) > MOST_NAMED else "")

    @property
    def place(self) -> str:
        """Journal, year, volume, issue and pages."""
        whole = self.whole
        issue = f"({whole.issue})" if whole.issue else ""
        pages = f":{whole.pages}" if whole.pages else ""
        where = f"{whole.volume}{issue}{pages}" if whole.volume else whole.pages
        told = [whole.journal_short or whole.journal, f"{whole.year or ''}{';' if whole.year and where else ''}{where}"]
        return ". ".join(each for each in told if each)

    @property
    def first_public(self) -> str:
        """The first day it was public, as far as that is known: 2020, 2020-04, 2020-04-21."""
        return first_public(self.whole.dates)

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """Its identifiers: scheme, value and where it is read under it."""
        found = self.whole.identifiers
        return [(scheme, found[scheme], address(scheme, found[scheme])) for scheme in SCHEMES if scheme in found]


def initials(given: str) -> str:
    """S Ho or Soon-Ho as SH."""
    return "".join(part[0] for part in given.replace("-", " ").replace(".", " ").split()).upper()


def records_of(papers: Sequence[int]) -> dict[int, list[PaperRecord]]:
    """What every source says of these papers now."""
    found: dict[int, list[PaperRecord]] = defaultdict(list)
    for start in range(0, len(papers), AT_ONCE):
        rows = Record.objects.filter(paper__in=papers[start : start + AT_ONCE]).order_by("pk")
        for paper, document in rows.values_list("paper_id", "document"):
            found[paper].append(from_json(document))
    return found


def records_at(papers: Sequence[int], at: datetime) -> dict[int, list[PaperRecord]]:
    """What every source had said of these papers by that moment."""
    former: dict[int, dict[str, Any]] = {}
    for start in range(0, len(papers), AT_ONCE):
        versions = RecordVersion.objects.in_force(at).filter(record__paper__in=papers[start : start + AT_ONCE])
        former |= dict(versions.values_list("record_id", "document"))
    found: dict[int, list[PaperRecord]] = defaultdict(list)
    for start in range(0, len(papers), AT_ONCE):
        rows = Record.objects.filter(paper__in=papers[start : start + AT_ONCE], arrived_at__lte=at).order_by("pk")
        for pk, paper, document in rows.values_list("pk", "paper_id", "document"):
            found[paper].append(from_json(former.get(pk, document)))
    return found


def cards(papers: Sequence[int], *, at: datetime) -> dict[int, Card]:
    """These papers as they were known at that moment; one that was not known then is left out."""
    events: dict[int, list[Event]] = defaultdict(list)
    for start in range(0, len(papers), AT_ONCE):
        for event in Event.objects.filter(paper__in=papers[start : start + AT_ONCE], known_at__lte=at):
            events[event.paper_id].append(event)
    day = timezone.localdate(at, timezone.get_default_timezone())
    return {
        pk: _card(pk, compose(records), tuple(events[pk]), day)
        for pk, records in records_at(papers, at).items()
        if records
    }


def _card(pk: int, whole: PaperRecord, events: tuple[Event, ...], day: date) -> Card:
    kinds = {each.kind for each in events}
    standing = next((each for each in GRAVITY if each in kinds), "")
    return Card(pk, whole, state_on(day, whole.state, whole.dates), standing, events)


def card_of(paper: Paper, *, at: datetime) -> Card | None:
    """One paper as it was known at that moment; None when it was not."""
    return cards([paper.pk], at=at).get(paper.pk)


@dataclass(frozen=True)
class Kin:
    """Another paper and what it is to this one; `card` is None for one that this site does not hold."""

    kind: str
    name: str
    url: str
    note: str
    card: Card | None


_TURNED = {
    "retracts": "retracted-by",
    "corrects": "corrected-by",
    "concern-over": "concern-in",
    "preprint-of": "has-preprint",
    "looks-like-preprint-of": "has-preprint",
    "comments-on": "commented-in",
    "retracted-by": "retracts",
    "corrected-by": "corrects",
    "concern-in": "concern-over",
    "has-preprint": "preprint-of",
    "commented-in": "comments-on",
    "version-of": "version-of",
    "republished": "republished",
}


def kin_of(paper: Paper, *, at: datetime) -> list[Kin]:
    """What is known of a paper and others, told by either side, once each."""
    own = list(paper.relations.filter(known_at__lte=at).exclude(value=""))
    names = set(paper.identifiers.values_list("scheme", "value")) | {("paper", str(paper.pk))}
    others = Relation.objects.filter(value__in=[value for _scheme, value in names], known_at__lte=at)
    turned = [each for each in others if (each.scheme, each.value) in names and each.paper_id != paper.pk]
    owners = _owners(own)
    pairs = [(each.kind, owners.get((each.scheme, each.value)), each) for each in own]
    pairs += [(_TURNED[each.kind], each.paper_id, each) for each in turned]
    held = cards(sorted({pk for _kind, pk, _relation in pairs if pk}), at=at)
    return _once(_kin(kind, held.get(pk or 0), relation) for kind, pk, relation in pairs)


def _owners(relations: Iterable[Relation]) -> dict[tuple[str, str], int]:
    wanted = {(each.scheme, each.value) for each in relations}
    rows = Identifier.objects.filter(value__in=[value for _scheme, value in wanted])
    found = {(each.scheme, each.value): each.paper_id for each in rows if (each.scheme, each.value) in wanted}
    return found | {name: int(name[1]) for name in wanted if name[0] == "paper"}


def _kin(kind: str, card: Card | None, relation: Relation) -> Kin:
    url = "" if relation.scheme == "paper" else address(relation.scheme, relation.value)
    name = relation.note or f"{relation.scheme.upper()} {relation.value}"
    return Kin(str(Relation.Kind(kind).label), name, url, relation.note, card)


def _once(found: Iterable[Kin]) -> list[Kin]:
    """Each other paper once under each word; what was said by a source is not guessed as well."""
    kept: dict[tuple[str, object], Kin] = {}
    guessed, said = (str(each.label) for each in (Relation.Kind.LOOKS_LIKE_PREPRINT_OF, Relation.Kind.PREPRINT_OF))
    for each in sorted(found, key=lambda kin: kin.kind == guessed):
        other = each.card.pk if each.card else each.url
        if each.kind != guessed or (said, other) not in kept:
            kept.setdefault((each.kind, other), each)
    return sorted(kept.values(), key=lambda each: each.kind)


def papers_known(at: datetime) -> QuerySet[Paper]:
    """Every paper known by that moment."""
    return Paper.objects.standing_alone().arrived(at)
