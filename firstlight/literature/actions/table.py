"""A stretch of records on the table: what is held already that might be theirs, and which paper each belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from firstlight.literature.models import Apart, Identifier, Record
from firstlight.literature.rules.composing import compose
from firstlight.literature.rules.matching import Outline, Verdict, compare, contradict, nearness, outline_of
from firstlight.literature.rules.record import PREPRINT, SCHEMES, PaperRecord, from_json
from firstlight.literature.rules.titles import Blocks, blocks_of, words_of
from firstlight.rows import rows_of

AT_ONCE = 400
LOOKS_LIKE = "looks-like-preprint-of"
# With its scheme, since the index begins with that.
NAMED = Identifier.objects.filter(scheme__in=SCHEMES)


@dataclass(eq=False, slots=True)
class Told:
    """A record as it is kept: its row, what it says, whether an editor said where it belongs."""

    record: PaperRecord
    document: bytes
    pk: int | None = None
    is_pinned: bool = False
    blocks: Blocks = field(init=False)

    def __post_init__(self) -> None:
        self.blocks = blocks_of(words_of(self.record.title))


@dataclass(eq=False, slots=True)
class Held:
    """A paper on the table; one without a `pk` is new."""

    pk: int | None
    told: list[Told]
    is_changed: bool = False
    merged_into: "Held | None" = None
    looks_like: list["Held"] = field(default_factory=list)
    _outline: Outline | None = None
    _whole: PaperRecord | None = None

    @property
    def whole(self) -> PaperRecord:
        """The paper that its records describe."""
        if self._whole is None:
            self._whole = compose([each.record for each in self.told])
        return self._whole

    @property
    def outline(self) -> Outline:
        """As much of it as comparing needs."""
        if self._outline is None:
            self._outline = outline_of(self.whole)
        return self._outline

    @property
    def blocks(self) -> Blocks:
        """The numbers of its title."""
        return next((each.blocks for each in self.told if each.record.title == self.whole.title), self.told[0].blocks)

    def touch(self) -> None:
        """Its records are others now."""
        self.is_changed, self._outline, self._whole = True, None, None


@dataclass(eq=False)
class Table:
    """Papers that are held or new, by every name under which a record may find them."""

    by_pk: dict[int, Held] = field(default_factory=dict)
    by_identifier: dict[tuple[str, str], Held] = field(default_factory=dict)
    by_block: dict[int, list[Held]] = field(default_factory=lambda: defaultdict(list))
    apart: set[frozenset[int]] = field(default_factory=set)

    def put(self, held: Held) -> None:
        """Let later records find this paper."""
        if held.pk is not None:
            self.by_pk[held.pk] = held
        for each in held.told:
            for name in each.record.identifiers.items():
                self.by_identifier.setdefault(name, held)
        blocks = held.blocks
        for block in (blocks.start, blocks.words, blocks.end):
            if held not in self.by_block[block]:
                self.by_block[block].append(held)

    def are_apart(self, one: Held, other: Held) -> bool:
        """Whether an editor said that these are two papers."""
        return one.pk is not None and other.pk is not None and frozenset((one.pk, other.pk)) in self.apart

    def add(self, told: Told) -> Held:
        """The paper this record is of: one that is held, several that it shows to be one, or a new one."""
        fresh = Held(None, [told], is_changed=True)
        owners = list(dict.fromkeys([*self._owners(fresh), *self._lookalikes(fresh)]))
        if not owners:
            self._link(fresh)
            self.put(fresh)
            return fresh
        first = owners[0]
        first.told.append(told)
        first.touch()
        for other in owners[1:]:
            self._unite(first, other)
        self.put(first)
        return first

    def _owners(self, fresh: Held) -> Iterator[Held]:
        """The papers that share an identifier with it, where nothing speaks against that."""
        seen = []
        for name in fresh.whole.identifiers.items():
            held = _last(self.by_identifier.get(name))
            if held is not None and held not in seen:
                seen.append(held)
                if compare(fresh.outline, held.outline) is Verdict.SAME:
                    yield held

    def _lookalikes(self, fresh: Held) -> list[Held]:
        """The papers that look like it, the nearest first."""
        found = [
            held
            for held in self._neighbours(fresh.blocks)
            if not contradict(fresh.whole.identifiers, held.whole.identifiers)
            and not _has_editors_word(held)
            and compare(fresh.outline, held.outline) is Verdict.SAME
        ]
        return sorted(found, key=lambda held: nearness(fresh.outline, held.outline))

    def _neighbours(self, blocks: Blocks) -> list[Held]:
        found: dict[int, Held] = {}
        for block in (blocks.start, blocks.words, blocks.end):
            for each in self.by_block.get(block, ()):
                held = _last(each)
                if held is not None:
                    found[id(held)] = held
        return list(found.values())

    def _link(self, fresh: Held) -> None:
        """Keep that a preprint and an article look like one work."""
        for other in self._neighbours(fresh.blocks):
            if compare(fresh.outline, other.outline) is Verdict.PREPRINT_AND_ARTICLE:
                preprint, article = (fresh, other) if fresh.outline.is_preprint else (other, fresh)
                preprint.looks_like.append(article)

    def _unite(self, first: Held, other: Held) -> None:
        """Put two papers together that a record shows to be one."""
        if self.are_apart(first, other) or compare(first.outline, other.outline) is not Verdict.SAME:
            return
        first.told += other.told
        first.touch()
        other.told, other.merged_into, other.is_changed = [], first, True


def _last(held: Held | None) -> Held | None:
    """The paper that one which was put together with others is now."""
    while held is not None and held.merged_into is not None:
        held = held.merged_into
    return held


def _has_editors_word(held: Held) -> bool:
    """Whether an editor said what belongs to it: nothing is added by its looks alone."""
    return any(each.is_pinned for each in held.told)


def lay_out(told: Sequence[Told], known: Iterable[int]) -> Table:
    """Everything held that these records may belong to, with the papers of these numbers."""
    named = _named([name for each in told for name in each.record.identifiers.items()])
    pks = set(known) | set(named.values()) | set(_worth_reading(told))
    table = Table()
    if pks:
        _load(table, pks)
        for name, pk in named.items():
            table.by_identifier[name] = table.by_pk[pk]
    return table


def _named(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The papers that have these identifiers."""
    wanted = set(names)
    rows = in_parts(NAMED, "value", {value for _scheme, value in names}, "scheme", "value", "paper_id")
    return {(scheme, value): paper for scheme, value, paper in rows if (scheme, value) in wanted}


