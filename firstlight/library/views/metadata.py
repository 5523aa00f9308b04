"""What programs read of a case: DataCite, citations, and the data block of its page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.http import Http404, HttpResponse
from django.utils.translation import get_language

from firstlight.library.models import CaseVersion
from firstlight.library.queries.cases import version_in_force
from firstlight.library.queries.history import last_version, removal_in_force
from firstlight.library.queries.records import record_of
from firstlight.library.queries.viewer import Images
from firstlight.library.rules.citation import bibtex, citation, csl, ris
from firstlight.library.rules.datacite import datacite_json, datacite_xml
from firstlight.library.rules.licences import licence_of
from firstlight.library.rules.record import Record
from firstlight.library.rules.schema_org import json_ld
from firstlight.web.languages import LANGUAGES
from firstlight.web.requests import TimedRequest

GONE = 410
Written = tuple[str, str, Callable[[Record], bytes]]


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


FORMS: dict[str, Written] = {
    "datacite.xml": ("application/vnd.datacite.datacite+xml", "", datacite_xml),
    "datacite.json": ("application/vnd.datacite.datacite+json", "", lambda record: _json(datacite_json(record))),
    "citation.bib": ("application/x-bibtex; charset=utf-8", "bib", lambda record: bibtex(record).encode()),
    "citation.ris": ("application/x-research-info-systems; charset=utf-8", "ris", lambda record: ris(record).encode()),
    "citation.json": ("application/vnd.citationstyles.csl+json", "json", lambda record: _json([csl(record)])),
}


def metadata(request: TimedRequest, number: int, form: str) -> HttpResponse:
    """A case's record in one of the forms; of a retracted one too, which then says so."""
    if form not in FORMS:
        raise Http404
    record, status = asked_record(request, number)
    media_type, suffix, write = FORMS[form]
    answer = HttpResponse(write(record), content_type=media_type, status=status)
    answer["Access-Control-Allow-Origin"] = "*"
    if suffix:
        answer["Content-Disposition"] = f'attachment; filename="case-{number}-v{record.version}.{suffix}"'
    return answer


def asked_record(request: TimedRequest, number: int) -> tuple[Record, int]:
    """The record in force at the moment asked for; that of a retracted case is found with 410."""
    version = version_in_force(number, at=request.at)
    if version is not None:
        return record_of(version, at=request.at), 200
    removal = removal_in_force(number, at=request.at)
    last = last_version(removal.case, at=request.at) if removal and removal.kind == "retracted" else None
    if last is None:
        raise Http404
    return record_of(last, at=request.at, removal=removal), GONE


def page_metadata(version: CaseVersion, *, at: datetime, images: Images | None = None) -> dict[str, Any]:
    """What a case's page says of itself in its head, and how it is cited."""
    record = record_of(version, at=at, images=images)
    spoken = (get_language() or "en")[:2]
    language = spoken if spoken in LANGUAGES else "en"
    licence = licence_of(record.licence_words)
    return {
        "record": record,
        "json_ld": json_ld(record, language),
        "page_description": record.descriptions.get(language) or record.descriptions.get("en", ""),
        "citation": citation(record, language),
        "licence": licence,
        "may_export": bool(licence and licence.is_free_to_share),
        "other_languages": record.languages,
    }
