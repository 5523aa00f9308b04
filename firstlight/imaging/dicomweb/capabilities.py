"""What this server can do, for programs (PS3.18 8.9 and Annex H): a WADL document, or the same as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import orjson

from firstlight.imaging.dicomweb.exchange import DICOM_JSON, DICOM_XML, Answer, Asked, Refusal
from firstlight.imaging.dicomweb.fields import ALL
from firstlight.imaging.rules.encodings import ENCODERS, EXPLICIT_LITTLE, LOSSY, MEDIA_TYPES, OCTETS
from firstlight.imaging.rules.matching import LEVELS

WADL = "application/vnd.sun.wadl+xml"
NAMESPACE = "http://wadl.dev.java.net/2009/02"
JSON_DOCUMENT = "application/json"
METADATA = (DICOM_JSON, f'multipart/related; type="{DICOM_XML}"')
INSTANCES = tuple(
    f'multipart/related; type="application/dicom"; transfer-syntax={each}'
    for each in ("*", EXPLICIT_LITTLE, *(each for each in ENCODERS if each not in LOSSY))
)
FRAMES = (
    f'multipart/related; type="{OCTETS}"; transfer-syntax={EXPLICIT_LITTLE}',
    *(f'multipart/related; type="{MEDIA_TYPES[each]}"; transfer-syntax={each}' for each in ENCODERS),
    'multipart/related; type="*/*"; transfer-syntax=*',
)
BULK = (OCTETS, f'multipart/related; type="{OCTETS}"')
PICTURES = ("image/jpeg", "image/png", "image/gif")
LOOK = ("window", "viewport", "quality", "annotation", "iccprofile", "presentationUID", "presentationSeriesUID")
PAGING = ("limit", "offset", "includefield", "fuzzymatching", "emptyvaluematching", "multiplevaluematching")


class Method(NamedTuple):
    """One transaction: its name, what it answers with, what its query may say, and which statuses it has."""

    name: str
    identifier: str
    media_types: Sequence[str]
    query: Sequence[str] = ()
    statuses: Sequence[int] = (200, 400, 401, 404, 406)


class Resource(NamedTuple):
    """One address, what can be done there, and the addresses below it."""

    path: str
    methods: Sequence[Method] = ()
    below: Sequence["Resource"] = ()


def _search(level: str, identifier: str) -> Method:
    query = (*PAGING, *(each.path for each in LEVELS[level].values()))
    return Method("GET", identifier, METADATA, query, (200, 204, 400, 401, 406))


def _retrieve(identifier: str, media_types: Sequence[str], query: Sequence[str] = ()) -> Method:
    return Method("GET", identifier, media_types, ("accept", *query), (200, 304, 400, 401, 404, 406, 413))


def _store(identifier: str) -> Method:
    body = ('multipart/related; type="application/dicom"',)
    return Method("POST", identifier, body, ("outbreak",), (200, 202, 400, 401, 403, 409))


def _parts(level: str) -> tuple[Resource, ...]:
    return (
        Resource("metadata", (_retrieve(f"Retrieve{level}Metadata", METADATA),)),
        Resource("rendered", (_retrieve(f"RetrieveRendered{level}", PICTURES, LOOK),)),
        Resource("thumbnail", (_retrieve(f"Retrieve{level}Thumbnail", PICTURES),)),
        Resource("bulkdata", (_retrieve(f"Retrieve{level}Bulkdata", BULK),)),
        Resource("pixeldata", (_retrieve(f"Retrieve{level}PixelData", FRAMES),)),
    )


FRAME = Resource("{frames}", (_retrieve("RetrieveFrames", FRAMES),), (
    Resource("rendered", (_retrieve("RetrieveRenderedFrames", PICTURES, LOOK),)),
    Resource("thumbnail", (_retrieve("RetrieveFrameThumbnail", PICTURES),)),
))  # fmt: skip
INSTANCE = Resource("{SOPInstanceUID}", (_retrieve("RetrieveInstance", INSTANCES),), (
    *_parts("Instance"), Resource("frames", (), (FRAME,)),
    Resource("bulkdata/{path}", (_retrieve("RetrieveBulkdata", BULK),)),
))  # fmt: skip
SERIES = Resource("{SeriesInstanceUID}", (_retrieve("RetrieveSeries", INSTANCES),), (
    *_parts("Series"), Resource("instances", (_search("instances", "SearchForStudySeriesInstances"),), (INSTANCE,)),
))  # fmt: skip
STUDY = Resource("{StudyInstanceUID}", (_retrieve("RetrieveStudy", INSTANCES), _store("StoreStudyInstances")), (
    *_parts("Study"), Resource("series", (_search("series", "SearchForStudySeries"),), (SERIES,)),
    Resource("instances", (_search("instances", "SearchForStudyInstances"),)),
))  # fmt: skip
RESOURCES = (
    Resource("studies", (_search("studies", "SearchForStudies"), _store("StoreInstances")), (STUDY,)),
    Resource("series", (_search("series", "SearchForSeries"),)),
    Resource("instances", (_search("instances", "SearchForInstances"),)),
)


def capabilities(asked: Asked) -> Answer:
    """The Capabilities Description, in the form that is asked for."""
    for wish in asked.wishes:
        if any(wish.takes(each) for each in (WADL, "application/xml", "text/xml")):
            return _said(asked, _wadl(asked.root).encode(), WADL)
        if any(wish.takes(each) for each in (JSON_DOCUMENT, DICOM_JSON)):
            return _said(asked, orjson.dumps(_json(asked.root)), JSON_DOCUMENT)
    raise Refusal(406, "Capabilities come as WADL or JSON")


def _said(asked: Asked, body: bytes, media_type: str) -> Answer:
    return Answer(body, media_type, headers={"Allow": "GET, HEAD, OPTIONS, POST", "Vary": "Accept, Origin"})


def _wadl(root: str) -> str:
    below = "".join(_resource(each) for each in RESOURCES)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><application xmlns="{NAMESPACE}">'
        f"<resources base={quoteattr(root)}>{below}</resources></application>"
    )


def _resource(resource: Resource) -> str:
    name = resource.path.strip("{}")
    template = f'<param name={quoteattr(name)} style="template"/>' if resource.path.startswith("{") else ""
    inner = "".join((template, *map(_method, resource.methods), *map(_resource, resource.below)))
    return f"<resource path={quoteattr(resource.path)}>{inner}</resource>"


def _method(method: Method) -> str:
    header, said = ("Content-Type", "Accept")[method.name == "GET"], method.media_types
    options = "".join(f"<option value={quoteattr(each)}/>" for each in said)
    query = "".join(f'<param name={quoteattr(each)} style="query"/>' for each in method.query)
    request = f'<param name="{header}" style="header" default={quoteattr(said[0])}>{options}</param>{query}'
    return (
        f"<method name={quoteattr(method.name)} id={quoteattr(method.identifier)}><request>{request}</request>"
        f"{''.join(_responses(method))}</method>"
    )


def _responses(method: Method) -> Iterator[str]:
    for status in method.statuses:
        if status == 200:
            kinds = method.media_types if method.name == "GET" else METADATA[:1]
            forms = "".join(f"<representation mediaType={quoteattr(each)}/>" for each in kinds)
            yield f'<response status="200">{forms}</response>'
        else:
            yield f'<response status="{status}"/>'


def _json(root: str) -> dict[str, Any]:
    return {"base": root, "includefield": ALL, "resources": [_as_json(each) for each in RESOURCES]}


def _as_json(resource: Resource) -> dict[str, Any]:
    methods = [
        {"name": each.name, "id": each.identifier, "mediaTypes": each.media_types, "query": each.query,
         "statuses": each.statuses}
        for each in resource.methods
    ]  # fmt: skip
    return {"path": resource.path, "methods": methods, "resources": [_as_json(each) for each in resource.below]}
