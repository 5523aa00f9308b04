"""The index: each paper's folded words in the database's own full-text index, and the words themselves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from firstlight.literature.models import SearchWord
from firstlight.literature.rules.record import PaperRecord
from firstlight.words import composed, fold, is_hangul, letters_of, stem

AT_ONCE = 500
LONGEST_WORD = 60
_WORD = re.compile(r"[가-힣ㄱ-ㅣ]+|[^\W_가-힣ㄱ-ㅣ]+")


@dataclass(frozen=True, slots=True)
class Text:
    """What of a paper is searched, folded: the title with its keywords, the people, all the rest."""

    paper: int
    title: str
    people: str
    body: str

    @property
    def whole(self) -> str:
        """All of it."""
        return f"{self.title}  {self.people}  {self.body}"


def folded(text: str) -> str:
    """The words of a text as they are compared, between single blanks."""
    return " ".join([stem(fold(each)[:LONGEST_WORD]) for each in _WORD.findall(composed(text))])


def text_of(paper: int, record: PaperRecord) -> Text:
    """What of a paper is searched."""
    people = "; ".join(f"{each.given} {each.family}" for each in record.authors)
    names = " ".join(record.identifiers.values())
    body = f"{record.abstract_en} {record.abstract_ko} {record.journal} {record.journal_short} {names}"
    title = f"{record.title} {record.title_ko} {' '.join(record.keywords)}"
    return Text(paper, folded(title), folded(people), folded(body))


def put(texts: Sequence[Text]) -> None:
    """Let these papers be found by these words and no others."""
    forget([each.paper for each in texts])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO literature_search (rowid, title, people, body) VALUES (%s, %s, %s, %s)",
                [(each.paper, each.title, each.people, each.body) for each in texts],
            )
        else:
            cursor.executemany(
                "INSERT INTO literature_search (rowid, words) VALUES (%s, setweight(to_tsvector('simple', %s), 'A')"
                " || setweight(to_tsvector('simple', %s), 'B') || setweight(to_tsvector('simple', %s), 'D'))",
                [(each.paper, each.title, each.people, each.body) for each in texts],
            )
    _keep_words({word for each in texts for word in f"{each.title} {each.people}".split()})


def _keep_words(words: Iterable[str]) -> None:
    """The words that a mistyped one is looked for among; numbers are typed as they are."""
    telling = sorted(each for each in words if len(each) > (1 if is_hangul(each) else 3) and not each.isdecimal())
    rows = [SearchWord(text=each, letters=letters_of(each)[:240]) for each in telling]
    SearchWord.objects.bulk_create(rows, AT_ONCE, ignore_conflicts=True)


def forget(papers: Sequence[int]) -> None:
    """Take papers out of the index."""
    with connection.cursor() as cursor:
        for start in range(0, len(papers), AT_ONCE):
            part = papers[start : start + AT_ONCE]
            places = ", ".join(["%s"] * len(part))
            cursor.execute(f"DELETE FROM literature_search WHERE rowid IN ({places})", part)  # noqa: S608 — only %s
