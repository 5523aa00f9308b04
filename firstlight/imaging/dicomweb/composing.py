"""Instances that are sent as DICOM JSON with their bulk data beside it (PS3.18 10.5.1.1), made into files."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from mmap import mmap
from typing import Any

import orjson
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from firstlight.dicom import quiet  # noqa: F401 — before pydicom reads anything
from firstlight.imaging.dicomweb.multipart import BadMultipart, Sent, media_type_of

MOST_WAITING_BYTES = 256 * 1024 * 1024
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
ITEM = b"\xfe\xff\x00\xe0"
JSON = dict[str, Any]


class NotComposed(ValueError):
    """An instance that cannot be made of what was sent; its message tells no value."""


@dataclass
class _Wanted:
    """One instance and where its bulk data is announced to be."""

    document: JSON
    locations: set[str]


@dataclass(frozen=True)
class Unmade:
    """An instance that could not be made, by what can be told of it."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""


def composed(parts: Iterator[Sent]) -> Iterator[bytes | Unmade]:
    """Files of the instances, each when its last bulk data has come, those that lack some at the end.

    Raises:
        BadMultipart: for metadata that is none, and for bulk data that is held back beyond measure.
    """
    metadata = next(parts, None)
    waiting = [_Wanted(each, set(_locations(each))) for each in _documents(metadata)]
    bulk: dict[str, Sent] = {}
    for part in parts:
        bulk[part.location] = part
        ready = [each for each in waiting if each.locations <= bulk.keys()]
        waiting = [each for each in waiting if not each.locations <= bulk.keys()]
        yield from (_made(each, bulk) for each in ready)
        needed = {location for each in waiting for location in each.locations}
        bulk = {location: part for location, part in bulk.items() if location in needed}
        if sum(len(each.content or b"") for each in bulk.values()) > MOST_WAITING_BYTES:
            raise BadMultipart("Send an instance's bulk data together; too much of it waits for the rest.")
    yield from (_made(each, bulk) for each in waiting)


def _documents(part: Sent | None) -> list[JSON]:
    if part is None or part.content is None or isinstance(part.content, mmap):
        raise BadMultipart("The first part is to be the metadata as DICOM JSON, of 16 MB at most.")
    try:
        found = orjson.loads(part.content)
    except orjson.JSONDecodeError:
        raise BadMultipart("The metadata is not JSON.") from None
    documents = found if isinstance(found, list) else [found]
    if not all(isinstance(each, dict) for each in documents):
        raise BadMultipart("The metadata is not DICOM JSON.")
    return documents


def _locations(document: object) -> Iterator[str]:
    """Every BulkDataURI of a document, at any depth."""
    rest = [document]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            if isinstance(each.get("BulkDataURI"), str):
                yield each["BulkDataURI"]
            rest.extend(each.values())
        elif isinstance(each, list):
            rest.extend(each)


def _made(wanted: _Wanted, bulk: dict[str, Sent]) -> bytes | Unmade:
    try:
        return _file_of(wanted.document, bulk)
    except Exception:  # noqa: BLE001
        # pydicom fails on hostile JSON in many ways, and its messages quote values: the reason alone may leave.
        return Unmade(_uid(wanted.document, "00080016"), _uid(wanted.document, "00080018"))


def _uid(document: JSON, tag: str) -> str:
    try:
        value = document[tag]["Value"][0]
    except (KeyError, IndexError, TypeError):
        return ""
    return value if isinstance(value, str) and UID(value).is_valid else ""


def _file_of(document: JSON, bulk: dict[str, Sent]) -> bytes:
    syntax = _syntax(document, bulk)

    def content(tag: str, vr: str, location: str) -> bytes:
        part = bulk[location]
        if part.content is None:
            raise NotComposed("Its bulk data is too large.")
        value = bytes(part.content)
        is_bare = syntax.is_compressed and tag.upper() == "7FE00010" and not value.startswith(ITEM)
        return encapsulate([value]) if is_bare else value

    told = {tag: element for tag, element in document.items() if not tag.startswith("0002") and tag != "00083002"}
    dataset = Dataset.from_json(told, bulk_data_uri_handler=content)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OB" if syntax.is_compressed or dataset.BitsAllocated <= 8 else "OW"
        dataset["PixelData"].is_undefined_length = syntax.is_compressed
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return file.getvalue()


def _syntax(document: JSON, bulk: dict[str, Sent]) -> UID:
    """How the pixels are encoded: as their part says, else as the metadata does (0008,3002), else plainly."""
    location = document.get("7FE00010", {}).get("BulkDataURI", "")
    said = media_type_of(bulk[location].content_type).syntax if location in bulk else ""
    told = said or _uid(document, "00083002") or EXPLICIT_LITTLE
    syntax = UID(told)
    return UID(EXPLICIT_LITTLE) if syntax == "1.2.840.10008.1.2" or not syntax.is_transfer_syntax else syntax
