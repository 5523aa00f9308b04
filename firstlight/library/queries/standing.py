"""What a case's page rests on, read in two or three rows: enough to know whether the page kept ready still says it."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from firstlight.library.queries.records import tags_of
from firstlight.library.queries.viewer import Glance, glance
from firstlight.outbreaks.models import Outbreak
from firstlight.rows import rows, rows_of
from firstlight.web.keeping import for_a_moment

SOFTWARE = Path(__file__).resolve().parents[2]
# What is read by content; of the rest, such as the parts of the built viewer, pages hold the names.
MADE_OF = frozenset({".py", ".html", ".svg", ".mo", ".toml", ".json"})

_VERSIONS = """
SELECT v.id, c.id, c.number, c.outbreak_id, v.document, r.pieces, r.key,
       v.number, v.in_force_from, v.in_force_until, c.doi, s.name, p.name
FROM library_caseversion v
JOIN library_case c ON c.id = v.case_id
JOIN people_member s ON s.id = v.submitted_by_id
JOIN people_member p ON p.id = v.published_by_id
LEFT JOIN library_readypage r ON r.version_id = v.id AND r.language = %s
WHERE c.number IN ({places}) AND v.in_force_from <= %s AND (v.in_force_until IS NULL OR v.in_force_until > %s)
"""
_EARLIER = """
SELECT case_id, number, in_force_from, kind, reason_ko, reason_en
FROM library_caseversion WHERE case_id IN ({places}) AND in_force_from <= %s ORDER BY case_id, number
"""


@dataclass(frozen=True)
class Standing:
    """A version in force: whose it is, the key of all that its page rests on, and the page kept ready for that key."""

    version: int
    case: int
    number: int
    outbreak: int | None
    key: str
    ready: Mapping[str, str] | None


class _Version(NamedTuple):
    pk: int
    case: int
    number: int
    outbreak: int | None
    document: str
    pieces: bytes | None
    kept_key: str | None
    place: int
    began: object
    ended: object
    doi: str
    submitted_by: str
    published_by: str


def standing_of(number: int, *, at: datetime, language: str) -> Standing | None:
    """The version of a case that readers see at that moment; None when they see none."""
    return next(iter(standings([number], at=at, language=language)), None)


def standings(numbers: Sequence[int], *, at: datetime, language: str) -> list[Standing]:
    """The same of many cases, with as many queries as of one."""
    versions = _versions(numbers, at, language)
    documents = {each.pk: orjson.loads(each.document) for each in versions}
    images = glance(*_uids(documents.values()))
    earlier: dict[int, list[Any]] = {}
    for case, *told in rows_of(_EARLIER, [each.case for each in versions if each.place > 1], at):
        earlier.setdefault(case, []).append(told)
    return [_standing(each, documents[each.pk], images, earlier.get(each.case, []), language) for each in versions]


def _versions(numbers: Sequence[int], at: datetime, language: str) -> list["_Version"]:
    places = ", ".join(["%s"] * len(numbers))
    return [_Version(*each) for each in rows(_VERSIONS.format(places=places), [language, *numbers, at, at])]


def outbreak_of(pk: int | None) -> Outbreak | None:
    """The outbreak that a case belongs to, kept for a moment."""
    return for_a_moment(("outbreak", pk), lambda: Outbreak.objects.get(pk=pk)) if pk else None


def packed(pieces: Mapping[str, str]) -> bytes:
    """Pieces of a page as they are kept."""
    return zlib.compress(orjson.dumps(pieces), 6)


def _standing(
    version: _Version, document: dict[str, Any], images: Glance, earlier: list[Any], language: str
) -> Standing:
    said = [
        software(), settings.ORIGIN, settings.SENDER_NAME, settings.TIME_ZONE, language,
        version.pk, version.place, str(version.began), str(version.ended), version.document, version.doi,
        version.submitted_by, version.published_by,
        [[*images.series.get(uid, ())] for uid in document["series"]],
        [images.keyed.get(uid) for uid in _pointed_at(document)],
        [[str(value) for value in each] for each in earlier],
        [(each.label_ko, each.label_en) for each in tags_of(version.outbreak) if each.key in document["tags"]],
    ]  # fmt: skip
    key = blake2b(orjson.dumps(said), digest_size=16).hexdigest()
    ready = orjson.loads(zlib.decompress(version.pieces)) if version.pieces and version.kept_key == key else None
    return Standing(version.pk, version.case, version.number, version.outbreak, key, ready)


def _uids(documents: Iterable[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Of the series that documents show, and of the images that they point at."""
    held = list(documents)
    return [uid for each in held for uid in each["series"]], [uid for each in held for uid in _pointed_at(each)]


def _pointed_at(document: dict[str, Any]) -> list[str]:
    return [each["sop_instance_uid"] for each in document["key_images"]]


@cache
def software() -> str:
    """A name for the software as this process runs it: another release, template or build of the viewer has another."""
    found = blake2b(digest_size=16)
    for file in sorted(each for each in SOFTWARE.rglob("*") if each.suffix != ".pyc" and each.is_file()):
        found.update(str(file.relative_to(SOFTWARE)).encode())
        found.update(file.read_bytes() if file.suffix in MADE_OF else b"")
    return found.hexdigest()
