"""Take records in: each to its paper, nothing twice, and what became of papers told to whoever asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection, transaction

from firstlight.literature.actions.becoming import tell_what_became
from firstlight.literature.actions.rows import insert, next_keys
from firstlight.literature.actions.table import LOOKS_LIKE, Held, Table, Told, in_parts, lay_out
from firstlight.literature.models import (
    LONGEST_IDENTIFIER,
    Identifier,
    Listing,
    Match,
    Paper,
    Record,
    RecordVersion,
    Relation,
)
from firstlight.literature.rules import days
from firstlight.literature.rules.record import PaperRecord, digest_of, first_public

_COLUMNS = (
    "title", "kind", "state", "journal", "published_on", "printed_on", "doi", "pmid",
    "block_start", "block_words", "block_end",
)  # fmt: skip
_LOCK = 0x6C697465  # one process at a time decides what is one paper


@dataclass(slots=True)
class Counts:
    """What came of a stretch of records."""

    new: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    merged: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a stretch, and the papers that its records belong to."""

    counts: Counts
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A record's row as it was before."""

    pk: int
    digest: bytes
    paper: int


@transaction.atomic
def take_in(records: Sequence[PaperRecord], *, at: datetime) -> Taken:
    """Take these records in: what is held already stays as it is."""
    _take_turn()
    told = {(each.source, each.key): Told(each, each.as_json()) for each in records}
    known = _known(told)
    papers = {row.paper for row in known.values()}
    news = {name: each for name, each in told.items() if not _is_same(each, known.get(name))}
    counts = Counts(unchanged=len(told) - len(news))
    if not news:
        return Taken(counts, tuple(sorted(papers)))
    table = lay_out(list(news.values()), {known[name].paper for name in news if name in known})
    former: dict[int, Told] = {}
    touched: list[Held] = []
    for name, each in news.items():
        if row := known.get(name):
            held = table.by_pk[row.paper]
            former[row.pk] = _replace(held, each, row)
            counts.changed += 1
        else:
            held = table.add(each)
            counts.added += 1
        touched.append(held)
    changed = _changed(table, touched)
    counts.new = sum(1 for each in changed if each.pk is None)
    counts.merged = sum(1 for each in changed if each.merged_into)
    _write(changed, former, at=at)
    return Taken(counts, tuple(sorted(papers | {each.pk for each in changed if each.pk and not each.merged_into})))


