"""One paper from what several sources say of it: each thing from the source that knows it best."""

from collections.abc import Sequence
from dataclasses import replace

from firstlight.literature.rules.record import AHEAD, PREPRINT, PUBLISHED, Author, PaperRecord

# Whose word counts where several speak: the index that people correct, then the registry, then files of any origin.
_RANK = {name: place for place, name in enumerate(("pubmed", "crossref", "medrxiv", "csl", "ris", "bibtex"))}
_TEXTS = ("title_ko", "language", "journal", "journal_short", "volume", "issue", "pages", "licence", "version",
          "abstract_en", "abstract_ko")  # fmt: skip


def compose(records: Sequence[PaperRecord]) -> PaperRecord:
    """The paper that these records describe; there is one at least."""
    ranked = sorted(records, key=_rank)
    best = ranked[0]
    if len(ranked) == 1:
        return best
    texts = {name: next((text for each in ranked if (text := getattr(each, name))), "") for name in _TEXTS}
    return replace(
        best,
        **texts,
        title=next((each.title for each in ranked if each.title), ""),
        kind=_kind(ranked),
        state=_state(ranked),
        authors=_authors(ranked),
        keywords=tuple(dict.fromkeys(word for each in ranked for word in each.keywords)),
        dates=_first_said([dict(each.dates) for each in ranked]),
        identifiers=_first_said([dict(each.identifiers) for each in ranked]),
        relations=tuple(dict.fromkeys(relation for each in ranked for relation in each.relations)),
    )


def _rank(record: PaperRecord) -> tuple[int, int, str]:
    """Of one source the latest version of a preprint comes first."""
    version = int(record.version) if record.version.isdecimal() else 0
    return _RANK.get(record.source, len(_RANK)), -version, record.key


def _kind(records: Sequence[PaperRecord]) -> str:
    """The first source that says more than that it is an article."""
    told = [each.kind for each in records]
    return next((kind for kind in told if kind not in {"article", "other"}), told[0])


def _state(records: Sequence[PaperRecord]) -> str:
    """The furthest that any source knows of."""
    order = {PREPRINT: 0, AHEAD: 1, PUBLISHED: 2}
    # A list of references says "journal article" of anything; only where nobody better speaks is that a state.
    telling = [each for each in records if each.source in {"pubmed", "crossref", "medrxiv"}] or list(records)
    return max((each.state for each in telling), key=lambda state: order[state])


def _authors(records: Sequence[PaperRecord]) -> Sequence[Author]:
    """The best source's authors, unless it cut the list short."""
    longest = max(records, key=lambda each: len(each.authors))
    first = next((each for each in records if each.authors), longest)
    return longest.authors if len(longest.authors) > 2 * len(first.authors) else first.authors


def _first_said(told: Sequence[dict[str, str]]) -> dict[str, str]:
    """For each name the fullest of what the best sources say; a day beats the month it lies in."""
    found: dict[str, str] = {}
    for each in told:
        for name, value in each.items():
            known = found.get(name, "")
            if value and (not known or (value.startswith(known) and len(value) > len(known) and "-" in value)):
                found[name] = value
    return found
