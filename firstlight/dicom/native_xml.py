"""The Native DICOM Model (PS3.19 A.1): the DICOM JSON model's twin in XML."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pydicom.datadict import keyword_for_tag

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
JSON = Mapping[str, Any]


def to_native_xml(document: JSON) -> str:
    """One data set of the DICOM JSON model as an XML document."""
    attributes = "".join(_attributes(document))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<NativeDicomModel xml:space="preserve" xmlns="{NAMESPACE}">{attributes}</NativeDicomModel>'
    )


def _attributes(document: JSON) -> Iterator[str]:
    for tag, element in sorted(document.items()):
        keyword = keyword_for_tag(int(tag, 16))
        named = f" keyword={quoteattr(keyword)}" if keyword else ""
        yield f'<DicomAttribute tag="{tag}" vr="{element["vr"]}"{named}>{_content(element)}</DicomAttribute>'


def _content(element: JSON) -> str:
    if "BulkDataURI" in element:
        return f"<BulkData uri={quoteattr(element['BulkDataURI'])}/>"
    if "InlineBinary" in element:
        return f"<InlineBinary>{element['InlineBinary']}</InlineBinary>"
    write: Callable[[int, Any], str] = WRITERS.get(element["vr"], _value)
    return "".join(write(number, value) for number, value in enumerate(element.get("Value", ()), 1))


def _value(number: int, value: Any) -> str:
    return "" if value is None else f'<Value number="{number}">{escape(_clean(str(value)))}</Value>'


def _item(number: int, value: JSON) -> str:
    return f'<Item number="{number}">{"".join(_attributes(value or {}))}</Item>'


def _person(number: int, value: Mapping[str, str] | None) -> str:
    groups = "".join(f"<{group}>{_name(value[group])}</{group}>" for group in GROUPS if value and value.get(group))
    return f'<PersonName number="{number}">{groups}</PersonName>'


def _name(name: str) -> str:
    parts = zip(PARTS, name.split("^"), strict=False)
    return "".join(f"<{part}>{escape(_clean(value))}</{part}>" for part, value in parts if value)


def _clean(text: str) -> str:
    """What XML 1.0 can hold: escape sequences and other control characters have no place in it (2.2)."""
    return "".join(each for each in text if each >= " " or each in "\t\n\r")


WRITERS: dict[str, Callable[[int, Any], str]] = {"SQ": _item, "PN": _person}
