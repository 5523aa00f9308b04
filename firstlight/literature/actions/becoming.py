"""What became of papers: corrected, doubted, retracted, or published after a preprint; told once, when learned."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from firstlight.literature.actions.table import NAMED, in_parts
from firstlight.literature.hooks import NewsKind, PaperNews, tell_paper_news
from firstlight.literature.models import Event, Identifier, Paper, Relation
from firstlight.literature.rules.record import SCHEMES

_PASSIVE = {"retracted-by": "retracted", "corrected-by": "corrected", "concern-in": "concern"}
_ACTIVE = {"retracts": "retracted", "corrects": "corrected", "concern-over": "concern"}
_FROM_PREPRINT = {"preprint-of": True, "looks-like-preprint-of": True, "has-preprint": False}
_GRAVITY = ("corrected", "concern", "retracted")
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Said:
    """That something became of a paper, and by which notice."""

    paper: int
    kind: str
    notice: Name
    note: str
    on: date | None


def tell_what_became(papers: Sequence[int], *, at: datetime) -> None:
    """Keep and tell what the relations of these papers, and of others to them, say became of anything."""
    own, others = _own_relations(papers), _relations_to(papers)
    if not own and not others:
        return
    names = _owners([(each.scheme, each.value) for each in own])
    said = [*_passive(own), *_active([*own, *others], names | _names_of(papers))]
    fresh = list(_fresh(said, at))
    Event.objects.bulk_create(fresh)
    _set_standing({each.paper_id for each in fresh})
    _tell(fresh, at)
    _tell_publications([*own, *others], names | _names_of(papers), at)


def _own_relations(papers: Sequence[int]) -> list[Relation]:
    found: list[Relation] = []
    for start in range(0, len(papers), 400):
        found += Relation.objects.filter(paper__in=papers[start : start + 400])
    return found


def _relations_to(papers: Sequence[int]) -> list[Relation]:
    """What others say about these papers."""
    names = _names_of(papers)
    values = sorted({value for _scheme, value in names})
    found: list[Relation] = []
    for start in range(0, len(values), 400):
        rows = Relation.objects.filter(scheme__in=(*SCHEMES, "paper"), value__in=values[start : start + 400])
        found += [each for each in rows if (each.scheme, each.value) in names]
    return found


def _names_of(papers: Iterable[int]) -> dict[Name, int]:
    rows = in_parts(Identifier.objects, "paper_id", papers, "scheme", "value", "paper_id")
    return {(scheme, value): paper for scheme, value, paper in rows}


def _owners(names: Sequence[Name]) -> dict[Name, int]:
    """Which paper each of these names is one of, where it is held."""
    wanted = set(names)
    rows = in_parts(NAMED, "value", {value for _s, value in wanted if value}, "scheme", "value", "paper_id")
    found = {(scheme, value): paper for scheme, value, paper in rows if (scheme, value) in wanted}
    return found | {name: int(name[1]) for name in wanted if name[0] == "paper"}


def _passive(relations: Iterable[Relation]) -> Iterator[_Said]:
    for each in relations:
        if kind := _PASSIVE.get(each.kind):
            yield _Said(each.paper_id, kind, (each.scheme, each.value), each.note, each.on)


def _active(relations: Iterable[Relation], owners: dict[Name, int]) -> Iterator[_Said]:
    """A notice's own word on what it corrects or retracts."""
    firsts = _first_names({each.paper_id for each in relations if each.kind in _ACTIVE})
    for each in relations:
        kind, paper = _ACTIVE.get(each.kind), owners.get((each.scheme, each.value))
        if kind and paper and paper != each.paper_id:
            yield _Said(paper, kind, firsts.get(each.paper_id, ("paper", str(each.paper_id))), "", each.on)


