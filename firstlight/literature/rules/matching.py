"""Whether two records are of one paper. In doubt they are not: a missed double is a nuisance, a wrong merge a lie."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from firstlight.literature.rules.identifiers import without_version
from firstlight.literature.rules.record import NOTICE, PREPRINT, Author, PaperRecord
from firstlight.literature.rules.titles import counted, fold, is_notice, numbers_in, words_of

MOST_SLIPS = 3
NEARLY_ALIKE = 88.0
UNLIKE = 55.0
TELLING_WORDS = 6
_OTHER_PAPERS = frozenset(
    [
        "protocol",
        "reply",
        "response",
        "comment",
        "commentary",
        "letter",
        "editorial",
        "erratum",
        "correction",
        "corrigendum",
        "supplement",
        "appendix",
        "update",
        "followup",
        "part",
    ]
)
_NOTICE_WORDS = frozenset({"erratum", "errata", "corrigendum", "corrigenda", "correction", "addendum", "retraction"})
_SMALL = frozenset({"a", "an", "and", "the", "of", "in", "on"})
_LETTERS = re.compile(r"[^\W\d_]+")


class Verdict(Enum):
    """What two records are to each other."""

    SAME = "same"
    PREPRINT_AND_ARTICLE = "preprint and article"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Outline:
    """As much of a record as comparing needs."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    kind: str
    families: tuple[str, ...]
    year: int
    volume: str
    first_page: str
    identifiers: Mapping[str, str]

    @property
    def is_notice(self) -> bool:
        """A correction or retraction bears the title of what it corrects, and is another paper."""
        return self.kind == NOTICE

    @property
    def is_preprint(self) -> bool:
        """A preprint and its article are two papers with a link between them."""
        return self.kind == PREPRINT


def outline_of(record: PaperRecord) -> Outline:
    """What comparing needs of a record."""
    words = counted(words_of(record.title))
    kind = NOTICE if record.kind == NOTICE or is_notice(record.title) else record.kind
    return Outline(
        words=tuple(words),
        numbers=tuple(numbers_in(words)),
        kind=PREPRINT if record.state == PREPRINT else kind,
        families=families_of(record.authors),
        year=record.year,
        volume=record.volume.strip().casefold(),
        first_page=re.split(r"[-–—,;]", record.pages.strip().casefold(), maxsplit=1)[0].strip(),
        identifiers=record.identifiers,
    )


def families_of(authors: Sequence[Author]) -> tuple[str, ...]:
    """Family names as they are compared: letters alone, and a name of several words by all of them."""
    return tuple("".join(_LETTERS.findall(fold(each.family))) for each in authors)


def compare(one: Outline, other: Outline) -> Verdict:
    """Whether they are one paper."""
    if one.is_notice != other.is_notice or _differ(one, other, "pmid"):
        return _perhaps_preprint(one, other)
    if one.is_preprint != other.is_preprint:
        return _perhaps_preprint(one, other)
    if _shared(one, other, "pmid"):
        return Verdict.SAME
    if any(_shared(one, other, scheme) for scheme in ("doi", "pmcid", "arxiv")):
        return Verdict.SAME if _may_be_titles_of_one(one, other) else Verdict.DIFFERENT
    if _differ(one, other, "doi") and not _versions_of_one(one, other):
        return Verdict.DIFFERENT
    return Verdict.SAME if _look_the_same(one, other) else Verdict.DIFFERENT


def nearness(one: Outline, other: Outline) -> tuple[int, float]:
    """How near the other is, for choosing among several: years apart, then how unlike the titles are."""
    return abs(one.year - other.year) if one.year and other.year else 1, -_likeness(one, other)