def _worth_reading(told: Sequence[Told]) -> Iterator[int]:
    """The papers of a like title that could be one of these, or the other of a preprint and its article."""
    numbered = [each for each in told if "pmid" in each.record.identifiers and each.record.state != PREPRINT]
    taken = {id(each) for each in numbered}
    others = [each for each in told if id(each) not in taken]
    yield from _of_like_title(numbered, "AND (pmid = '' OR state = 'preprint')")
    yield from _of_like_title(others, "")


def _of_like_title(told: Sequence[Told], condition: str) -> Iterator[int]:
    for name in ("start", "words", "end"):
        mine: dict[int, list[PaperRecord]] = defaultdict(list)
        for each in told:
            mine[getattr(each.blocks, name)].append(each.record)
        for block, pk, pmid, doi, state in _with_blocks(f"block_{name}", list(mine), condition):
            if any(_could_be(record, pmid, doi, state) for record in mine[block]):
                yield pk


def _with_blocks(column: str, blocks: Sequence[int], condition: str) -> Iterator[tuple[int, int, str, str, str]]:
    """Plain rows; the sign before a column keeps SQLite from reading every paper by that column's index."""
    sql = (
        f"SELECT {column}, id, pmid, doi, state FROM literature_paper"  # noqa: S608 — words of our own
        f" WHERE {column} IN ({{places}}) AND +merged_into_id IS NULL {condition}"
    )
    for start in range(0, len(blocks), AT_ONCE):
        yield from rows_of(sql, blocks[start : start + AT_ONCE])


def _could_be(record: PaperRecord, pmid: str, doi: str, state: str) -> bool:
    identifiers = {name: value for name, value in (("pmid", pmid), ("doi", doi)) if value}
    return (record.state == PREPRINT) != (state == PREPRINT) or not contradict(record.identifiers, identifiers)


def _load(table: Table, pks: set[int]) -> None:
    """Put these papers on the table with all their records."""
    told: dict[int, list[Told]] = defaultdict(list)
    fields = ("pk", "paper_id", "document", "is_pinned")
    for pk, paper, document, is_pinned in in_parts(Record.objects, "paper_id", pks, *fields):
        record = from_json(document)
        told[paper].append(Told(record, record.as_json(), pk, is_pinned))
    for pk in sorted(pks):
        if told[pk]:
            table.put(Held(pk, told[pk]))
    rows = Apart.objects.filter(one__in=pks, other__in=pks).values_list("one_id", "other_id")
    table.apart = {frozenset(pair) for pair in rows}


def in_parts(rows: Any, name: str, values: Iterable[Any], *fields: str) -> Iterator[tuple[Any, ...]]:
    """These fields of the rows that have one of the values, so many values a query."""
    wanted = list(values)
    queryset: QuerySet[Any] = rows.all()
    for start in range(0, len(wanted), AT_ONCE):
        yield from queryset.filter(**{f"{name}__in": wanted[start : start + AT_ONCE]}).values_list(*fields)