def _first_names(papers: Iterable[int]) -> dict[int, Name]:
    """One name of each of these papers, the DOI where there is one."""
    found: dict[int, Name] = {}
    for scheme, value, paper in sorted(in_parts(Identifier.objects, "paper_id", papers, "scheme", "value", "paper_id")):
        found.setdefault(paper, (scheme, value))
    return found


def _fresh(said: Sequence[_Said], at: datetime) -> Iterator[Event]:
    """What is not known yet; one retraction is one, however many sources tell of it and by whatever name."""
    papers = {each.paper for each in said}
    notices = _owners([each.notice for each in said])
    known: dict[tuple[int, str], set[Name]] = defaultdict(set)
    for paper, kind, notice in in_parts(Event.objects, "paper_id", papers, "paper_id", "kind", "notice"):
        scheme, _colon, value = notice.partition(":")
        known[paper, kind].add((scheme, value))
    notices |= _owners([name for names in known.values() for name in names])
    for each in said:
        there = known[each.paper, each.kind]
        if there and (each.kind != "corrected" or _is_among(each.notice, there, notices)):
            continue
        there.add(each.notice)
        scheme, value = each.notice
        name = f"{scheme}:{value}" if value else ""
        yield Event(paper_id=each.paper, kind=each.kind, notice=name, note=each.note, on=each.on, known_at=at)


def _is_among(notice: Name, there: set[Name], owners: dict[Name, int]) -> bool:
    if not notice[1] or notice in there:
        return True
    paper = owners.get(notice)
    return paper is not None and any(owners.get(each) == paper for each in there)


def _set_standing(papers: set[int]) -> None:
    """The gravest that is known of each."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for paper, kind in in_parts(Event.objects, "paper_id", papers, "paper_id", "kind"):
        kinds[paper].add(kind)
    for kind in _GRAVITY:
        having = [paper for paper, every in kinds.items() if max(every, key=_GRAVITY.index) == kind]
        if having:
            Paper.objects.filter(pk__in=having).update(standing=kind)


def _tell(events: Sequence[Event], at: datetime) -> None:
    papers = Paper.objects.in_bulk({each.paper_id for each in events}) if events else {}
    for each in events:
        tell_paper_news(PaperNews(papers[each.paper_id], NewsKind(each.kind), at))


def _tell_publications(relations: Sequence[Relation], owners: dict[Name, int], at: datetime) -> None:
    """A preprint whose article is held now, once: when the second of the two came or the link between them."""
    pairs = set()
    for each in relations:
        forward, other = _FROM_PREPRINT.get(each.kind), owners.get((each.scheme, each.value))
        if forward is not None and other and other != each.paper_id:
            pairs.add((each.paper_id, other) if forward else (other, each.paper_id))
    papers = Paper.objects.in_bulk({paper for pair in pairs for paper in pair}) if pairs else {}
    for preprint, article in sorted(pairs):
        _tell_publication(papers[preprint], papers[article], at)


def _tell_publication(preprint: Paper, article: Paper, at: datetime) -> None:
    _link, is_new = Relation.objects.get_or_create(
        paper=preprint, kind=Relation.Kind.PREPRINT_OF, scheme="paper", value=str(article.pk), defaults={"known_at": at}
    )
    if is_new:
        tell_paper_news(PaperNews(preprint, NewsKind.PUBLISHED_FROM_PREPRINT, at, article=article))


def set_standing_anew(papers: Sequence[int], *, at: datetime) -> None:
    """What papers that were taken apart or put together are held to be now, by their own records and others' words."""
    relations = _own_relations(papers)
    told = {(each.paper, each.kind) for each in _passive(relations)}
    owners = _names_of(papers)
    told |= {(each.paper, each.kind) for each in _active(_relations_to(papers), owners)}
    for event in Event.objects.filter(paper__in=papers):
        if (event.paper_id, event.kind) not in told:
            event.delete()
    Paper.objects.filter(pk__in=papers).update(standing="")
    _set_standing(set(papers))
    tell_what_became(papers, at=at)
