"""Identifiers of queries and their answers (PS3.4 C.4): keys in, data sets out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pydicom import Dataset
from pydicom.dataelem import DataElement
from pynetdicom.dsutils import decode, encode

from firstlight.dimse.syntaxes import EXPLICIT_BIG, IMPLICIT_LITTLE

DEFLATED = "1.2.840.10008.1.2.1.99"
CHARACTER_SET, LEVEL, RETRIEVE_AE = "00080005", "00080052", "00080054"
UNICODE = "ISO_IR 192"
Document = Mapping[str, Any]


class BadIdentifier(ValueError):
    """Bytes that are no data set, or keys that mean nothing."""


@dataclass(frozen=True)
class Identifier:
    """What a query asks: its level, (path of tags, value) of each key, and the keys to be answered as JSON."""

    level: str
    keys: tuple[tuple[str, str], ...]
    wanted: Document

    def values(self, tag: str) -> list[str]:
        """The values of a key, none where it is absent or empty."""
        return [each for path, value in self.keys if path == tag for each in value.split("\\") if each]


def read_data_set(encoded: bytes, transfer_syntax_uid: str) -> Dataset:
    """A data set as it came over the wire. Raises BadIdentifier."""
    try:
        found: Dataset = decode(
            BytesIO(encoded),
            transfer_syntax_uid == IMPLICIT_LITTLE,
            transfer_syntax_uid != EXPLICIT_BIG,
            transfer_syntax_uid == DEFLATED,
        )
        for _ in found.iterall():
            pass  # decodes every element now, so that whatever is wrong comes to light here
    except Exception:  # noqa: BLE001 - pydicom stumbles in many ways over what is no data set, and may quote it
        raise BadIdentifier from None
    return found


def written_data_set(data_set: Dataset, transfer_syntax_uid: str) -> bytes:
    """A data set as it goes over the wire. Raises BadIdentifier where it cannot be encoded."""
    encoded = encode(
        data_set,
        transfer_syntax_uid == IMPLICIT_LITTLE,
        transfer_syntax_uid != EXPLICIT_BIG,
        transfer_syntax_uid == DEFLATED,
    )
    if encoded is None:
        raise BadIdentifier
    return encoded


def read_identifier(encoded: bytes, transfer_syntax_uid: str) -> Identifier:
    """What a C-FIND, C-MOVE or C-GET asks. Raises BadIdentifier."""
    data_set = read_data_set(encoded, transfer_syntax_uid)
    level = str(data_set.get("QueryRetrieveLevel") or "").strip()
    return Identifier(level, tuple(_keys(data_set)), _wanted(data_set))


def _keys(data_set: Dataset, above: str = "") -> Iterator[tuple[str, str]]:
    """Each key's path and value; those of a sequence are its single item's (PS3.4 C.2.2.2.6)."""
    for element in data_set:
        path = f"{above}{element.tag:08X}"
        if element.tag.element == 0 or path in (CHARACTER_SET, LEVEL, RETRIEVE_AE):
            continue
        if element.VR == "SQ":
            for item in list(element.value)[:1]:
                yield from _keys(item, f"{path}.")
        else:
            yield path, _text_of(element)


def _text_of(element: DataElement) -> str:
    value = element.value
    values = value if isinstance(value, list | tuple) or hasattr(value, "append") else [value]
    return "\\".join("" if each is None else str(each).strip(" \0") for each in values)


def _wanted(data_set: Dataset) -> dict[str, Any]:
    """The keys by tag: for each an element without a value, for a sequence the keys of its item."""
    found: dict[str, Any] = {}
    for element in data_set:
        tag = f"{element.tag:08X}"
        if element.tag.element == 0 or tag in (CHARACTER_SET, LEVEL, RETRIEVE_AE):
            continue
        items = list(element.value)[:1] if element.VR == "SQ" else []
        found[tag] = {"vr": element.VR, "items": [_wanted(each) for each in items]}
    return found


def answer(document: Document, wanted: Document, *, level: str, retrieve_ae: str) -> Dataset:
    """What a document says of the wanted keys; a key without a value comes back empty (PS3.4 C.4.1.1.3.2)."""
    found = Dataset.from_json(dict(_chosen(document, wanted)))
    found.SpecificCharacterSet = UNICODE
    found.QueryRetrieveLevel = level
    found.RetrieveAETitle = retrieve_ae
    return found


def _chosen(document: Document, wanted: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for tag, key in wanted.items():
        element = document.get(tag) or {"vr": key["vr"]}
        if element["vr"] == "SQ" and key["items"] and key["items"][0]:
            items = [dict(_chosen(item, key["items"][0])) for item in element.get("Value", [])]
            yield tag, {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        elif "BulkDataURI" in element:
            yield tag, {"vr": element["vr"]}
        else:
            yield tag, element


def failed_list(sop_instance_uids: Iterable[str]) -> Dataset:
    """The identifier of a retrieval's last response: what could not be sent (PS3.4 C.4.2.1.4.2)."""
    found = Dataset()
    found.FailedSOPInstanceUIDList = list(sop_instance_uids)
    return found
