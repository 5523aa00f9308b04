"""Which papers meet a question: those with it in their titles first, then the newest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from firstlight.literature.models import SearchWord
from firstlight.literature.search.asking import Clause, clauses_of
from firstlight.web.keeping import for_a_moment
from firstlight.words import fold, is_hangul, letters_of, typed_in_hangul

MOST_WAYS = 40
FEW = 3
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The papers that meet a question, the best first, and what was read otherwise than it was typed."""

    papers: list[int]
    read_as: dict[str, list[str]]


@dataclass(frozen=True)
class _Lexicon:
    words: tuple[str, ...]
    letters: tuple[str, ...]


def find(text: str, *, among: Iterable[int] | None = None) -> Found | None:
    """Every paper that has all that was asked for; None when nothing was."""
    clauses = clauses_of(text)
    if not any(not each.is_excluded for each in clauses):
        return None
    ways = [_ways(each) for each in clauses]
    papers = _search(clauses, ways)
    read_as: dict[str, list[str]] = {}
    if len(papers) < FEW:
        slips = [_slips(each) if not each.is_exact and not each.is_excluded else () for each in clauses]
        wider = [(*way, *slip) for way, slip in zip(ways, slips, strict=True)]
        more = _search(clauses, wider) if wider != ways else papers
        if len(more) > len(papers):
            read_as = {c.raw: [" ".join(p) for p in slip] for c, slip in zip(clauses, slips, strict=True) if slip}
            papers = [*papers, *(each for each in more if each not in set(papers))]
    wanted = None if among is None else set(among)
    return Found([each for each in papers if wanted is None or each in wanted], read_as)


def _ways(clause: Clause) -> tuple[Phrase, ...]:
    """All that a clause may be met by: its own words, and for hangul the compounds they are part of."""
    ways = list(clause.phrases)
    if not clause.is_exact:
        for words in clause.phrases:
            if len(words) == 1 and len(words[0]) > 1 and is_hangul(words[0]):
                ways += [(each,) for each in _lexicon().words if words[0] in each and each != words[0]][:MOST_WAYS]
    return tuple(dict.fromkeys(ways))


def _slips(clause: Clause) -> tuple[Phrase, ...]:
    """Words that differ by a slip of the finger or two, or that were typed with the keyboard left in English."""
    found: list[Phrase] = []
    for words in clause.phrases:
        if len(words) == 1:
            typed = {words[0], fold(clause.raw)} if len(clause.phrases) == 1 else {words[0]}
            found += [(each,) for word in sorted(typed) for each in _near(letters_of(word))]
            if hangul := typed_in_hangul(clause.raw):
                found += [(each,) for each in _near(hangul, exact=True)]
    return tuple(dict.fromkeys(found))


def _near(letters: str, *, exact: bool = False) -> list[str]:
    lexicon = _lexicon()
    slips = 0 if exact or len(letters) < 4 else 1 if len(letters) < 8 else 2
    if not slips and not exact:
        return []
    near = process.extract(
        letters, lexicon.letters, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=MOST_WAYS
    )
    return [lexicon.words[place] for _letters, _distance, place in near]


def _lexicon() -> _Lexicon:
    return _read_lexicon(for_a_moment("literature words", SearchWord.objects.count))


@lru_cache(maxsize=1)
def _read_lexicon(_count: int) -> _Lexicon:
    rows = list(SearchWord.objects.order_by("text").values_list("text", "letters"))
    words, letters = zip(*rows, strict=True) if rows else ((), ())
    return _Lexicon(words, letters)


def _search(clauses: Sequence[Clause], ways: Sequence[tuple[Phrase, ...]]) -> list[int]:
    find_in = _in_sqlite if connection.vendor == "sqlite" else _in_postgresql
    wanted = [way for clause, way in zip(clauses, ways, strict=True) if not clause.is_excluded]
    unwanted = [way for clause, way in zip(clauses, ways, strict=True) if clause.is_excluded]
    return find_in(wanted, unwanted)


_ORDER = "ORDER BY in_title DESC, p.published_on IS NULL, p.published_on DESC, p.id DESC"
_SQLITE = f"""
SELECT p.id, p.id IN (SELECT rowid FROM literature_search WHERE literature_search MATCH %s) AS in_title
FROM literature_search s JOIN literature_paper p ON p.id = s.rowid
WHERE s.literature_search MATCH %s AND p.merged_into_id IS NULL {_ORDER}
"""  # noqa: S608 — a constant
_POSTGRESQL = f"""
SELECT p.id, s.words @@ to_tsquery('simple', %s) AS in_title
FROM literature_search s JOIN literature_paper p ON p.id = s.rowid
WHERE s.words @@ to_tsquery('simple', %s) AND p.merged_into_id IS NULL {_ORDER}
"""  # noqa: S608 — a constant


def _in_sqlite(wanted: Sequence[Sequence[Phrase]], unwanted: Sequence[Sequence[Phrase]]) -> list[int]:
    """FTS5 reads "a b" as a phrase; what is asked for is words of letters and digits alone."""
    question = " AND ".join(f"({' OR '.join(_quoted(each) for each in ways)})" for ways in wanted)
    without = " OR ".join(_quoted(each) for ways in unwanted for each in ways)
    whole = f"({question}) NOT ({without})" if without else question
    return _ids(_SQLITE, f"title : ({question})", whole)


def _quoted(phrase: Phrase) -> str:
    return '"' + " ".join(phrase).replace('"', "") + '"'


def _in_postgresql(wanted: Sequence[Sequence[Phrase]], unwanted: Sequence[Sequence[Phrase]]) -> list[int]:
    question = " & ".join(f"({' | '.join(_followed(each) for each in ways)})" for ways in wanted)
    in_title = " & ".join(f"({' | '.join(_followed(each, ':A') for each in ways)})" for ways in wanted)
    without = " | ".join(_followed(each) for ways in unwanted for each in ways)
    return _ids(_POSTGRESQL, in_title, f"({question}) & !({without})" if without else question)


def _followed(phrase: Phrase, weight: str = "") -> str:
    return "(" + " <-> ".join(f"'{each.replace(chr(39), '')}'{weight}" for each in phrase) + ")"


def _ids(sql: str, *parameters: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]
