"""WADO-RS (PS3.18 10.4): instances, frames, metadata, bulk data, rendered images."""

import gzip
from collections.abc import Sequence

import orjson
from django.http import HttpRequest, HttpResponse
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from firstlight.imaging import store
from firstlight.imaging.dicomweb.multipart import multipart_response
from firstlight.imaging.models import Instance, Series
from firstlight.imaging.rendering import NotRenderable, Window, decode_frame, render
from firstlight.imaging.veil import Veil, packed_veiled_series
from firstlight.web.problems import problem

# PS3.18 table 8.7.3-2 and following: the media type of each stored transfer syntax's frames.
FRAME_MEDIA_TYPES = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
OCTETS = "application/octet-stream"
THUMBNAIL_PX = 320


def series_metadata(request: HttpRequest, series: Series) -> HttpResponse:
    """A series' ready-made DICOM JSON: a file, sent as it lies."""
    packed = store.read(series.metadata_object, room="metadata")
    return _json_as_packed(request, packed)


def veiled_series_metadata(request: HttpRequest, series: Series, *, veil: Veil, place: int) -> HttpResponse:
    """What a series' DICOM JSON may say behind a veil; made once and kept."""
    name = f"veiled {series.metadata_object} {veil.root} {place}"
    packed = store.remembered(
        name,
        lambda: packed_veiled_series(store.read(series.metadata_object, room="metadata"), veil=veil, place=place),
    )
    return _json_as_packed(request, packed)


def study_metadata(series: Sequence[Series]) -> HttpResponse:
    """All series' DICOM JSON, one after the other."""
    documents = [
        each
        for one in series
        for each in orjson.loads(gzip.decompress(store.read(one.metadata_object, room="metadata")))
    ]
    return HttpResponse(orjson.dumps(documents), content_type="application/dicom+json")


def instance_metadata(instance: Instance) -> HttpResponse:
    """One instance's DICOM JSON."""
    packed = store.read(instance.series.metadata_object, room="metadata")
    documents = orjson.loads(gzip.decompress(packed))
    return HttpResponse(orjson.dumps([documents[instance.stack_index]]), content_type="application/dicom+json")


def _json_as_packed(request: HttpRequest, packed: bytes) -> HttpResponse:
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, content_type="application/dicom+json")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(gzip.decompress(packed), content_type="application/dicom+json")
    response["Vary"] = "Accept-Encoding"
    return response


def instances(request: HttpRequest, found: Sequence[Instance]) -> HttpResponse:
    """Whole instances, byte for byte as they were stored."""
    accept = request.headers.get("Accept", "*/*")
    if len(found) == 1 and accept.startswith("application/dicom") and "json" not in accept:
        return HttpResponse(store.read(found[0].stored_object), content_type="application/dicom")
    return multipart_response(
        (
            (f"application/dicom; transfer-syntax={each.transfer_syntax_uid}", store.read(each.stored_object))
            for each in found
        ),
        media_type="application/dicom",
    )


def frames(request: HttpRequest, instance: Instance, numbers: Sequence[int]) -> HttpResponse:
    """Frames as they are stored, or decoded to explicit little endian when the client asks for plain octets."""
    accept = request.headers.get("Accept", "*/*")
    stored_as = FRAME_MEDIA_TYPES.get(instance.frames_transfer_syntax_uid, OCTETS)
    as_stored = stored_as == OCTETS or _takes_as_stored(accept, stored_as, instance.frames_transfer_syntax_uid)
    try:
        contents = [_frame(instance, number, as_stored=as_stored) for number in numbers]
    except NotRenderable as error:
        return problem(406, "This frame cannot be decoded", str(error))
    media_type = stored_as if as_stored else OCTETS
    syntax = instance.frames_transfer_syntax_uid if as_stored else str(ExplicitVRLittleEndian)
    if len(contents) == 1 and accept.startswith((OCTETS, "image/")):
        return HttpResponse(contents[0], content_type=media_type)
    content_type = f"{media_type}; transfer-syntax={syntax}"
    return multipart_response(((content_type, each) for each in contents), media_type=media_type)


def _takes_as_stored(accept: str, media_type: str, syntax: str) -> bool:
    wanted = accept.replace('"', "").replace(" ", "")
    if "transfer-syntax=" in wanted:
        return "transfer-syntax=*" in wanted or f"transfer-syntax={syntax}" in wanted
    return media_type in wanted or wanted in {"*/*", "multipart/related"} or "type=*/*" in wanted


def _frame(instance: Instance, number: int, *, as_stored: bool) -> bytes:
    if as_stored:
        ranges = [(offset, length) for offset, length in instance.frames[number - 1]]
        return store.read_ranges(instance.stored_object, ranges)
    _header, pixels = decode_frame(store.path_of(instance.stored_object), frame=number)
    return pixels.tobytes()


def bulk_data(instance: Instance, path: str) -> HttpResponse:
    """The value of one large element, named as in the metadata's BulkDataURI: TAG, or TAG/ITEM/TAG…"""
    dataset = dcmread(store.path_of(instance.stored_object))
    tag, *deeper = path.split("/")
    try:
        for item, inner in zip(deeper[::2], deeper[1::2], strict=True):
            dataset, tag = dataset[int(tag, 16)].value[int(item)], inner
        value = dataset[int(tag, 16)].value
    except (KeyError, IndexError, ValueError, TypeError):
        return problem(404, "There is no such element here")
    return HttpResponse(value, content_type=OCTETS)


def rendered(
    instance: Instance, *, frame: int, window: Window | None, longest_px: int | None, media_type: str, quality: int
) -> HttpResponse:
    """A frame as a picture; the one that lists show is made once and kept."""

    def make() -> bytes:
        return render(
            store.path_of(instance.stored_object),
            frame=frame,
            window=window,
            longest_px=longest_px,
            media_type=media_type,
            quality=quality,
        )

    try:
        if window is None and longest_px == THUMBNAIL_PX:
            name = f"{instance.stored_object} {frame} {longest_px} {media_type} {quality}"
            content = store.remembered(name, make)
        else:
            content = make()
    except NotRenderable as error:
        return problem(406, "This image cannot be rendered", str(error))
    return HttpResponse(content, content_type=media_type)