def contradict(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether these identifiers cannot be one paper's, whatever the titles."""
    if one.get("pmid") and other.get("pmid"):
        return one["pmid"] != other["pmid"]
    both = one.get("doi", ""), other.get("doi", "")
    return all(both) and without_version(both[0]) != without_version(both[1])


def _shared(one: Outline, other: Outline, scheme: str) -> bool:
    name = one.identifiers.get(scheme)
    return bool(name) and name == other.identifiers.get(scheme)


def _differ(one: Outline, other: Outline, scheme: str) -> bool:
    names = one.identifiers.get(scheme), other.identifiers.get(scheme)
    return bool(names[0] and names[1]) and names[0] != names[1]


def _versions_of_one(one: Outline, other: Outline) -> bool:
    names = [without_version(each.identifiers.get("doi", "")) for each in (one, other)]
    return one.is_preprint and other.is_preprint and names[0] == names[1]


def _may_be_titles_of_one(one: Outline, other: Outline) -> bool:
    """A shared DOI is believed unless the titles speak against it; a title in another script cannot."""
    if not one.words or not other.words or _scripts(one) != _scripts(other):
        return True
    if one.numbers != other.numbers and one.families[:1] != other.families[:1]:
        return False
    return _likeness(one, other) >= UNLIKE or one.families[:1] == other.families[:1] != ()


def _scripts(outline: Outline) -> bool:
    return any("가" <= each <= "힣" for each in "".join(outline.words))


def _likeness(one: Outline, other: Outline) -> float:
    return fuzz.ratio(" ".join(one.words), " ".join(other.words))


def _perhaps_preprint(one: Outline, other: Outline) -> Verdict:
    """A preprint and an article that tell the same by the same people, at most two years apart."""
    related = (
        one.is_preprint != other.is_preprint
        and not (one.is_notice or other.is_notice)
        and one.numbers == other.numbers
        and _same_people(one, other)
        and abs(one.year - other.year) <= 2
        and _likeness(one, other) >= NEARLY_ALIKE
    )
    return Verdict.PREPRINT_AND_ARTICLE if related else Verdict.DIFFERENT


def _look_the_same(one: Outline, other: Outline) -> bool:
    """By title, people, year and place in the journal, where no identifier decides."""
    if not _fit(one.year, other.year) or not _same_place(one, other):
        return False
    if one.families and other.families and not _same_people(one, other):
        return False
    if _at_one_place(one, other) and _without_subtitle(one, other):
        return True
    if one.numbers != other.numbers or _notices_in(one) != _notices_in(other):
        return False
    return _have_one_title(one, other)


def _have_one_title(one: Outline, other: Outline) -> bool:
    """How alike titles must be depends on what else is known to agree."""
    likeness = _likeness(one, other)
    if _at_one_place(one, other) and likeness >= NEARLY_ALIKE:
        return True
    if one.families and other.families:
        return _say_the_same(one.words, other.words) or (_the_very_people(one, other) and _without_subtitle(one, other))
    return likeness == 100.0 and len(one.words) >= TELLING_WORDS


def _say_the_same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two titles are the same but for a slip in a word or two: nine is not ninety, and men are not women."""
    if "".join(one) == "".join(other):
        return True
    left, right = Counter(one), Counter(other)
    only, others = [*(left - right).elements()], [*(right - left).elements()]
    if len(only) > MOST_SLIPS + len(_SMALL):
        return False
    for word in list(only):
        slipped = next((each for each in others if _slipped(word, each)), None)
        if slipped:
            only.remove(word)
            others.remove(slipped)
    return _SMALL.issuperset(only) and _SMALL.issuperset(others)


def _slipped(one: str, other: str) -> bool:
    """Whether a word is another with two letters swapped; a long one with a letter more, less or wrong as well."""
    if DamerauLevenshtein.distance(one, other, score_cutoff=1) != 1 or not one.isalpha():
        return False
    return sorted(one) == sorted(other) or min(len(one), len(other)) >= 5


def _at_one_place(one: Outline, other: Outline) -> bool:
    """Whether both say the same volume and first page: no two papers begin there, of the same year or so."""
    return bool(one.volume and one.first_page) and (one.volume, one.first_page) == (other.volume, other.first_page)


def _notices_in(outline: Outline) -> int:
    """How often a title says that it is a notice: there are corrections of corrections."""
    return sum(word in _NOTICE_WORDS for word in outline.words) if outline.is_notice else 0


def _without_subtitle(one: Outline, other: Outline) -> bool:
    """Whether one title is the long beginning of the other, and the rest does not say that it is another paper."""
    short, long = sorted((one.words, other.words), key=len)
    rest = long[len(short) :]
    if len(short) < TELLING_WORDS or not rest or _OTHER_PAPERS & set(rest):
        return False
    return _say_the_same(short, long[: len(short)])


def _the_very_people(one: Outline, other: Outline) -> bool:
    """All of the shorter list: of two in one year, of three when it may have been ahead of print."""
    short, long = sorted((one.families, other.families), key=len)
    known, least = set(long), 2 if one.year == other.year else 3
    return len(long) >= least and len(short) >= least - 1 and all(each in known for each in short)


def _fit(one: int, other: int) -> bool:
    """Ahead of print in December, in print in spring: a year apart is no contradiction, an unknown one neither."""
    return not one or not other or abs(one - other) <= 1


def _same_place(one: Outline, other: Outline) -> bool:
    """Where both say volume or page, those must agree: yearly reports share title and people."""
    volumes = one.volume and other.volume and one.volume != other.volume
    pages = one.first_page and other.first_page and one.first_page != other.first_page
    return not volumes and not pages


def _same_people(one: Outline, other: Outline) -> bool:
    """The same first author; a list cut short is a list cut short."""
    if not one.families or not other.families:
        return False
    short, long = sorted((one.families, other.families), key=len)
    if not _same_name(short[0], long[0]):
        return False
    shared = sum(any(_same_name(each, known) for known in long) for each in short)
    return shared >= 0.7 * len(short)


def _same_name(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) >= 4 and fuzz.ratio(one, other) >= 85)
