"""What apps tell the papers when they start: who wants to hear of news, and what rests on a paper."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firstlight.literature.models import Paper, Watch
from firstlight.outbreaks.hooks import Thing


class NewsKind(StrEnum):
    """What happened to a paper."""

    RETRACTED = "retracted"
    CORRECTED = "corrected"
    CONCERN = "concern"
    ARRIVED_MATCHING = "arrived-matching"
    PUBLISHED_FROM_PREPRINT = "published-from-preprint"


@dataclass(frozen=True, slots=True)
class PaperNews:
    """Something that happened to a paper: what, when this site learned of it, and which watch it met, if any.

    `paper` is the one it happened to; for PUBLISHED_FROM_PREPRINT the preprint, with its article in `article`.
    """

    paper: Paper
    kind: NewsKind
    at: datetime
    watch: Watch | None = None
    article: Paper | None = None


Told = Callable[[PaperNews], None]
FindResting = Callable[[Paper, datetime], Iterable[Thing]]
"""(paper, at) -> what rested on it at that moment: cases, notices, recommendations."""

_told: list[Told] = []
_resting: list[FindResting] = []


def register_paper_news(tell: Told) -> None:
    """Let an app hear of every retraction, correction, concern, match and publication, in the transaction it is in."""
    if tell not in _told:
        _told.append(tell)


def tell_paper_news(news: PaperNews) -> None:
    """Tell everyone who asked."""
    for tell in _told:
        tell(news)


def register_resting(find: FindResting) -> None:
    """Let an app say what rests on a paper."""
    if find not in _resting:
        _resting.append(find)


def resting_on(paper: Paper, *, at: datetime) -> list[Thing]:
    """Everything that rested on the paper at that moment."""
    return [each for find in _resting for each in find(paper, at)]
