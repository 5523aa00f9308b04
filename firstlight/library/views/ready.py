"""The parts of a case's page that are the same for every reader, made before anyone asks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.cache import caches
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from firstlight.library.models import Case, CaseVersion, ReadyPage
from firstlight.library.queries.cases import published
from firstlight.library.queries.history import corrections_of
from firstlight.library.queries.standing import Standing, packed, standings
from firstlight.library.queries.viewer import Images, images_of, poster_address, studies_with_receipt, viewer_series
from firstlight.library.rules import LANGUAGES, CaseDocument, with_links
from firstlight.library.views.metadata import page_metadata

PIECES = ("title", "description", "head", "corrections", "opening", "labels", "reading", "answer", "share", "footing")
SHOWN_WITH = ("case__outbreak", "submitted_by", "published_by")
A_DAY = 24 * 3600
AT_ONCE, MOST_AT_A_TIME = 100, 2000
Pieces = Mapping[str, str]


def ready_pieces(standing: Standing, *, at: datetime) -> dict[str, SafeString]:
    """The pieces of a page: kept in the database, else by this process since it was last asked, else made now."""
    if standing.ready is not None:
        return _as_safe(standing.ready)
    key = f"case-page:{standing.key}"
    kept: Pieces | None = caches["fragments"].get(key)
    if kept is None:
        version = CaseVersion.objects.select_related(*SHOWN_WITH).get(pk=standing.version)
        kept = version_pieces(version, at=at)
        caches["fragments"].set(key, kept, A_DAY)
    return _as_safe(kept)


def version_pieces(version: CaseVersion, *, at: datetime) -> dict[str, SafeString]:
    """The pieces of a version's page as it was at that moment, in the active language."""
    document = CaseDocument.from_json(version.document)
    images = images_of([document])
    return pieces_of(
        document,
        images,
        version=version,
        corrections=corrections_of(version.case, at=at) if version.number > 1 else [],
        **page_metadata(version, at=at, images=images),
    )


def pieces_of(document: CaseDocument, images: Images | None = None, **more: Any) -> dict[str, SafeString]:
    """The pieces of any case's page: a draft's has no version, no record and nothing to share."""
    images = images or images_of([document])
    context = {
        "document": with_links(document),
        "certainty": Case.Certainty(document.certainty).label if document.certainty else "",
        "viewer_series": viewer_series(document, language=(get_language() or "en")[:2], images=images),
        "poster": poster_address(document, images),
        "receipts": studies_with_receipt(document),
        **more,
    }
    return _as_safe({each: _written(each, context) for each in PIECES})


def _written(piece: str, context: dict[str, Any]) -> str:
    return str(get_template(f"library/pieces/{piece}.html").render({**context})).strip()


def make_pages_ready(at: datetime) -> int:
    """Make the pages that are missing or no longer say what holds, so many at a time; gives how many."""
    done = 0
    numbers = list(published(at).order_by("-in_force_from").values_list("case__number", flat=True))
    for start in range(0, len(numbers), AT_ONCE):
        done += sum(_keep_ready(numbers[start : start + AT_ONCE], language, at=at) for language in LANGUAGES)
        if done >= MOST_AT_A_TIME:
            break
    return done


def _keep_ready(numbers: Sequence[int], language: str, *, at: datetime) -> int:
    lacking = {each.version: each for each in standings(numbers, at=at, language=language) if each.ready is None}
    with translation.override(language):
        made = [
            ReadyPage(
                version=version,
                language=language,
                key=lacking[version.pk].key,
                pieces=packed(version_pieces(version, at=at)),
            )
            for version in published(at).filter(pk__in=lacking)
        ]
    ReadyPage.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["version", "language"], update_fields=["key", "pieces"]
    )
    return len(made)


def _as_safe(pieces: Pieces) -> dict[str, SafeString]:
    """What templates have written is not to be escaped again."""
    return {name: mark_safe(text) for name, text in pieces.items()}  # noqa: S308 — nothing else is kept
