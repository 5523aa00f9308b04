"""Published cases for tests of search: as `publish_case` leaves them, without images."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from firstlight.library.models import Case, CaseVersion
from firstlight.library.queries.cases import document_of, next_number
from firstlight.library.queries.search import Asked, Found, find
from firstlight.library.search.index import put_in_search, take_turn
from firstlight.outbreaks.models import Outbreak
from tests.cast import DAWN, Cast

HOUR = timedelta(hours=1)


def shelved(cast: Cast, *, at: datetime = DAWN, outbreak: Outbreak | None = None, **texts: Any) -> Case:
    """A case in force since that moment."""
    number = texts.pop("number", None) or next_number()
    case = Case.objects.create(
        number=number, outbreak=outbreak, created_by=cast.haneul, created_at=at, state=Case.State.PUBLISHED, **texts
    )
    republished(cast, case, at=at)
    return case


def republished(cast: Cast, case: Case, *, at: datetime, **texts: Any) -> CaseVersion:
    """A further version of it."""
    for name, value in texts.items():
        setattr(case, name, value)
    case.save()
    taken_back(case, at=at)
    version = CaseVersion.objects.create(
        case=case,
        number=case.versions.count() + 1,
        document=asdict(document_of(case)),
        in_force_from=at,
        submitted_by=cast.haneul,
        published_by=cast.bora,
    )
    put_in_search([version], at=at)
    return version


def taken_back(case: Case, *, at: datetime) -> None:
    """What readers see no longer."""
    case.versions.filter(in_force_until__isnull=True).update(in_force_until=at)
    take_turn()


def asked(words: str, *facets: str, at: datetime = DAWN + HOUR, language: str = "en", **how: Any) -> Found:
    """The answer to a question."""
    return find(Asked(words, facets, **how), at=at, language=language)


def numbers(words: str, *facets: str, **how: Any) -> list[int]:
    """The numbers of the cases found, in order."""
    return [row.document.number for row in asked(words, *facets, **how).rows]
