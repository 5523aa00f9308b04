"""FHIR's RESTful interactions for reading (R4 http.html)."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date, quote_etag
from django.views.decorators.csrf import csrf_exempt

from firstlight.fhir.queries import KINDS, Kind, View
from firstlight.fhir.queries import search as find
from firstlight.fhir.rules.conformance import FHIR_VERSION, Offered, capability_statement
from firstlight.fhir.rules.elements import Resource, pruned
from firstlight.fhir.rules.outcomes import Refusal
from firstlight.fhir.rules.searching import Query, bundle, summarized, value_of, wanted_of
from firstlight.people.doors import who_asks
from firstlight.web.context_processors import installed_version
from firstlight.web.requests import TimedRequest

FHIR_JSON = "application/fhir+json"
CONTENT_TYPE = f"{FHIR_JSON}; charset=utf-8"
JSON_WORDS = frozenset({"json", "application/json", FHIR_JSON, "application/json+fhir", "text/json"})
OTHER_WORDS = frozenset(
    {"xml", "text/xml", "application/xml", "application/fhir+xml", "ttl", "text/turtle", "html", "text/html"}
)
ANY = ("*/*", "application/*")
MOST_QUERY = 8192
MOST_FIELDS = 100
Interaction = Callable[..., HttpResponse]


def interaction(*methods: str) -> Callable[[Interaction], Interaction]:
    """A door that speaks FHIR JSON, also when it refuses; nothing can be written through it."""

    def door(answer: Interaction) -> Interaction:
        @csrf_exempt  # nothing is changed
        @wraps(answer)
        def answered(request: TimedRequest, **parts: Any) -> HttpResponse:
            try:
                _check_method(request, methods)
                if request.method == "OPTIONS":
                    return _open(HttpResponse(status=204), methods)
                _check_form(request)
                return _open(answer(request, **parts), methods)
            except Refusal as refusal:
                return _open(_refused(refusal), methods)

        return answered

    return door


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in (*methods, "OPTIONS"):
        raise Refusal(405, "not-supported", "Nothing can be written here", Allow=", ".join(methods))


def _open(response: HttpResponse, methods: tuple[str, ...]) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = ", ".join((*methods, "OPTIONS"))
    response["Access-Control-Allow-Headers"] = "Authorization, Accept, Content-Type, If-None-Match, Prefer"
    response["Access-Control-Expose-Headers"] = "ETag, Last-Modified"
    return response


def _refused(refusal: Refusal) -> HttpResponse:
    response = HttpResponse(orjson.dumps(refusal.outcome), status=refusal.status, content_type=CONTENT_TYPE)
    for name, text in refusal.headers.items():
        response[name] = text
    return response


def _check_form(request: HttpRequest) -> None:
    """Answers come in JSON of R4: `_format` speaks before Accept (R4 http.html#mime-type)."""
    asked = value_of(_query(request), "_format") or request.headers.get("Accept", "") or "*/*"
    wanted = [each.strip().lower() for each in asked.replace("fhir json", "fhir+json").split(",")]
    versions = {found[1] for each in wanted if (found := re.search(r"fhirversion=\"?([\d.]+)", each))}
    if versions and not any(FHIR_VERSION.startswith(each) for each in versions):
        raise Refusal(406, "not-supported", f"Only FHIR {FHIR_VERSION} is spoken here")
    names = {each.partition(";")[0].strip() for each in wanted}
    if not names & {*JSON_WORDS, *ANY} and not any(each.endswith("fhir+json") for each in names):
        raise Refusal(406, "not-supported", f"Answers come as {FHIR_JSON} alone")


def _query(request: HttpRequest) -> Query:
    given = request.META.get("QUERY_STRING", "")
    if len(given) > MOST_QUERY:
        raise Refusal(414, "too-long", f"A query has at most {MOST_QUERY} characters")
    return _parsed(given)


def _parsed(given: str) -> Query:
    try:
        return parse_qsl(given, keep_blank_values=False, max_num_fields=MOST_FIELDS, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise Refusal(400, "invalid", "This query cannot be read") from None


def _view(request: TimedRequest) -> View:
    member = who_asks(request, at=request.now)
    if request.headers.get("Authorization") and member is None:
        raise Refusal(401, "login", "This token is not valid, or not any more", WWW_Authenticate="Bearer")
    return View(member, request.at, settings.ORIGIN)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Refusal(404, "not-supported", f"Here are {', '.join(KINDS)}")
    return KINDS[name]


def _said(document: Resource) -> HttpResponse:
    return HttpResponse(orjson.dumps(document), content_type=CONTENT_TYPE)


@interaction("GET", "HEAD")
def metadata(request: TimedRequest) -> HttpResponse:
    """What this server can do."""
    offered = [Offered(each.name, each.told, each.parameters, each.version is not None) for each in KINDS.values()]
    told = capability_statement(
        offered,
        root=settings.ORIGIN,
        software_version=installed_version(),
        publisher=settings.SENDER_NAME,
    )
    return _tagged(request, pruned(told))


@interaction("GET", "HEAD")
def search(request: TimedRequest, kind: str) -> HttpResponse:
    """A page of the resources of a kind that meet the query."""
    return _found(request, _kind(kind), _query(request))


@interaction("POST")
def search_posted(request: TimedRequest, kind: str) -> HttpResponse:
    """The same with the query in the body, where it stands in no log of addresses."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refusal(415, "not-supported", "A search is posted as application/x-www-form-urlencoded")
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > MOST_QUERY:
        raise Refusal(413, "too-long", f"A query has at most {MOST_QUERY} characters")
    return _found(request, _kind(kind), [*_query(request), *_parsed(request.body.decode("utf-8", "replace"))])


def _found(request: TimedRequest, kind: Kind, query: Query) -> HttpResponse:
    strict = "handling=strict" in request.headers.get("Prefer", "")
    wanted_of(query, kind.parameters, strict=strict)
    found, wanted = find(kind, query, _view(request), strict=strict)
    shown = [summarized(each, wanted.summary, kind.summary) for each in found.resources]
    kept = request.GET.get("on", "") if request.on else ""
    whole = bundle(shown, total=found.total, wanted=wanted, root=settings.ORIGIN, kind=kind.name, kept=kept)
    return _said(pruned_bundle(whole))


def pruned_bundle(whole: Resource) -> Resource:
    """A bundle without its empty lists; the resources in it are pruned already."""
    return {key: value for key, value in whole.items() if value not in ([], None)}


@interaction("GET", "HEAD")
def read(request: TimedRequest, kind: str, name: str) -> HttpResponse:
    """One resource, or that it has not changed."""
    known, query = _kind(kind), _query(request)
    wanted = wanted_of(query, known.parameters, strict=False)
    found = known.read(_view(request), name)
    if found is None:
        raise Refusal(404, "not-found", "There is nothing here")
    return _tagged(request, summarized(found, wanted.summary, known.summary))


@interaction("GET", "HEAD")
def read_version(request: TimedRequest, kind: str, name: str, version: str) -> HttpResponse:
    """A resource as it was in one of its versions."""
    known = _kind(kind)
    if known.version is None:
        raise Refusal(404, "not-supported", "Versions are read of guidelines alone")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    found = known.version(_view(request), name, number) if number else None
    if found is None:
        raise Refusal(404, "not-found", "There is nothing here")
    return _tagged(request, found)


@interaction("GET", "HEAD", "POST")
def nothing(request: TimedRequest, rest: str = "") -> HttpResponse:
    """An address that is none of FHIR's here."""
    raise Refusal(404, "not-supported", f"Here are /fhir/metadata and {', '.join(f'/fhir/{each}' for each in KINDS)}")


def _tagged(request: HttpRequest, resource: Resource) -> HttpResponse:
    """The resource with its ETag; 304 where the reader has it already."""
    content = orjson.dumps(resource)
    meta = resource.get("meta", {})
    whole = "versionId" in meta and "tag" not in meta
    etag = f'W/"{meta["versionId"] if whole else sha256(content).hexdigest()[:20]}"'
    known = {each.strip() for each in request.headers.get("If-None-Match", "").split(",")}
    response = (
        HttpResponse(status=304)
        if known & {etag, quote_etag(etag), "*"}
        else HttpResponse(content, content_type=CONTENT_TYPE)
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    if "lastUpdated" in meta:
        response["Last-Modified"] = http_date(datetime.fromisoformat(meta["lastUpdated"]).timestamp())
    return response