def _take_turn() -> None:
    """SQLite lets one writer in anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _known(told: Mapping[tuple[str, str], Told]) -> dict[tuple[str, str], _Row]:
    found: dict[tuple[str, str], _Row] = {}
    for source in {source for source, _key in told}:
        keys = [key for each, key in told if each == source]
        rows = in_parts(Record.objects.filter(source=source), "key", keys, "key", "pk", "digest", "paper_id")
        found |= {(source, key): _Row(pk, bytes(digest), paper) for key, pk, digest, paper in rows}
    return found


def _is_same(told: Told, row: _Row | None) -> bool:
    return row is not None and row.digest == digest_of(told.document)


def _replace(held: Held, told: Told, row: _Row) -> Told:
    """Put what a record says now in the place of what it said, which is given back."""
    place = next(place for place, each in enumerate(held.told) if each.pk == row.pk)
    before = held.told[place]
    held.told[place] = Told(told.record, told.document, row.pk, before.is_pinned)
    held.touch()
    return before


def _changed(table: Table, touched: Iterable[Held]) -> list[Held]:
    """Every paper to be written, once, in the order in which its records came."""
    every = [*touched, *table.by_pk.values()]
    return [each for each in {id(held): held for held in every}.values() if each.is_changed or each.looks_like]


def _write(changed: Sequence[Held], former: Mapping[int, Told], *, at: datetime) -> None:
    stands = [each for each in changed if each.merged_into is None]
    _write_papers(stands, at=at)
    merged = [each for each in changed if each.merged_into]
    _write_records(stands, former, at=at)
    for each in merged:
        _retire(each, at=at)
    _write_identifiers(stands)
    _write_relations(stands, at=at)
    tell_what_became([each.pk for each in stands if each.pk], at=at)


def _write_papers(stands: Sequence[Held], *, at: datetime) -> None:
    new = [each for each in stands if each.pk is None]
    for held in stands:
        if held.pk is not None and held.is_changed:
            Paper.objects.filter(pk=held.pk).update(**columns(held), is_indexed=False, changed_at=at)
    rows = []
    for held, pk in zip(new, next_keys(Paper, len(new)), strict=True):
        held.pk = pk
        rows.append((pk, *columns(held).values(), "", False, at, at))
    insert(Paper, ("id", *_COLUMNS, "standing", "is_indexed", "arrived_at", "changed_at"), rows)


def columns(held: Held) -> dict[str, Any]:
    """A paper's own columns, in the order of `_COLUMNS`."""
    whole, blocks = held.whole, held.blocks
    names = whole.identifiers
    values = (
        whole.title,
        whole.kind,
        whole.state,
        (whole.journal_short or whole.journal)[:300],
        _day(first_public(whole.dates)),
        _day(whole.dates.get("print", "")),
        names.get("doi", "")[:LONGEST_IDENTIFIER],
        names.get("pmid", ""),
        blocks.start,
        blocks.words,
        blocks.end,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _day(text: str) -> date | None:
    return days.first_day(text)


def _write_records(stands: Sequence[Held], former: Mapping[int, Told], *, at: datetime) -> None:
    new, versions = [], []
    for held in stands:
        for told in held.told:
            if told.pk is None:
                new.append(_row(told, held, at))
            elif told.pk in former:
                versions.append((told, former[told.pk]))
            elif held.is_changed:
                Record.objects.filter(pk=told.pk).exclude(paper=held.pk).update(paper=held.pk)
    insert(Record, ("paper_id", "source", "key", "digest", "document", "is_pinned", "arrived_at"), new)
    for told, before in versions:
        _keep_former(told, before, at=at)


def _row(told: Told, held: Held, at: datetime) -> tuple[Any, ...]:
    key, digest = told.record.key, digest_of(told.document)
    return held.pk, told.record.source, key, digest, told.document.decode(), False, at


def _keep_former(told: Told, before: Told, *, at: datetime) -> None:
    """What a source said until now stays as it was."""
    row = Record.objects.get(source=told.record.source, key=told.record.key)
    last = row.formers.order_by("-number").first()
    began = last.in_force_until if last and last.in_force_until else row.arrived_at
    if began < at:
        RecordVersion.objects.create(
            record=row,
            number=last.number + 1 if last else 1,
            document=orjson.loads(before.document),
            in_force_from=began,
            in_force_until=at,
        )
    row.digest, row.document = digest_of(told.document), orjson.loads(told.document)
    row.save(update_fields=["digest", "document"])


def _retire(held: Held, *, at: datetime) -> None:
    """Let a paper that was another lead there, with all that hung on it."""
    into = held.merged_into
    while into is not None and into.merged_into is not None:
        into = into.merged_into
    if held.pk is None or into is None or into.pk is None:
        return
    Identifier.objects.filter(paper=held.pk).update(paper=into.pk)
    Relation.objects.filter(paper=held.pk).delete()
    for model in (Listing, Match):
        field = "outbreak" if model is Listing else "watch"
        there = model.objects.filter(paper=into.pk).values(field)
        own = model.objects.filter(paper=held.pk)
        own.exclude(**{f"{field}__in": there}).update(paper=into.pk)
    Paper.objects.filter(pk=held.pk).update(merged_into=into.pk, changed_at=at, is_indexed=False)
    Paper.objects.filter(merged_into=held.pk).update(merged_into=into.pk)


def _write_identifiers(stands: Sequence[Held]) -> None:
    rows = [
        (held.pk, scheme, value[:LONGEST_IDENTIFIER])
        for held in stands
        if held.is_changed
        for scheme, value in {name for told in held.told for name in told.record.identifiers.items()}
    ]
    insert(Identifier, ("paper_id", "scheme", "value"), rows)


def _write_relations(stands: Sequence[Held], *, at: datetime) -> None:
    rows = [(held.pk, *each, at) for held in stands if held.is_changed for each in _said(held)]
    for held in stands:
        rows += [(held.pk, LOOKS_LIKE, *_best_name(each), "", None, at) for each in held.looks_like]
    insert(Relation, ("paper_id", "kind", "scheme", "value", "note", '"on"', "known_at"), rows)


def _said(held: Held) -> list[tuple[str, str, str, str, date | None]]:
    return [
        (r.kind, r.scheme, r.value[:LONGEST_IDENTIFIER], r.note[:300], _whole_day(r.on)) for r in held.whole.relations
    ]


def _whole_day(text: str) -> date | None:
    """A day that is known as a day; a month is none."""
    return _day(text) if text.count("-") == 2 else None


def _best_name(held: Held) -> tuple[str, str]:
    """How a paper is called best; one that has no name is called by its number here."""
    names = held.whole.identifiers
    return next(((scheme, names[scheme]) for scheme in ("doi", "pmid") if scheme in names), ("paper", str(held.pk)))
