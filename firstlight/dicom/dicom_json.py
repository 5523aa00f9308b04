"""A data set as DICOM JSON (PS3.18 Annex F), whatever its values are like."""

import base64
import math
import re
import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from firstlight.dicom import quiet  # noqa: F401 - before pydicom reads anything
from firstlight.dicom.structure import dictionary_vr
from firstlight.dicom.values import TEXT_VRS, decoded

INLINE_BYTES = 1024
BINARY_VRS = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "UN"])
NUMBERS = {"FL": "f", "FD": "d", "SL": "i", "SS": "h", "UL": "I", "US": "H", "SV": "q", "UV": "Q"}
AVAILABLE_TRANSFER_SYNTAX_UID = "00083002"


class _Context(NamedTuple):
    """What a value's place in the data set says about it."""

    terms: tuple[str, ...]
    little: bool
    bulk: str | None
    path: tuple[str, ...]


def to_dicom_json(dataset: Dataset, *, bulk_data_uri: str | None = None) -> dict[str, Any]:
    """The data set's DICOM JSON object; bulk data becomes `bulk_data_uri`/TAG, or is left out without one.

    A value that is not what its VR says never stops the rest: a number that is none is given as the string it
    is, as PS3.18 F.2.3 allows.
    """
    result = _object(dataset, bulk_data_uri, ())
    meta = getattr(dataset, "file_meta", None)
    if meta is not None and "TransferSyntaxUID" in meta:
        result[AVAILABLE_TRANSFER_SYNTAX_UID] = {"vr": "UI", "Value": [str(meta.TransferSyntaxUID)]}
    return dict(sorted(result.items()))


def _object(dataset: Dataset, bulk: str | None, path: tuple[str, ...]) -> dict[str, Any]:
    context = _Context(_terms(dataset), dataset.original_encoding[1] is not False, bulk, path)
    return {
        f"{tag:08X}": _attribute(dataset, element, context)
        for tag, element in sorted(dataset.items())
        if tag.element != 0 and tag.group != 2
    }


def _terms(dataset: Dataset) -> tuple[str, ...]:
    found = dataset.get("SpecificCharacterSet", None) or dataset.original_character_set or ""
    return (found,) if isinstance(found, str) else tuple(str(term) for term in found)


def _attribute(dataset: Dataset, element: RawDataElement | DataElement, context: _Context) -> dict[str, Any]:
    vr, name = str(element.VR or dictionary_vr(int(element.tag))), f"{element.tag:08X}"
    if vr == "SQ":
        places = enumerate(_items(dataset, element.tag), 1)
        objects = [_object(item, context.bulk, (*context.path, name, str(index))) for index, item in places]
        return {"vr": "SQ", "Value": objects} if objects else {"vr": "SQ"}
    if vr in BINARY_VRS:
        return _binary(vr, bytes(element.value or b""), name, context)
    values = _decoded_values(element, vr) if isinstance(element, DataElement) else _values(vr, element, context)
    return {"vr": vr, "Value": values} if any(one is not None for one in values) else {"vr": vr}


def _items(dataset: Dataset, tag: BaseTag) -> Iterable[Dataset]:
    try:
        return dataset[tag].value or ()
    except Exception:  # noqa: BLE001 - a sequence that pydicom cannot decode, for whatever reason, has no items
        return ()


def _binary(vr: str, value: bytes, name: str, context: _Context) -> dict[str, Any]:
    if not value:
        return {"vr": vr}
    if len(value) <= INLINE_BYTES and not name.startswith("7FE0"):
        return {"vr": vr, "InlineBinary": base64.b64encode(value).decode()}
    return {"vr": vr, "BulkDataURI": "/".join((context.bulk, *context.path, name))} if context.bulk else {"vr": vr}


def _values(vr: str, element: RawDataElement, context: _Context) -> list[Any]:
    value, little = element.value or b"", context.little
    if vr in NUMBERS:
        size = struct.calcsize(NUMBERS[vr])
        whole = value[: len(value) - len(value) % size]
        numbers = struct.unpack(f"{'<' if little else '>'}{len(whole) // size}{NUMBERS[vr]}", whole)
        return [_number(one) for one in numbers]
    if vr == "AT":
        words = struct.unpack(f"{'<' if little else '>'}{len(value) // 4 * 2}H", value[: len(value) // 4 * 4])
        return [f"{group:04X}{element:04X}" for group, element in zip(words[::2], words[1::2], strict=True)]
    text = _text(value, context.terms if vr in TEXT_VRS else ("",))
    parts = [text] if vr in ("LT", "ST", "UT", "UR") else text.split("\\")
    return [_string(vr, part) for part in parts]


def _text(value: bytes, terms: tuple[str, ...]) -> str:
    found = decoded(bytes(value), terms)
    return found if found is not None else value.rstrip(b"\0 ").decode("utf-8", "replace")


def _string(vr: str, part: str) -> Any:
    stripped = part.rstrip("\0 ") if vr in ("LT", "ST", "UT", "UR", "UC") else part.strip("\0 ")
    if not stripped:
        return None
    if vr == "PN":
        return _person(stripped)
    if vr == "IS":
        return int(stripped) if re.fullmatch(r"[+-]?\d{1,15}", stripped) else _decimal(stripped)
    return _decimal(stripped) if vr == "DS" else stripped


def _decimal(text: str) -> float | str:
    try:
        return _number(float(text))
    except ValueError:
        return text


def _number(value: float) -> float | str:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def _person(text: str) -> dict[str, str]:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), text.split("="), strict=False)
    return {name: group for name, group in groups if group}


def _decoded_values(element: DataElement, vr: str) -> list[Any]:
    """The values of an element that pydicom has decoded already, or that a program has set."""
    if element.is_empty:
        return []
    several = element.value if element.VM > 1 else [element.value]
    return [_plain(vr, value) for value in several]


def _plain(vr: str, value: Any) -> Any:
    if vr in NUMBERS:
        return _number(value)
    if vr == "AT":
        return f"{int(value):08X}"
    return _string(vr, str(value))
